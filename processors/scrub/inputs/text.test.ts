// Text in, text out: positions, encodings, markers, streams of lines, own rules, hostile input.

import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { ObservaError } from '../../../core/errors.ts'
import { scrubSchema, settingsOf } from '../config.ts'
import { Draw, FAKES, fake } from '../corpus/fake-secrets.ts'
import { hostileTexts } from '../corpus/hostile-texts.ts'
import { DETECTORS } from '../detectors/table.ts'
import { createMetricScrubber, createTextScrubber, scrub, scrubStream } from '../index.ts'
import { AllowList } from '../judge/allow-list.ts'
import { boundedPattern, patternProblem } from '../judge/pattern-cost.ts'
import { Replacer } from '../judge/replacer.ts'
import { SecretFinder } from '../judge/secret-finder.ts'
import { type ScrubSettings } from '../judge/settings.ts'
import { TenantJudge } from '../judge/tenant-judge.ts'
import { matcherOf } from '../matchers/table.ts'
import type { KeywordRule } from '../search/anchors.ts'
import { compile } from '../search/compile.ts'
import { LINE_MAX } from './line-stream.ts'
import { TextScrubber } from './text.ts'

const scrubber = createTextScrubber()
const draw = new Draw(17)

function settings(config: object): ScrubSettings {
  return settingsOf(scrubSchema.parse(config))
}

test('spans are UTF-16 positions of the input', () => {
  const key = fake('groq_key', draw)
  const text = `🔑é ${key} と`
  const { spans } = scrubber.scrub(text)
  assert.deepEqual(
    spans.map((s) => [text.slice(s.start, s.end), s.type]),
    [[key, 'groq_key']],
  )
})

test('every token of the table is found in base64, whatever stands before it', () => {
  const missed: string[] = []
  let tried = 0
  for (const row of DETECTORS) {
    // The fake of a type is of one of its rows, and what has no literal of its own is found in clear text only.
    if (row.shape.kind !== 'token' || !row.on || FAKES[row.id] === undefined) continue
    const token = fake(row.id, draw)
    if (scrubber.scrub(token).text.includes(token)) continue
    for (const before of ['', 'u:', 'user:', 'a'])
      for (const encoding of ['base64', 'base64url'] as const) {
        // A letter before it makes another token of it.
        if (before === 'a' && row.left !== 'any') continue
        tried++
        const wrapped = Buffer.from(before + token).toString(encoding)
        if (scrubber.scrub(`x ${wrapped} y`).text.includes(wrapped))
          missed.push(`${row.id} ${encoding} after "${before}"`)
      }
  }
  assert.deepEqual(missed, [])
  assert.ok(tried > 200, `${tried} forms`)
})

test('encoded forms are found and replaced whole', () => {
  const mail = fake('email', draw)
  const pan = fake('credit_card', draw).replace(/\D/g, '')
  const key = fake('github_token', draw)
  const percent = Array.from(key)
    .map((c) => `%${c.charCodeAt(0).toString(16)}`)
    .join('')
  const unicode = Array.from(key)
    .map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
  const wide = Array.from(pan)
    .map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0))
    .join('')
  const wrapped = Buffer.from(`TOKEN=${key}\n`).toString('base64')
  const secret = 'wJalrXUt' + 'nFEMIK7MDENGbPx' + 'RfiCYzQmPqRsT4Zk'
  const slashed = `${secret.slice(0, 20)}/${secret.slice(20, 39)}`
  const forms: readonly (readonly [string, string])[] = [
    [mail.replace('@', '%40'), 'email'],
    [mail.replace('@', '\\u0040'), 'email'],
    [mail.replace('@', '\\\\\\\\u0040'), 'email'],
    [mail.replace('@', '&#64;'), 'email'],
    [percent, 'github_token'],
    [unicode, 'github_token'],
    [wide, 'credit_card'],
    [pan.replace(/(....)/g, '$1\u200b').replace(/\u200b$/, ''), 'credit_card'],
    [wrapped, 'b64_openai_key'],
  ]
  for (const [form, type] of forms) {
    const { text, spans } = scrubber.scrub(`x "${form}" y`)
    assert.equal(text, `x "[REDACTED:${type}]" y`, `${type} ${JSON.stringify(spans)}`)
  }
  const escaped = scrubber.scrub(`{"SecretAccessKey":"${slashed.replace('/', '\\/')}"}`)
  assert.equal(escaped.text, '{"SecretAccessKey":"[REDACTED:aws_secret_key]"}')
})

