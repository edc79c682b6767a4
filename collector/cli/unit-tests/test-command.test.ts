import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, before, test } from 'node:test'
import type { Io } from '../io.ts'
import { pipe } from '../pipe/pipe.ts'
import { testCommand } from './test-command.ts'

const BASE = `
receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {}, cost: {}, signals: {} }
exporters: { debug: {}, otlp_http: { endpoint: "http://127.0.0.1:9" } }
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [scrub, canonicalize, cost, signals]
      exporters: [debug, otlp_http]
    traces/raw: { receivers: [otlp], processors: [canonicalize], exporters: [otlp_http] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [debug] }
`
const CHAT = `
    input:
      spans:
        - name: chat gpt-4o
          attributes:
            gen_ai.operation.name: chat
            gen_ai.provider.name: openai
            gen_ai.request.model: gpt-4o
            gen_ai.usage.input_tokens: 12
            gen_ai.usage.output_tokens: 3`
/** The token is joined from parts, so that no secret scanner reports this file. */
const SECRET = ['ghp', '_', '0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX'].join('')
const MAIL = 'jane.doe' + '@' + 'acme-corp.com'

let dir = ''
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'observa-test-command-'))
})
after(() => rm(dir, { recursive: true, force: true }))

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function ran(
  command: (args: readonly string[], io: Io) => Promise<number>,
  args: readonly string[],
): Promise<Ran> {
  const got = { out: '', err: '' }
  const stdout = new PassThrough()
  stdout.on('data', (d: Buffer) => {
    got.out += d.toString()
  })
  const io: Io = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    env: {},
    isTty: false,
    out: (text) => {
      got.out += text
    },
    err: (text) => {
      got.err += text
    },
  }
  const code = await command(args, io)
  return { code, ...got }
}

async function runTests(tests: string, ...args: string[]): Promise<Ran> {
  const file = join(dir, 'observa.yaml')
  await writeFile(file, `${BASE}\ntests:${tests}\n`)
  return ran(testCommand, ['--config', file, ...args])
}

test('a test passes when the fields it gives are as found, and others do not matter', async () => {
  const { code, out } = await runTests(`
  - name: a chat call has its tokens and its price${CHAT}
    expect:
      events:
        - { kind: llm, provider: openai, input_tokens: 12, total_tokens: 15, cost_usd: 0.00006,
            error_type: null, scope_name: null }
      signals: []
      rejected: 0`)
  assert.equal(out, 'ok    a chat call has its tokens and its price\n1 passed, 0 failed\n')
  assert.equal(code, 0)
})

test('a difference says field, expected and found; a mistyped field has a suggestion', async () => {
  const { code, out } = await runTests(`
  - name: wrong${CHAT}
    expect:
      events: [{ input_tokens: 13, input_tokns: 12, attributes: { nowhere: 1 } }]
  - name: right${CHAT}
    expect: { events: [{ kind: llm }] }`)
  assert.equal(code, 1)
  assert.equal(
    out,
    `FAIL  wrong
        events[0].input_tokens
          expected  13
          found     12
        events[0].input_tokns
          expected  12
          found     nothing   Did you mean "input_tokens"?
        events[0].attributes
          expected  {"nowhere":1}
          found     nothing
ok    right
1 passed, 1 failed
`,
  )
})

test('an event too many fails, and so does a signal that was not expected', async () => {
  const { code, out } = await runTests(`
  - name: counts${CHAT}
        - name: second
    expect: { events: [{ kind: llm }], signals: [{ type: cost_spike }] }`)
  assert.equal(code, 1)
  assert.match(
    out,
    /number of events\n +expected {2}1\n +found {5}2 {3}Found: chat gpt-4o, second\./,
  )
  assert.match(out, /number of signals\n +expected {2}1\n +found {5}0/)
})

test('signals are compared in order, by the fields given', async () => {
  const { code, out } = await runTests(`
  - name: slow call
    input:
      spans:
        - { name: chat, startTimeUnixNano: "1790000000000000000", endTimeUnixNano: "1790000009000000000",
            attributes: { gen_ai.operation.name: chat, gen_ai.request.model: gpt-4o } }
    expect: { signals: [{ type: high_latency, severity: high }] }`)
  assert.equal(code, 0, out)
})

test('absent finds a text in events and in the bytes for an exporter, also inside JSON', async () => {
  const attributes = `{ note: 'key ${SECRET} of ${MAIL}', odd: 'say "hello" to him' }`
  const tests = (pipeline: string): string => `
  - name: nothing leaks
    pipeline: ${pipeline}
    input: { spans: [{ name: work, attributes: ${attributes} }] }
    expect: { absent: ['${SECRET}', '${MAIL}'] }
  - name: quotes
    pipeline: ${pipeline}
    input: { spans: [{ name: work, attributes: ${attributes} }] }
    expect: { absent: ['"hello" to'] }`
  const scrubbed = await runTests(tests('traces'), 'leaks')
  assert.equal(scrubbed.out, 'ok    nothing leaks\n1 passed, 0 failed\n')
  const raw = await runTests(tests('traces/raw'))
  assert.equal(raw.code, 1)
  assert.equal(raw.out.match(/found {5}"events\[0\]\.attributes"\n/g)?.length, 3, raw.out)
})

