// What a value may cost is bounded, and wherever the bound is reached nothing leaks: the value is masked whole and counted, the
// values and requests beside it are treated as ever. Texts that are merely full of names and secrets stay below it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scrubSchema, settingsOf } from '../config.ts'
import { Draw, fake } from '../corpus/fake-secrets.ts'
import { TextScrubber } from '../inputs/text.ts'
import { WorkBudget } from '../matchers/work-budget.ts'
import { createJudges } from './create-judges.ts'

const draw = new Draw(31)
const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const V = `Vq7${draw.chars(ALNUM, 9)}4x`
const LONG = `Kd4${draw.chars(ALNUM, 42)}7`
const bot = `${Buffer.from('123456789012345678').toString('base64').slice(0, 24)}.Gh3kLm.${draw.chars(ALNUM, 38)}`

/** One text for each search that costs something, with what must not stay of it. */
const PLACES: readonly (readonly [place: string, text: string, secret: string])[] = [
  ['a command', `curl -u bob:${V} https://x.corp`, V],
  ['a list of arguments', `["mysql","-uroot","-p${V}"]`, V],
  ['a statement', `IDENTIFIED BY '${V}'`, V],
  ['a string piped into a cmdlet', `'${V}' | ConvertTo-SecureString -AsPlainText`, V],
  ['a pipe', `echo ${V} | sudo -S ls`, V],
  ['a database without a scheme', `app:${V}@tcp(db.corp:3306)/x`, V],
  ['a line of .pgpass', `db.corp:5432:shop:app:${V}`, V],
  ['a host with a port', `app:${V}@db.corp:5432/orders`, V],
  ['a tag', `<input type="password" name="pw" value="${V}">`, V],
  ['a selector', `page.fill('input[name="password"]', '${V}')`, V],
  ['rows of SQL', `INSERT INTO u (name, password) VALUES ('jo', '${V}')`, V],
  ['rows behind columns', `{"columns":["user","password"],"rows":[["svc","${V}"]]}`, V],
  ['an answer', `What is your password?\nIt is ${V}`, V],
  ['a table', `name,password\njo,${V}\n`, V],
  ['a jar of cookies', `{"cookies": {"sessionid": "${LONG}", "theme": "dark"}}`, LONG],
  ['lines of cookies', `{"set-cookie":["sid=${LONG}; Path=/"]}`, LONG],
  ['a file of PuTTY', `Private-Lines: 1\n${LONG}\nPrivate-MAC: 00`, LONG],
  ['a JSON Web Key', `{"kty":"OKP","crv":"Ed25519","d":"${LONG}"}`, LONG],
  ['a key in XML', `<RSAKeyValue><Modulus>abcd</Modulus><D>${LONG}</D></RSAKeyValue>`, LONG],
  ['the token of a bot', `discord ${bot}`, bot],
  [
    'deltas of a stream',
    `{"delta":{"content":"sk-ant-api03-${LONG.slice(0, 20)}"}}\n{"delta":{"content":"${LONG.slice(20)}${LONG}"}}`,
    LONG,
  ],
  [
    'base64',
    `x: ${Buffer.from(`token ghp_${LONG.slice(0, 36)} end`).toString('base64')}`,
    Buffer.from(`p_${LONG.slice(0, 30)}`)
      .toString('base64')
      .slice(4, 30),
  ],
  ['an assignment', `api_key = "${LONG}"`, LONG],
  ['a sentence', `the password for the staging database is ${V}!`, V],
  ['a rule of the configuration', `badge number: EMP-${V}`, V],
]

const settings = settingsOf(
  scrubSchema.parse({
    rules: [{ name: 'badge', pattern: 'EMP-[A-Za-z0-9]{8,20}', keywords: ['badge'] }],
  }),
)

function scrubberWith(perByte: number, reserve: number): TextScrubber {
  return new TextScrubber(createJudges(settings, undefined, new WorkBudget({ perByte, reserve })))
}

/** Budgets from nothing to more than is needed, close to each other where it is little. */
const RESERVES = [
  0, 1, 40, 70, 130, 200, 300, 450, 700, 1000, 1500, 2200, 3300, 5000, 8000, 13_000, 40_000,
]
const SCRUBBERS = RESERVES.map((reserve) => scrubberWith(0, reserve))

for (const [place, text, secret] of PLACES)
  test(`${place}: wherever the budget ends, nothing of the secret stays`, () => {
    const outcomes = SCRUBBERS.map((scrubber) => scrubber.scrub(text))
    for (const [i, { text: out, spans }] of outcomes.entries()) {
      assert.equal(out.includes(secret), false, `${RESERVES[i]}: ${out}`)
      // Dropped as a whole and counted as such, or only what is a secret.
      const isWhole = spans.some((x) => x.type === 'scrub_failed')
      assert.equal(isWhole, out === '[REDACTED:scrub_failed]', out)
    }
    assert.equal(outcomes[0]?.text, '[REDACTED:scrub_failed]')
    assert.notEqual(outcomes.at(-1)?.text, '[REDACTED:scrub_failed]')
  })

test('a search that ends in the middle of a long text costs all of the text', () => {
  const names = 'the password, the token and a curl -u a:b call; '.repeat(40)
  const key = fake('anthropic_key', draw)
  for (const reserve of [3000, 10_000, 20_000]) {
    const { text } = scrubberWith(0, reserve).scrub(`${key} ${names} password: ${V}`)
    assert.equal(text, '[REDACTED:scrub_failed]')
  }
})
