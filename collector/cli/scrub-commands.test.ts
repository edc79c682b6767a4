// The effect of a `scrub` rule can be seen before it is deployed: with `pipe --explain`, `test`, and `scrub` with a
// tenant.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, before, test } from 'node:test'
import type { Io } from './io.ts'
import { pipe } from './pipe/pipe.ts'
import { scrub } from './scrub.ts'
import { testCommand } from './unit-tests/test-command.ts'

const CONFIG = `
receivers: { otlp: {} }
processors:
  scrub:
    rules: [{ name: ticket, pattern: 'TCK-[0-9]{5}', action: report }]
    tenants: { acme: { rules: [{ name: badge, pattern: 'B-[0-9]{5}', keys: ['app.*'] }] } }
  canonicalize: {}
exporters: { debug: {} }
service: { pipelines: { traces: { receivers: [otlp], processors: [scrub, canonicalize], exporters: [debug] } } }
tests:
  - name: a badge of acme is masked
    tenant: acme
    input: { spans: [{ attributes: { app.note: 'B-12345 TCK-12345' } }] }
    expect: { events: [{ secrets: { badge: 1, ticket: 1 } }], absent: ['B-12345'] }
  - name: of anybody else it is not
    input: { spans: [{ attributes: { app.note: 'B-12345' } }] }
    expect: { events: [{ secrets: null }] }
`
const MAIL = ['jane.roe', 'corvalin.io'].join('@')

let dir = ''
let config = ''
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'observa-scrub-commands-'))
  config = join(dir, 'observa.yaml')
  await writeFile(config, CONFIG)
})
after(() => rm(dir, { recursive: true, force: true }))

type Command = (args: readonly string[], io: Io) => Promise<number>

async function ran(
  command: Command,
  args: readonly string[],
  input = '',
): Promise<{ code: number; out: string; err: string }> {
  const got = { out: '', err: '' }
  const stdin = new PassThrough()
  stdin.end(input)
  const stdout = new PassThrough()
  stdout.on('data', (d: Buffer) => {
    got.out += d.toString()
  })
  const io: Io = {
    stdin,
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
  return { code: await command(args, io), ...got }
}

test('pipe --explain says which detector or rule took what in which place, and never the value', async () => {
  const file = join(dir, 'spans.json')
  const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
  const span = {
    traceId: '1'.padStart(32, '0'),
    spanId: '1'.padStart(16, '0'),
    name: `for ${MAIL}`,
    attributes: [attribute('app.note', `B-12345 B-23456 ${MAIL}`), attribute('other', 'TCK-12345')],
  }
  await writeFile(file, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }))
  const { code, out } = await ran(pipe, ['-c', config, '--explain', '--tenant', 'acme', file])
  assert.equal(code, 0)
  const event = JSON.parse(out) as Record<string, unknown>
  assert.deepEqual(event['scrubbed'], [
    { type: 'email', by: 'detector', place: 'span_name', key: null, action: 'mask', count: 1 },
    { type: 'badge', by: 'rule', place: 'attribute', key: 'app.note', action: 'mask', count: 2 },
    {
      type: 'email',
      by: 'detector',
      place: 'attribute',
      key: 'app.note',
      action: 'mask',
      count: 1,
    },
    { type: 'ticket', by: 'rule', place: 'attribute', key: 'other', action: 'report', count: 1 },
  ])
  assert.equal(out.includes('B-12345'), false)
  const other = await ran(pipe, ['-c', config, '--explain', file])
  assert.ok(other.out.includes('B-12345'))
})

test('pipe --explain names the spans that an action dropped', async () => {
  const file = join(dir, 'dropped.json')
  const span = {
    traceId: '2'.padStart(32, '0'),
    spanId: '3'.padStart(16, '0'),
    name: 'x',
    attributes: [{ key: 'app.note', value: { stringValue: `mail ${MAIL}` } }],
  }
  await writeFile(file, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }))
  const drop = ['-c', config, '--set', 'processors.scrub.detectors.email.action=drop_event']
  const { code, out } = await ran(pipe, [...drop, '--explain', file])
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(out), {
    record: 'dropped',
    trace_id: span.traceId,
    span_id: span.spanId,
    scrubbed: [
      {
        type: 'email',
        by: 'detector',
        place: 'attribute',
        key: 'app.note',
        action: 'drop_event',
        count: 1,
      },
    ],
  })
  assert.equal((await ran(pipe, [...drop, file])).out, '')
})

test('test runs a rule for a tenant and for others', async () => {
  const { code, out } = await ran(testCommand, ['-c', config])
  assert.equal(code, 0, out)
  assert.match(out, /2 passed, 0 failed/)
})

test('scrub: with a configuration and a tenant, records that are none, files that are not there', async () => {
  const text = `${MAIL} TCK-12345\r\n`
  assert.equal((await ran(scrub, ['-c', config], text)).out, '[REDACTED:email] TCK-12345\r\n')
  const bad = await ran(scrub, ['--jsonl'], 'nope\n')
  assert.deepEqual([bad.code, bad.err], [1, '1 of 1 lines are no {id, field, text}\n'])
  await assert.rejects(ran(scrub, [join(dir, 'none')]), /cannot read/)
  await assert.rejects(ran(scrub, ['-c', config, '--processor', 'x']), /no scrub processor "x"/)
})
