// What is found in events that come again, or in two reports of one call: the same signals, in any order and however often they come.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import type { Signal } from '../../core/signals/signal.ts'
import type { TelemetryKind } from '../../core/task.ts'
import { scrub } from '../../processors/scrub/index.ts'
import { signalsSchema } from '../../processors/signals/index.ts'
import { UsageLedger } from '../ledger/ledger.ts'
import { buildChain } from './build-chain.ts'
import { canonicalizeOnly } from './testing/pipeline-spec.ts'

/** A call with a mail address in its messages, as a span and as the log record of the span. */
const DIR = join(import.meta.dirname, '../../test/captures/official_latest')
const FILES: Readonly<Record<'span' | 'log', readonly [TelemetryKind, Buffer]>> = {
  span: ['traces', readFileSync(join(DIR, '001.traces.pb'))],
  log: ['logs', readFileSync(join(DIR, '002.logs.pb'))],
}
const tenant = { tenantId: 't', projectId: 'shop', environment: null, keyId: null }
const settings = await scrub.prepare?.(scrub.schema.parse({}), { readFile: async () => '' })
const plain = canonicalizeOnly()
const SPEC = {
  ...plain,
  processors: [
    { id: 'scrub', type: 'scrub', settings },
    ...plain.processors,
    { id: 'signals', type: 'signals', settings: signalsSchema.parse({}) },
  ],
}

/** The signals that are stored, one request after the other. */
function found(order: readonly (keyof typeof FILES)[]): Signal[][] {
  const chain = buildChain(SPEC)
  const ledger = new UsageLedger()
  return order.map((which) => {
    const [telemetry, payload] = FILES[which]
    const request = {
      payload,
      telemetry,
      encoding: 'identity',
      format: 'otlp-proto',
      tenant,
      receivedAtMs: 1,
    } as const
    let result = chain.run({ requests: [request], corrections: [] })
    const corrections = ledger.check(result.facts)
    if (corrections.length > 0) result = chain.run({ requests: [request], corrections })
    ledger.commit(result.facts)
    return [...chain.signals]
  })
}

const idsOf = (signals: readonly Signal[][]): string[] =>
  [...new Set(signals.flat().map((s) => s.signal_id))].toSorted()

test('an event that comes again raises no signal', () => {
  const [span = [], log = [], ...again] = found(['span', 'log', 'span', 'log'])
  assert.ok(span.some((s) => s.type === 'pii_detected'))
  assert.ok(log.some((s) => s.type === 'pii_detected'))
  assert.deepEqual(again, [[], []])
})

test('the span of a call and its log record give the same signals, whichever comes first', () => {
  const expected = idsOf(found(['span', 'log']))
  assert.deepEqual(idsOf(found(['log', 'span'])), expected)
  assert.deepEqual(idsOf(found(['log', 'log', 'span', 'log'])), expected)
})