test('what stands next to a secret stays: numbers, hosts, names, schemes', () => {
  const key = fake('github_token', draw)
  const cases: readonly (readonly [string, string])[] = [
    ['at +44 20 7946 0537 14:05', 'at [REDACTED:phone] 14:05'],
    [
      `X-Amz-Credential=${['AKIA', 'QZ7LMW2XKV3TRN5J'].join('')}` +
        '%2F20261101%2Feu-west-1%2Fs3%2Faws4_request&n=1',
      'X-Amz-Credential=[REDACTED:aws_access_key_id]%2F20261101%2Feu-west-1%2Fs3%2Faws4_request&n=1',
    ],
    ['(020) 7946 0018, x', '[REDACTED:phone], x'],
    ['card 4111 1111 1111 1111 12/27', 'card [REDACTED:credit_card] 12/27'],
    [
      `https://x-access-token:${key}@github.com/a`,
      'https://x-access-token:[REDACTED:basic_auth_url]@github.com/a',
    ],
    ['password=\u201cHunter2x9\u201d.', 'password=\u201c[REDACTED:password]\u201d.'],
    [
      '{"name":"DB_PASSWORD","value":"hunter2x9"}',
      '{"name":"DB_PASSWORD","value":"[REDACTED:password]"}',
    ],
    [
      'Set-Cookie: sid=5a3f19c2b7d8; Path=/; HttpOnly',
      'Set-Cookie: sid=[REDACTED:session_cookie]; Path=/; HttpOnly',
    ],
  ]
  for (const [text, want] of cases) assert.equal(scrubber.scrub(text).text, want)
})

test('what only looks like a secret stays', () => {
  // biome-ignore format: a list
  const clean = [
    'token: refresh', 'password must have 12 characters', 'password: ********', 'api_key = os.environ["KEY"]', 'max_tokens=4096', 'next_page_token: abcDEF123abcDEF123abcDEF',
    'key: logs/2026/11/02/part-0001.json', 'IMEI 490154203237518', 'part no. 465-50-4339', '000-12-3456', 'icon@2x.png', 'git@github.com:a/b.git', 'bob@example.com', 'lodash@4.17.21',
    'Bearer realm="api"', 'the bearer of this letter', 'basic understanding', 'sk-estimator-pipeline-grid-search', 'postgres://u:${PW}@h/db', '-----BEGIN PUBLIC KEY-----', 'commit 9fceb02d0ae598e95dc970b74767f19372d61af8',
    'Chrome/137.0.6.2', '2026-11-02T19:54:05.659Z', '[0.4017230117986417,-0.0854283164913319]', 'AKIAIOSFODNN7EXAMPLE',
  ]
  for (const text of clean) assert.equal(scrubber.scrub(text).text, text)
})

test('every type is found free-standing, under its own name', () => {
  const found = new Set<string>()
  for (const type of Object.keys(FAKES)) {
    if (['password', 'aws_secret_key', 'bearer_token', 'basic_auth_header'].includes(type)) continue
    for (let i = 0; i < 20; i++) {
      const value = fake(type, draw)
      const { spans } = scrubber.scrub(`note: use ${value} today`)
      assert.deepEqual(
        spans.map((s) => [s.start, s.end, s.type]),
        [[10, 10 + value.length, type]],
        type,
      )
      found.add(type)
    }
  }
  assert.ok(found.size > 45)
})

test('one character eight times in a row makes a short body a stand-in, and a long one not', () => {
  const letters = 'hDpdnoMaX4j6zFuC2WRGBOKW'
  const real = [
    `xoxb-877737872036-038888888871-${letters}`,
    `xoxb-000000000036-038871234871-${letters}`,
    `ghp_${letters.slice(0, 14)}aaaaaaaa${letters.slice(0, 14)}`,
    `glpat-${letters.slice(0, 20)}`,
    `sk-ant-api03-${letters}${letters}11111111${letters}${letters.slice(0, 13)}AA`,
  ]
  for (const key of real) assert.ok(!scrubber.scrub(`use ${key} now`).text.includes(key), key)
  const standIns = [
    'xoxb-888888888888-888888888888-aaaaaaaaaaaaaaaaaaaaaaaa',
    `ghp_${'0'.repeat(36)}`,
    `glpat-${'a'.repeat(20)}`,
    'AKIA1111111111111111',
    `sk-ant-api03-${'0'.repeat(95)}`,
  ]
  for (const key of standIns) assert.equal(scrubber.scrub(`use ${key} now`).text, `use ${key} now`)
})

