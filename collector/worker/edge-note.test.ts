// What an edge instance tells a core about what it has scrubbed, from the chain of the one to that of the other.

import assert from 'node:assert/strict'
import test from 'node:test'
import type { SpanBatch } from '../../core/batch.ts'
import { R } from '../../core/fields.ts'
import type { TelemetryKind } from '../../core/task.ts'
import { scrub } from '../../processors/scrub/index.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { encodeLogs, encodeTraces } from '../../proto/otlp/encode.ts'
import { buildChain } from './build-chain.ts'
import { canonicalizeOnly } from './testing/pipeline-spec.ts'

const config = scrub.schema.parse({})
const settings = await scrub.prepare?.(config, { readFile: async () => '' })
const plain = canonicalizeOnly()
const SPEC = {
  ...plain,
  processors: [{ id: 'scrub', type: 'scrub', settings }, ...plain.processors],
}
const tenant = { tenantId: 't', projectId: 'shop', environment: null, keyId: null }

interface Payload {
  readonly bytes: Uint8Array
  readonly telemetry: TelemetryKind
}

/** Scrubs and canonicalizes, as a pipeline does; the secrets and ids of all events. */
function processed(
  payloads: readonly Payload[],
  format: 'otlp-json' | 'otlp-proto',
  isFromEdge: boolean,
) {
  const chain = buildChain(SPEC)
  const request = { encoding: 'identity', format, tenant, receivedAtMs: 1 } as const
  const requests = payloads.map(({ bytes: payload, telemetry }) => ({
    ...request,
    payload,
    telemetry,
    isFromEdge,
  }))
  const { verdicts } = chain.run({ requests, corrections: [] })
  assert.ok(verdicts.every((v) => v.kind === 'accepted'))
  const { events, batch } = chain
  const of = (read: (event: number) => string): string[] =>
    Array.from({ length: events.count }, (_, e) => read(e)).toSorted()
  return {
    batch,
    found: of((e) => events.text(e, R.secrets) ?? 'null'),
    ids: of((e) => `${events.hex(e, R.event_id)} ${events.text(e, R.event_type)}`),
  }
}

/** The spans and the log records as the `kafka` exporter sends them. */
function sent(batch: SpanBatch): Payload[] {
  return (['traces', 'logs'] as const).map((telemetry) => {
    const out = new ByteWriter()
    const encode = telemetry === 'logs' ? encodeLogs : encodeTraces
    encode(out, batch, null, undefined, true)
    return { bytes: out.take(), telemetry }
  })
}

test('a core is told what an edge has removed, and gives log records the ids that the edge would give them', () => {
  const secrets = {
    'app.mail': 'ann.smith@company.dev and bob@company.dev',
    'app.other': 'nothing',
  }
  const attributes = Object.entries(secrets).map(([key, stringValue]) => ({
    key,
    value: { stringValue },
  }))
  const ids = { traceId: '1'.repeat(32), spanId: '2'.repeat(16) }
  const span = { ...ids, name: 'chat x', startTimeUnixNano: '1', endTimeUnixNano: '2' }
  const record = {
    ...ids,
    timeUnixNano: '1',
    body: { stringValue: 'mail to ann.smith@company.dev' },
  }
  const resource = (mail: string) => ({
    attributes: [{ key: 'owner', value: { stringValue: mail } }],
  })
  const spans = JSON.stringify({
    resourceSpans: [
      { resource: resource('none'), scopeSpans: [{ spans: [{ ...span, attributes }] }] },
      // Not edited itself: the secret is in its resource.
      {
        resource: resource('carl@company.dev'),
        scopeSpans: [{ spans: [{ ...span, spanId: '3'.repeat(16) }] }],
      },
      {
        resource: resource('none'),
        scopeSpans: [{ spans: [{ ...span, spanId: '4'.repeat(16) }] }],
      },
    ],
  })
  const logs = JSON.stringify({
    resourceLogs: [{ resource: resource('none'), scopeLogs: [{ logRecords: [record] }] }],
  })
  const payloads: Payload[] = [
    { bytes: Buffer.from(spans), telemetry: 'traces' },
    { bytes: Buffer.from(logs), telemetry: 'logs' },
  ]
  const edge = processed(payloads, 'otlp-json', false)
  assert.deepEqual(edge.found, ['null', '{"email":1}', '{"email":1}', '{"email":2}'])
  const messages = sent(edge.batch)
  const core = processed(messages, 'otlp-proto', true)
  assert.deepEqual([core.found, core.ids], [edge.found, edge.ids])
  // Who is not known to be an edge is not believed.
  assert.deepEqual(new Set(processed(messages, 'otlp-proto', false).found), new Set(['null']))
})
