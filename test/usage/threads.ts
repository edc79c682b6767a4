// Requests through the real worker pool, ledger and log, all at once; what the log then holds for an exporter.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pipeline } from '../../collector/intake/pipeline.ts'
import { UsageLedger } from '../../collector/ledger/ledger.ts'
import { DurableLog } from '../../collector/log/log.ts'
import { WorkerPool } from '../../collector/worker/pool.ts'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { withRevision } from '../../core/reports/revised-fields.ts'
import type { TaskRequest } from '../../core/task.ts'
import { silentLog } from '../../storage/testing/stores.ts'
import { type Event, SPEC } from './stream.ts'

const NOW = { decodedBytes: 1000, isGone: () => false }

const WORKERS = 3
const quiet = { info: () => {}, warn: () => {}, error: () => {} }
const spec = { ...SPEC, encoders: [{ id: 'file', type: 'file', settings: { signals: false } }] }

/** The events that were stored. Tasks are small, so that many of them overtake each other. */
export async function inThreads(requests: readonly TaskRequest[]): Promise<Event[]> {
  const metrics = new Metrics()
  const dir = await mkdtemp(join(tmpdir(), 'observa-usage-'))
  const log = await DurableLog.open({
    dir,
    clock: systemClock,
    metrics,
    log: quiet,
    durability: 'buffered',
    freeBytesMin: 0,
  })
  const pipeline = new Pipeline({
    id: SPEC.id,
    index: 0,
    log,
    ledger: new UsageLedger(),
    metrics,
    clock: systemClock,
    jsonExporter: 'file',
  })
  const pool = new WorkerPool(
    {
      workers: WORKERS,
      taskBytesMax: 1 << 20,
      taskRequestsMax: 2,
      taskTimeoutMs: 60_000,
      heapMiB: 128,
    },
    { pipelines: [spec] },
    (_, task) => pipeline.finish(task),
    metrics,
    silentLog,
  )
  pipeline.pool = pool
  try {
    const verdicts = await Promise.all(requests.map((r) => pipeline.accept(r, NOW)))
    const refused = verdicts.find((v) => v.kind !== 'accepted')
    if (refused !== undefined) throw new Error(`not accepted: ${JSON.stringify(refused)}`)
    return await linesOf(log)
  } finally {
    await pool.close()
    await log.close()
    await rm(dir, { recursive: true, force: true })
  }
}

/** The events as a reader of the file sees them who uses the highest revision of each event. */
async function linesOf(log: DurableLog): Promise<Event[]> {
  const reader = log.reader(0n)
  const events = new Map<unknown, Event>()
  try {
    for (let r = await reader.poll(); r !== null; r = await reader.poll())
      for (const part of r.parts)
        for (const line of Buffer.from(part.bytes).toString().trimEnd().split('\n'))
          addLine(events, JSON.parse(line) as Event)
  } finally {
    await reader.close()
  }
  return [...events.values()]
}

function addLine(events: Map<unknown, Event>, line: Event): void {
  const id = line['event_id']
  const known = events.get(id)
  events.set(id, known === undefined ? line : withRevision(known, line))
}
