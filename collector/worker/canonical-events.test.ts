// Canonical events, as the `kafka` exporter writes them, taken in again: the same events come out, whatever recorded SDK they are of.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import type { PayloadFormat, TelemetryKind } from '../../core/task.ts'
import { scrub } from '../../processors/scrub/index.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import { buildChain } from './build-chain.ts'
import type { Chain } from './chain.ts'
import { canonicalizeOnly } from './testing/pipeline-spec.ts'

const CAPTURES = join(import.meta.dirname, '../../test/captures')
const tenant = { tenantId: 't', projectId: 'shop', environment: null, keyId: null }
const settings = await scrub.prepare?.(
  scrub.schema.parse({ pseudonym: { key: 'a key for tests, not for production' } }),
  { readFile: async () => '' },
)
const plain = canonicalizeOnly()
const SCRUBBED = {
  ...plain,
  processors: [{ id: 'scrub', type: 'scrub', settings }, ...plain.processors],
}

function run(
  chain: Chain,
  payload: Uint8Array,
  format: PayloadFormat,
  telemetry: TelemetryKind = 'traces',
) {
  const request = {
    payload,
    encoding: 'identity',
    format,
    telemetry,
    tenant,
    receivedAtMs: 1,
  } as const
  return chain.run({ requests: [request], corrections: [] })
}

function linesOf({ events }: Chain): string[] {
  return Array.from({ length: events.count }, (_, e) => {
    const out = new ByteWriter(4096)
    writeEventJson(out, events, e)
    return Buffer.from(out.take()).toString()
  })
}

function recordings(): {
  readonly name: string
  readonly telemetry: TelemetryKind
  readonly bytes: Buffer
}[] {
  return readdirSync(CAPTURES).flatMap((name) =>
    readdirSync(join(CAPTURES, name))
      .filter((file) => /\.(traces|logs)\.pb$/.test(file))
      .map((file) => ({
        name: `${name}/${file}`,
        telemetry: file.includes('.logs.') ? ('logs' as const) : ('traces' as const),
        bytes: readFileSync(join(CAPTURES, name, file)),
      })),
  )
}

for (const [what, spec] of [
  ['trusted', plain],
  ['scrubbed again', SCRUBBED],
] as const)
  test(`events of recorded SDKs that come in again, ${what}, are the same`, () => {
    const [first, again] = [buildChain(spec), buildChain(spec)]
    let events = 0
    for (const { name, telemetry, bytes } of recordings()) {
      run(first, bytes, 'otlp-proto', telemetry)
      const lines = linesOf(first)
      const { verdicts } = run(again, Buffer.from(lines.join('\n')), 'events')
      const [verdict] = verdicts
      assert.ok(
        verdict?.kind === 'accepted' && verdict.rejected === 0,
        `${name}: ${JSON.stringify(verdict)}`,
      )
      for (const [i, line] of linesOf(again).entries())
        assert.deepEqual(JSON.parse(line), JSON.parse(lines[i] as string), name)
      assert.equal(again.events.count, lines.length, name)
      events += lines.length
    }
    assert.ok(events > 100, `${events} events`)
  })

const EVENT = {
  event_id: '00'.repeat(15) + '01',
  tenant_id: 'somebody else',
  project_id: 'theirs',
  trace_id: 'ab'.repeat(16),
  span_id: 'cd'.repeat(8),
  kind: 'llm',
  name: 'a "quoted" name',
  start_time: '@1790000000000000001@',
  input_tokens: 5,
  usage_aggregate: false,
  input_messages: [
    { role: 'user', parts: [{ type: 'text', content: 'mail bob.smith@acme-mail.net' }] },
  ],
  metadata: { note: 'é' },
  attributes: { n: '@12345678901234567890@', text: 'x' },
}
/** Numbers that a double cannot hold are written as they are. */
const json = (value: object): string => JSON.stringify(value).replaceAll(/"@(\d+)@"/g, '$1')
const eventsOf = (chain: Chain, ...values: object[]): Record<string, unknown>[] => {
  run(chain, Buffer.from(values.map(json).join('\n')), 'events')
  return linesOf(chain).map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('the tenant is that of whoever brings the event, and texts are scrubbed', () => {
  const chain = buildChain(SCRUBBED)
  const [event] = eventsOf(chain, EVENT)
  assert.equal(event?.['tenant_id'], 't')
  assert.equal(event?.['project_id'], 'shop')
  assert.equal(event?.['name'], 'a "quoted" name')
  assert.doesNotMatch(JSON.stringify(event), /bob\.smith/)
  assert.deepEqual(event?.['secrets'], { email: 1 })
  const [line = ''] = linesOf(chain)
  assert.match(line, /"start_time":1790000000000000001,/)
  assert.match(line, /"n":12345678901234567890/)
})

test('a field of a newer version is kept among the attributes', () => {
  const [event] = eventsOf(buildChain(plain), { ...EVENT, mood: 'good', moods: [1, { a: 2 }] })
  assert.deepEqual(event?.['attributes'], {
    n: 12345678901234567000,
    text: 'x',
    'observa.event.mood': 'good',
    'observa.event.moods': [1, { a: 2 }],
  })
})

test('what is no event is refused by its line, with the reason, and the others are taken', () => {
  const chain = buildChain(plain)
  const bad: [object | string, RegExp][] = [
    [{ ...EVENT, event_id: 'xyz' }, /event_id is not an id of 32 hex digits/],
    [{ ...EVENT, start_time: 'yesterday' }, /start_time is not a number/],
    [{ ...EVENT, trace_id: undefined }, /It has no trace_id/],
    [{ ...EVENT, input_tokens: '5' }, /input_tokens is not a number/],
    [{ ...EVENT, metadata: [] }, /metadata is not an object/],
    [{ ...EVENT, revision: 3, quality: ['without_content'] }, /without the content of its event/],
    ['{"name": "x', /JSON is not valid/],
    ['[]', /not a JSON object/],
  ]
  for (const [value, reason] of bad) {
    const line = typeof value === 'string' ? value : json(value)
    const { verdicts } = run(chain, Buffer.from(`${json(EVENT)}\n${line}\n`), 'events')
    const [verdict] = verdicts
    assert.ok(verdict?.kind === 'accepted')
    assert.deepEqual([verdict.accepted, verdict.rejected, chain.events.count], [1, 1, 1], line)
    assert.match(verdict.rejectedItems[0]?.reason ?? '', reason)
    assert.equal(verdict.rejectedItems[0]?.item, 2)
  }
})