test('absent looks at what exporters are sent even when no event shows it', async () => {
  const { code, out } = await runTests(`
  - name: hidden
    pipeline: traces/raw
    input: { spans: [{ name: work, traceState: 'vendor=opaque-state' }] }
    expect: { absent: [opaque-state] }`)
  assert.equal(code, 1)
  assert.match(
    out,
    /absent "opaque-state"\n +expected {2}"nowhere"\n +found {5}"bytes for exporter otlp_http"/,
  )
})

test('legacy events, OTLP documents and files go in; rejected items are counted and explained', async () => {
  const line = (id: string): string =>
    JSON.stringify({
      event_type: 'llm_call',
      tenant_id: 't',
      project_id: 'p',
      environment: 'dev',
      trace_id: `00000000-0000-4000-8000-0000000000${id}`,
      span_id: `10000000-0000-4000-8000-0000000000${id}`,
      timestamp: '2026-01-01T00:00:00.000Z',
      conversation_id: 'c1',
      attributes: { llm_call: { model: 'gpt-4o', input_tokens: 5, output_tokens: 1 } },
    })
  await writeFile(join(dir, 'events.ndjson'), `${line('01')}\nnot json\n${line('02')}\n`)
  const { code, out } = await runTests(`
  - name: legacy
    input: { events: [${line('03')}] }
    expect: { events: [{ kind: llm, input_tokens: 5, conversation_id: c1 }], rejected: 0 }
  - name: a log record
    input:
      otlp:
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: hello } }] }] }]
    expect: { events: [{ kind: span }] }
  - name: file
    input: { file: events.ndjson }
    expect: { events: [{ kind: llm }, { kind: llm }], rejected: 2 }`)
  assert.equal(code, 1)
  assert.match(out, /^ok {4}legacy\nok {4}a log record\nFAIL {2}file\n +rejected\n/)
  assert.match(out, /expected {2}2\n +found {5}1\n +rejected: .*\n2 passed, 1 failed\n$/)
})

test('tests know nothing of each other', async () => {
  const one = (name: string): string => `
  - name: ${name}${CHAT}
    expect: { events: [{ usage_aggregate: false, input_tokens: 12 }] }`
  const { out } = await runTests(one('first') + one('second'))
  assert.match(out, /2 passed, 0 failed/)
})

test('a test that cannot run fails with the reason and the others go on', async () => {
  const { code, out } = await runTests(`
  - { name: empty, input: {}, expect: {} }
  - { name: both, input: { spans: [], events: [] }, expect: {} }
  - { name: file, input: { file: nowhere.pb }, expect: {} }
  - { name: pipeline, pipeline: traces/eu, input: { spans: [{}] }, expect: {} }
  - { name: fine, input: { spans: [{}] }, expect: { events: [{ name: span 1 }] } }`)
  assert.equal(code, 1)
  assert.match(out, /OBS_TEST_INPUT: input is empty\. Give one of spans, otlp, events, file\./)
  assert.match(out, /input has spans and events\./)
  assert.match(out, /there is no file nowhere\.pb\./)
  assert.match(out, /no pipeline "traces\/eu"\. It has: traces, traces\/raw, logs\./)
  assert.match(out, /ok {4}fine\n1 passed, 4 failed\n$/)
})

test('NAME chooses, and a name that no test has is an error', async () => {
  const tests = `
  - { name: one, input: { spans: [] }, expect: {} }
  - { name: two, input: { spans: [] }, expect: {} }`
  assert.equal((await runTests(tests, 'tw')).out, 'ok    two\n1 passed, 0 failed\n')
  await assert.rejects(runTests(tests, 'three'), /no test has "three" in its name/)
})

test('no tests is said on standard error; a wrong configuration is exit code 1', async () => {
  const none = await runTests(' []')
  assert.equal(none.code, 0)
  assert.match(none.err, /the configuration has no tests/)
  const wrong = await runTests(' [{ nam: x }]')
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /tests\[0\]/)
})

test('--json prints one object with every difference', async () => {
  const { code, out } = await runTests(
    `
  - name: wrong${CHAT}
    expect: { events: [{ output_tokens: 4 }] }`,
    '--json',
  )
  assert.equal(code, 1)
  assert.deepEqual(JSON.parse(out), {
    passed: 0,
    failed: 1,
    tests: [
      {
        name: 'wrong',
        passed: false,
        differences: [{ field: 'events[0].output_tokens', expected: 4, found: 3 }],
        reasons: [],
      },
    ],
  })
})

test('pipe prints events, signals and rejections, and says whether a file was refused', async () => {
  const config = join(dir, 'pipe.yaml')
  await writeFile(config, BASE)
  const good = join(dir, 'good.json')
  const span = { traceId: '1'.padStart(32, '0'), spanId: '1'.padStart(16, '0'), name: 'work' }
  await writeFile(good, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }))
  const bad = join(dir, 'bad.pb')
  await writeFile(bad, Buffer.from([0x0a, 0x7f, 0x01]))
  const { code, out } = await ran(pipe, ['--config', config, '--explain', good, bad])
  assert.equal(code, 1)
  const lines = out
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as Record<string, unknown>)
  assert.deepEqual(
    lines.map((l) => l['record']),
    ['event', 'rejected'],
  )
  assert.equal(lines[0]?.['name'], 'work')
  assert.ok('explain' in (lines[0] ?? {}))
  assert.equal(lines[1]?.['code'], 'malformed')
})
