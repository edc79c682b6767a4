// What the benchmarks of this folder have in common: a Postgres with senders of the exporter, and priced calls to send.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../core/clock.ts'
import type { EventTable } from '../../../core/event.ts'
import { N, R } from '../../../core/fields.ts'
import { Metrics } from '../../../core/metrics.ts'
import type { EncodedPart } from '../../../core/task.ts'
import { silentLog, startTestPostgres } from '../../../storage/testing/stores.ts'
import { encoder } from '../encode.ts'
import { postgres } from '../index.ts'
import { serverSeconds } from './server-seconds.ts'

export interface BenchSender {
  /** Stores the parts as one batch. Rejects when they were not stored. */
  send(parts: readonly EncodedPart[]): Promise<void>
  stop(): Promise<void>
}

/** Cost of an event in µs: CPU in the collector and in the server, and time until all batches were stored. */
export interface CostOfEvent {
  readonly collectorUs: number
  readonly serverUs: number
  readonly waitedUs: number
}

export async function startBenchStore() {
  const server = await startTestPostgres()
  const dataDir = mkdtempSync(join(tmpdir(), 'observa-postgres-bench-'))
  let sequence = 0n
  return {
    pool: server.pool,
    async sender(id: string): Promise<BenchSender> {
      const sender = await postgres.createSender(postgres.schema.parse({ url: server.url }), {
        id,
        log: silentLog,
        metrics: new Metrics(),
        clock: systemClock,
        random: Math.random,
        dataDir,
        progress: () => {},
      })
      const never = new AbortController().signal
      await sender.start(never)
      return {
        async send(parts) {
          sequence++
          const batchId = sequence.toString(16).padStart(32, '0')
          const batch = { batchId, firstSequence: sequence, lastSequence: sequence, parts }
          const verdict = await sender.send(batch, never)
          if (verdict.kind !== 'sent') throw new Error(JSON.stringify(verdict))
        },
        stop: () => sender.stop(),
      }
    },
    /** Sends the batches, which have `events` events in all. */
    async costOf(
      sender: BenchSender,
      batches: readonly (readonly EncodedPart[])[],
      events: number,
    ): Promise<CostOfEvent> {
      const cpu = process.cpuUsage()
      const before = serverSeconds(server.dataDir)
      const startedAt = performance.now()
      for (const parts of batches) await sender.send(parts)
      const waitedMs = performance.now() - startedAt
      const { user, system } = process.cpuUsage(cpu)
      return {
        collectorUs: (user + system) / events,
        serverUs: ((serverSeconds(server.dataDir) - before) * 1e6) / events,
        waitedUs: (waitedMs * 1000) / events,
      }
    },
    async stop(): Promise<void> {
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Makes the event a priced call of the trace; null is a call without a trace. */
export function setCall(events: EventTable, event: number, traceId: Uint8Array | null): void {
  if (traceId === null) events.clear(event, R.trace_id)
  else events.setRange(event, R.trace_id, events.arena.append(traceId), 16)
  events.setText(event, R.kind, 'llm')
  events.setText(event, R.response_model, 'gpt-x')
  events.setNum(event, N.input_tokens, 10)
  events.setNum(event, N.output_tokens, 5)
  events.setNum(event, N.total_tokens, 15)
  events.setNum(event, N.cost_usd, 0.25)
  events.setNum(event, N.usage_aggregate, 0)
}

/** The parts that a worker makes of the events. */
export function partsOf(events: EventTable): EncodedPart[] {
  const ctx = { count: () => {}, signal: () => {}, signals: [], explain: false }
  const batch = { batch: events.batch, events, signals: [] }
  return encoder('postgres', {}).encode(batch, new Set(), ctx)
}