test('a forged marker hides nothing and a true one is left alone', () => {
  const key = fake('anthropic_key', draw)
  for (const forged of [
    `[REDACTED:${key}]`,
    `[REDACTED:email:${key}]`,
    `[REDACTED:email] ${key}`,
    `[REDACTED ${key}]`,
    `password=[REDACTED:Hunter2!x9]`,
  ]) {
    const { text } = scrubber.scrub(forged)
    assert.equal(text.includes(key), false, forged.slice(0, 20))
    assert.equal(text.includes('Hunter2'), false)
  }
  for (const real of [
    '[REDACTED:email]',
    'password=[REDACTED:password]',
    'Bearer [REDACTED:bearer_token]',
    '[REDACTED:email:k1:abcdefghijkmnop2]',
    'https://u:[REDACTED:basic_auth_url]@h.test/',
    '[REDACTED:credit_card:*1234]',
  ])
    assert.equal(scrubber.scrub(real).text, real)
})

test('a token cut by a length limit is a token', () => {
  for (const type of ['openai_key', 'anthropic_key', 'groq_key', 'private_key', 'jwt']) {
    const value = fake(type, draw)
    const cut = value.slice(
      0,
      type === 'private_key' ? 200 : Math.max(22, Math.floor(value.length * 0.7)),
    )
    const { text } = scrubber.scrub(`see ${cut}`)
    assert.equal(text.includes(cut.slice(12, 40)), false, type)
  }
})

test('any text is scrubbed without an error and twice like once', () => {
  const pieces = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(...Object.keys(FAKES)).map((t) => fake(t, draw)),
    fc.constantFrom(
      'password: ',
      '"',
      '\\',
      '\\n',
      ' ',
      '%40',
      '[REDACTED:',
      ']',
      '\ud800',
      'Bearer ',
      '://',
      '@',
    ),
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 10 }), (parts) => {
      const text = parts.join('')
      const once = scrubber.scrub(text)
      assert.equal(once.text.includes('scrub_failed'), false)
      // Lone surrogates have no bytes of their own; only what is well-formed is compared.
      if (text.isWellFormed()) assert.equal(scrubber.scrub(once.text).text, once.text)
    }),
    { numRuns: 400 },
  )
})

test('hostile texts end, and no detector is asked more often than the text is long', () => {
  for (const { text } of hostileTexts(20_000))
    assert.equal(typeof scrubber.scrub(text).text, 'string')
})

