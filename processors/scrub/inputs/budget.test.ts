// The budget of work over the values of requests: what is dear costs its own value and the reserve of its own request, and
// what is merely full of names and secrets costs nothing but its secrets.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena } from '../../../core/arena.ts'
import { SpanBatch } from '../../../core/batch.ts'
import type { ChainContext } from '../../../core/component.ts'
import { DEFAULT_TENANT } from '../../../core/tenant.ts'
import { DEFAULT_LIMITS, decodeInto } from '../../../proto/decode.ts'
import { oracleEncode } from '../../../proto/testing/oracle.ts'
import { Draw, fake } from '../corpus/fake-secrets.ts'
import { createTextScrubber, defaultSettings } from '../index.ts'
import { createJudges } from '../judge/create-judges.ts'
import { WorkBudget } from '../matchers/work-budget.ts'
import { BatchScrubber } from './batch.ts'

const draw = new Draw(32)
const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const NOTHING = { before: () => null, after: () => {} }

/** Values of one attribute each, by request; what becomes of them and what is counted. */
function scrubbed(
  requests: readonly (readonly string[])[],
  work: WorkBudget,
): { readonly values: string[][]; readonly failed: number } {
  const batch = new SpanBatch(new Arena())
  for (const values of requests) {
    const spans = values.map((stringValue, i) => ({
      traceId: Buffer.alloc(16, 1),
      spanId: Buffer.alloc(8, i + 1),
      name: 'x',
      attributes: [{ key: 'note', value: { stringValue } }],
    }))
    const payload = oracleEncode('ExportTraceServiceRequest', {
      resourceSpans: [{ resource: {}, scopeSpans: [{ spans }] }],
    })
    const request = {
      payload,
      encoding: 'identity',
      format: 'otlp-proto',
      telemetry: 'traces',
    } as const
    decodeInto(batch, { ...request, tenant: DEFAULT_TENANT, receivedAtMs: 0 }, DEFAULT_LIMITS)
  }
  let failed = 0
  const ctx: ChainContext = {
    count: (_metric, labels, by) => {
      if (labels.includes('type="scrub_failed"')) failed += by
    },
    signal: () => {},
    signals: [],
    explain: false,
  }
  new BatchScrubber(createJudges(defaultSettings(), undefined, work)).run(batch, ctx, NOTHING)
  let i = 0
  return { values: requests.map((r) => r.map(() => batch.attrText(i++) ?? '')), failed }
}

const DEAR = 'psk '.repeat(500)
const key = fake('groq_key', draw)

test('a dear value is dropped and counted, the request goes on, and the next request begins anew', () => {
  const work = new WorkBudget({ perByte: 80, reserve: 1500 })
  const { values, failed } = scrubbed(
    [
      [`before ${key}`, DEAR, `behind ${key}`],
      [`other ${key}`, 'plain'],
    ],
    work,
  )
  assert.deepEqual(values, [
    ['before [REDACTED:groq_key]', '[REDACTED:scrub_failed]', 'behind [REDACTED:groq_key]'],
    ['other [REDACTED:groq_key]', 'plain'],
  ])
  assert.equal(failed, 1)
})

test('a changed byte does not start over: the values of a request share one reserve', () => {
  const variants = Array.from({ length: 20 }, (_, i) => `${DEAR}${i}`)
  const one = scrubbed([[DEAR]], new WorkBudget({ perByte: 8, reserve: 300_000 }))
  assert.equal(one.failed, 0)
  const all = scrubbed([variants], new WorkBudget({ perByte: 8, reserve: 300_000 }))
  assert.ok(all.failed > 10, String(all.failed))
  for (const value of all.values[0] ?? [])
    assert.ok(value === '[REDACTED:scrub_failed]' || variants.includes(value))
})

/** Long texts of every day's work that are full of what detectors look at. */
const PASSWORD = (): string => `Vq7${draw.chars(ALNUM, 9)}4x`
const many = (n: number, make: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => make(i)).join('')
const HONEST: readonly (readonly [name: string, text: string])[] = [
  [
    'log probabilities',
    `[${many(1500, (i) => `{"token":" the","logprob":-0.${i},"bytes":[32,116],"top_logprobs":[]},`)}{}]`,
  ],
  [
    'history of a shell',
    many(
      1500,
      (i) => `curl -sS -u bob:${PASSWORD()} https://h${i}.corp/v1/items -o out${i}.json\n`,
    ),
  ],
  [
    'commands without secrets',
    many(2000, (i) => `docker run -p ${8000 + i}:80 nginx && mysql -h db -u app -p shop\n`),
  ],
  [
    'rows of SQL',
    `INSERT INTO users (id, name, password) VALUES ${many(1500, (i) => `(${i}, 'jo', '${PASSWORD()}'),`)}`,
  ],
  [
    'statements of SQL',
    many(
      800,
      (i) => `INSERT INTO users (id, name, password) VALUES (${i}, 'jo', '${PASSWORD()}');\n`,
    ),
  ],
  [
    'a table of kinds',
    `id,kind,label\n${many(3000, (i) => `${i},password,the token of row ${i}\n`)}`,
  ],
  [
    'a table of secrets',
    `id,password,token\n${many(1500, (i) => `${i},${PASSWORD()},${draw.chars(ALNUM, 40)}\n`)}`,
  ],
  [
    'settings',
    many(
      1500,
      (i) => `SERVICE_${i}_PASSWORD=${PASSWORD()}\nSERVICE_${i}_URL=postgres://u:p@db:5432/x\n`,
    ),
  ],
  ['objects', `[${many(1500, (i) => `{"id":${i},"name":"password","value":"${PASSWORD()}"},`)}{}]`],
  ['pairs', `[${many(2000, () => `["password","${PASSWORD()}"],`)}[]]`],
  ['a form', many(700, (i) => `<input type="password" name="pw${i}" value="${PASSWORD()}">\n`)],
  [
    'a schema',
    many(1500, (i) => `"password${i}":{"type":"string","description":"The password, see token"},`),
  ],
  [
    'names in prose',
    many(2500, () => 'The password, the token (a key) and the "secret" are explained below. '),
  ],
  ['digits', many(4000, (i) => `${1000 + (i % 9000)} 2345 6789 12${10 + (i % 90)} `)],
  ['addresses', many(3000, (i) => `user${i}@mail.corp, `)],
  [
    'keys of AWS',
    many(
      900,
      () => `AKIA${draw.chars('ABCDEFGHJKLMNPQRSTUVWXYZ234567', 16)} ${draw.chars(ALNUM, 40)}\n`,
    ),
  ],
  ['cookies', many(500, () => `Set-Cookie: sid=${draw.chars(ALNUM, 40)}; Path=/; HttpOnly\n`)],
  [
    'questions',
    many(1500, () => 'Did you forget your password? Ask for a new token? Then read on.\n'),
  ],
]

for (const [name, text] of HONEST)
  test(`honest and long: ${name}`, () => {
    const { text: out, spans } = createTextScrubber().scrub(text)
    assert.equal(
      spans.some((x) => x.type === 'scrub_failed'),
      false,
    )
    // What is no secret stays.
    assert.ok(out.length > text.length / 4)
    // With room: three quarters of the share, and no reserve.
    assert.equal(scrubbed([[text]], new WorkBudget({ perByte: 150, reserve: 0 })).failed, 0)
  })