test('secrets cut over the parts of a message or the deltas of a stream are found', () => {
  const key = fake('openai_key', draw)
  const cut = [key.slice(0, 4), key.slice(4, 17), key.slice(17, 40), key.slice(40)]
  const parts = JSON.stringify([
    { role: 'user', parts: cut.map((content) => ({ type: 'text', content })) },
  ])
  const sse = cut
    .map(
      (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`,
    )
    .join('')
  for (const text of [parts, sse, JSON.stringify({ body: sse })]) {
    const done = scrubber.scrub(text).text
    for (const c of cut.slice(1)) assert.equal(done.includes(c), false, done.slice(0, 300))
    assert.equal(scrubber.scrub(done).text, done)
    assert.equal(done.split('REDACTED:openai_key').length, cut.length + 1)
  }
})

test('own rules: near keywords, under keys, with an allow list; the allow list of the processor', () => {
  const own = createTextScrubber(
    settings({
      rules: [
        { name: 'employee_id', pattern: 'EMP-[0-9]{6}', keywords: ['emp-'], allow: ['EMP-000000'] },
        { name: 'room', pattern: '[A-Z][0-9]{3}', keys: ['office.*'] },
      ],
      allow: { values: ['help@acme.dev'], patterns: ['bot-[0-9]+@acme\\.dev'], keys: ['public.*'] },
    }),
  )
  assert.equal(
    own.scrub('ask EMP-123456 or EMP-000000').text,
    'ask [REDACTED:employee_id] or EMP-000000',
  )
  assert.equal(own.scrub('in B204', 'office.room').text, 'in [REDACTED:room]')
  assert.equal(own.scrub('in B204', 'other').text, 'in B204')
  assert.equal(
    own.scrub('help@acme.dev bot-7@acme.dev eve@acme.dev').text,
    'help@acme.dev bot-7@acme.dev [REDACTED:email]',
  )
  assert.equal(own.scrub('eve@acme.dev', 'public.contact').text, 'eve@acme.dev')
})

test('patterns that could take unbounded time are refused with the reason', () => {
  for (const bad of [
    '^(a+)+$',
    '(a|a)*b',
    '(.*)*x',
    '\\d+\\d+',
    '.*foo.*bar',
    '(a?)+b',
    '(?=a)b',
    '(a)\\1',
    '(\\w+)(\\w+)x',
    'a{1,500}a{1,500}',
    '(',
  ])
    assert.equal(typeof patternProblem(bad), 'string', bad)
  for (const good of [
    'EMP-[0-9]{6}',
    '[a-z]+@corp',
    '\\d+-\\d+',
    'key=[^ ]{10,}',
    '(?:foo|bar)-[0-9]+',
    '(?:[0-9]{2}-){3}[0-9]{2}',
  ])
    assert.equal(patternProblem(good), null, good)
  assert.equal(boundedPattern('a+[*+]b{3,}\\+'), 'a{1,256}[*+]b{3,256}\\+')
  const parsed = scrubSchema.safeParse({ rules: [{ name: 'r', pattern: '^(a+)+$' }] })
  assert.equal(parsed.success, false)
  assert.match(String(parsed.error), /unbounded time: a repetition stands inside a repetition/)
})

test('settings can be sent to a worker, and a missing pseudonym key stops the start', async () => {
  const config = scrubSchema.parse({
    detectors: { email: { action: 'pseudonym' } },
    pseudonym: { key: 'k'.repeat(20) },
  })
  const made = await scrub.prepare?.(config, {
    readFile: () => Promise.reject(new ObservaError('OBS_TEST', 'none')),
  })
  assert.deepEqual(structuredClone(made), made)
  assert.equal(scrubSchema.safeParse({ action: 'pseudonym' }).success, false)
  assert.equal(scrubSchema.safeParse({ detetors: {} }).success, false)
})

/** A scrubber with a matcher of the test behind a keyword. */
function scrubberWith(rule: KeywordRule): TextScrubber {
  const finder = new SecretFinder((inner) =>
    compile({ isOn: (d) => d.on, extra: [rule], matcherOf, inner }),
  )
  const { types, isGuessable } = finder.compiled
  const actions = types.map(() => 'mask' as const)
  const judge = new TenantJudge(
    finder,
    new Replacer({ types, isGuessable, actions, pseudonym: null, ids: null }),
    new AllowList({ values: [], patterns: [], keys: [] }),
    [],
    finder.everything,
  )
  return new TextScrubber({
    base: judge,
    ids: null,
    work: finder.work,
    of: () => judge,
    scanner: (arena) => finder.scanner(arena),
    holdsSecret: () => true,
  })
}

test('a detector that throws costs the value, not the scrubbing', () => {
  const broken: KeywordRule = {
    name: 'broken',
    keywords: ['fuse'],
    rank: 5,
    match: () => {
      throw new Error('detector')
    },
  }
  const failing = scrubberWith(broken)
  const done = failing.scrub('a fuse and a secret')
  assert.equal(done.text, '[REDACTED:scrub_failed]')
  assert.deepEqual(done.spans, [{ start: 0, end: 19, type: 'scrub_failed' }])
  assert.equal(failing.scrub(`next ${fake('groq_key', draw)}`).text, 'next [REDACTED:groq_key]')
})

test('lines of a stream: plain, and JSON with positions', async () => {
  const key = fake('groq_key', draw)
  const pem = fake('private_key', draw)
  assert.equal(
    await through(`a ${key}\nb\n${pem}\nc`, false),
    `a [REDACTED:groq_key]\nb\n[REDACTED:private_key]\nc`,
  )
  const line = JSON.stringify({ id: 7, field: 'x-api-key', text: 'abc123' })
  const out = await through(`${line}\nnot json ${key}\n`, true)
  const [first, second] = out
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as Record<string, unknown>)
  assert.deepEqual(first, {
    id: 7,
    text: '[REDACTED:generic_api_key]',
    spans: [{ start: 0, end: 6, type: 'generic_api_key' }],
  })
  assert.match(String(second?.['text']), /REDACTED:groq_key/)
})

test('a stream keeps what is no secret byte for byte: CRLF, bytes that are no UTF-8, no last line end', async () => {
  const key = fake('groq_key', draw)
  const forms: readonly (readonly [Buffer, Buffer])[] = [
    [Buffer.from(`a ${key}\r\nb\r\n`), Buffer.from('a [REDACTED:groq_key]\r\nb\r\n')],
    [Buffer.from(`\r\n\n\r\n${key}`), Buffer.from('\r\n\n\r\n[REDACTED:groq_key]')],
    [
      Buffer.concat([
        Buffer.from([0xff, 0xfe, 0, 0xc3]),
        Buffer.from(` ${key} `),
        Buffer.from([0xe2, 0x82]),
      ]),
      Buffer.concat([
        Buffer.from([0xff, 0xfe, 0, 0xc3]),
        Buffer.from(' [REDACTED:groq_key] '),
        Buffer.from([0xe2, 0x82]),
      ]),
    ],
    [Buffer.alloc(0), Buffer.alloc(0)],
    [Buffer.from('\ufeffplain'), Buffer.from('\ufeffplain')],
  ]
  for (const [input, want] of forms)
    for (const size of [1, 7, 64_000]) assert.deepEqual(await bytesThrough(input, size), want)
})

test('a stream does not depend on how it is cut into chunks', async () => {
  const text = `x ${fake('openai_key', draw)}\n${fake('private_key', draw)}\nname: DB_PASSWORD\nvalue: Tulip#42xk\né\n`
  const whole = await bytesThrough(Buffer.from(text), 1_000_000)
  for (const size of [1, 2, 3, 5, 11, 50])
    assert.deepEqual(await bytesThrough(Buffer.from(text), size), whole)
})

test('a stream sees what spans lines: a name above its value, quoted-printable, a key without its end', async () => {
  const key = fake('github_token', draw)
  const pem = fake('private_key', draw)
  const run = async (t: string): Promise<string> =>
    (await bytesThrough(Buffer.from(t), 1000)).toString()
  assert.equal(
    await run('name: API_KEY\nvalue: Tulip42xkRw9bQz7LmN3pV\n'),
    'name: API_KEY\nvalue: [REDACTED:generic_api_key]\n',
  )
  assert.equal(
    await run(`t ${key.slice(0, 20)}=\r\n${key.slice(20)} x\r\n`),
    't [REDACTED:github_token] x\r\n',
  )
  assert.equal((await run(pem.slice(0, 200))).includes(pem.slice(60, 120)), false)
  assert.equal(await run('A=\nB=\nC=x\n'), 'A=\nB=\nC=x\n')
})

test('a line of any length: cut where a word ends, so that no secret is cut', async () => {
  const key = fake('groq_key', draw)
  const line = `${'lorem ipsum '.repeat(Math.ceil(LINE_MAX / 12) - 3)} ${key} ${'dolor '.repeat(1000)}`
  const out = (await bytesThrough(Buffer.from(line), 1_000_000)).toString()
  assert.equal(out.includes(key.slice(8)), false)
  assert.equal(out.length, line.length - key.length + '[REDACTED:groq_key]'.length)
})

test('records of a stream: what is no record is said with its line, scrubbed, and counted', async () => {
  const key = fake('groq_key', draw)
  const lines = [
    JSON.stringify({ id: { a: 1 }, text: 'x' }),
    `{"id":2,"text":${JSON.stringify(key)}`,
    '[1]',
    'null',
    '',
    JSON.stringify({ id: 3, text: 5 }),
    JSON.stringify({ text: '\ud800 lone', field: 7 }),
  ]
  let out = ''
  const sink = new Writable({
    write: (c, _, done) => {
      out += String(c)
      done()
    },
  })
  const outcome = await scrubStream(
    Readable.from([Buffer.from(`${lines.join('\r\n')}\r\n`)]),
    sink,
    { jsonl: true },
  )
  assert.deepEqual(outcome, { lines: 7, invalid: 4 })
  const records = out
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as Record<string, unknown>)
  assert.deepEqual(
    records.map((r) => r['error'] ?? r['id']),
    [{ a: 1 }, ...Array.from({ length: 4 }, () => 'not a JSON object with a text'), null],
  )
  assert.deepEqual(
    records.map((r) => r['line'] ?? 0),
    [0, 2, 3, 4, 6, 0],
  )
  assert.equal(out.includes(key), false)
  assert.equal(records[5]?.['text'], '\ud800 lone')
})

async function bytesThrough(input: Buffer, size: number): Promise<Buffer> {
  const out: Buffer[] = []
  const sink = new Writable({
    write: (c, _, done) => {
      out.push(Buffer.from(c as Uint8Array))
      done()
    },
  })
  const chunks: Buffer[] = []
  for (let i = 0; i < input.length; i += size) chunks.push(input.subarray(i, i + size))
  await scrubStream(Readable.from(chunks), sink, { jsonl: false })
  return Buffer.concat(out)
}

test('a detector that exceeds its budget costs the value, and the count says so', () => {
  const endless: KeywordRule = {
    name: 'endless',
    keywords: ['fuse'],
    rank: 5,
    match: (s) => {
      for (;;) s.spend(1000)
    },
  }
  const failing = scrubberWith(endless)
  assert.deepEqual(failing.scrub('a fuse').spans, [{ start: 0, end: 6, type: 'scrub_failed' }])
  assert.equal(failing.scrub(`no ${fake('groq_key', draw)}`).text, 'no [REDACTED:groq_key]')
})

/** Names and escapes in turn, which are decoded and looked at again and again, and commands and names with nothing between. */
const DEAR = [
  'eyJpassword password %40',
  'c2stc2stc2stc2stc2stc2stc2st ',
  'curl -u a:',
  'sshpass -p ',
  'password",',
  'pw:',
  '<password ',
  'chpasswd',
]

test('of the hostile texts only the dearest are dropped for what they cost', () => {
  const dropped = hostileTexts(60_000).filter(({ text }) => {
    const done = scrubber.scrub(text)
    return done.text === '[REDACTED:scrub_failed]' && done.spans[0]?.type === 'scrub_failed'
  })
  assert.deepEqual(
    dropped.map((h) => JSON.parse(h.name)),
    DEAR,
  )
})

test('a rule near keywords looks at each value anew', () => {
  const own = createTextScrubber(
    settings({ rules: [{ name: 'employee_id', pattern: 'EMP-[0-9]{6}', keywords: ['emp-'] }] }),
  )
  for (const pad of ['', 'now ', 'and then '])
    assert.equal(
      own.scrub(`${pad}ask EMP-123456${' x'.repeat(200)}`).text.includes('EMP-1'),
      false,
      pad,
    )
})

test('numbers of JSON become strings, so that JSON stays JSON', () => {
  const pan = fake('credit_card', draw).replace(/\D/g, '')
  for (const json of [
    `{"amount":1.5,"pan":${pan},"cvv":854}`,
    `{"cards":[${pan}, ${pan}]}`,
    `{ "pan" : ${pan} }`,
    JSON.stringify({ a: JSON.stringify({ pan: Number(pan) }) }),
    JSON.stringify([{ a: [Number(pan)] }]),
    JSON.stringify({ t: `Bearer <access_token_12345678901>`, pan: Number(pan) }),
  ]) {
    const done = scrubber.scrub(json).text
    assert.equal(done.includes(pan), false, json)
    assert.equal(typeof JSON.parse(done), 'object', done)
    assert.equal(scrubber.scrub(done).text, done)
  }
  assert.equal(scrubber.scrub(`a,${pan},b`).text, 'a,[REDACTED:credit_card],b')
})

async function through(text: string, jsonl: boolean): Promise<string> {
  let out = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      out += String(chunk)
      done()
    },
  })
  await scrubStream(Readable.from([text.slice(0, 9), text.slice(9)]), sink, { jsonl })
  return out
}

test('texts of metrics are scrubbed one by one', () => {
  const visitor = createMetricScrubber().visit
  const key = fake('groq_key', draw)
  assert.equal(
    Buffer.from(visitor('value', Buffer.from('k'), Buffer.from(`x ${key}`)) ?? '').toString(),
    'x [REDACTED:groq_key]',
  )
  assert.equal(visitor('value', Buffer.from('route'), Buffer.from('/v1/chat')), null)
  assert.equal(
    Buffer.from(
      visitor('value', Buffer.from('db.password'), Buffer.from('swordfish')) ?? '',
    ).toString(),
    '[REDACTED:password]',
  )
})
