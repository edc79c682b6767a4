// Measures the job queue beside ingest on one embedded Postgres: `node bench/jobs/jobs-under-load.bench.ts [seconds]`. An instance with
// embedded stores takes 2,000 spans/s, while another process enqueues 1,000 jobs/s one by one, as requests would, and works them.

import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { defineJobKind } from '../../jobs/job-kind.ts'
import { JobQueue } from '../../jobs/job-queue.ts'
import { JobWorker } from '../../jobs/job-worker.ts'
import { runningPostgresUrl } from '../../storage/postgres/engine/engine.ts'
import { silentLog } from '../../storage/testing/stores.ts'
import { openBench } from '../measure.ts'
import { makeContext, openLoop, warmUp } from '../scenario.ts'
import { chooseSubjects } from '../subjects.ts'

const SPANS_PER_S = 2000
const JOBS_PER_S = 1000
const TICK_MS = 20
const DRAIN_MS_MAX = 60_000
const seconds = Number(process.argv[2] ?? 20)

const kind = defineJobKind({
  name: 'bench.nothing',
  payload: z.object({ n: z.number() }),
  concurrency: 50,
})

const context = makeContext({
  seconds,
  warmUpSpans: 20_000,
  rounds: 1,
  minutes: 1,
  rate: SPANS_PER_S,
  connections: 2,
  spansPerRequest: 50,
  requests: 64,
  events: 1,
  layout: 'shared',
  seed: 1,
  form: 'protobuf',
  subjects: [],
})
const [subject] = chooseSubjects([], ['observa-embedded'])
if (subject === undefined) throw new Error('there is no subject observa-embedded')
const bench = await openBench(subject, 'shared', warmUp(context))
try {
  const dataDir = `${bench.running.dataDir}/postgres`
  const url = await runningPostgresUrl(dataDir)
  if (url === null) throw new Error(`no Postgres runs in ${dataDir}`)
  await measure(url)
} finally {
  await bench.stop()
}

async function measure(url: string): Promise<void> {
  const shared = { clock: systemClock, metrics: new Metrics(), log: silentLog }
  const queue = new JobQueue({ ...shared, url, kinds: [kind], isWorker: true })
  await queue.start()
  let worked = 0
  let enqueued = 0
  let failed = 0
  const worker = new JobWorker({
    ...shared,
    queue,
    handlers: [
      {
        kind,
        run: async () => {
          worked++
        },
      },
    ],
  })
  worker.start()
  let isOver = false
  const latencies: number[] = []
  const startedAt = performance.now()
  const enqueueing = (async () => {
    let due = 0
    const open = new Set<Promise<unknown>>()
    while (!isOver) {
      const wanted = Math.floor(((performance.now() - startedAt) / 1000) * JOBS_PER_S)
      for (; due < wanted; due++) {
        const at = performance.now()
        const one = queue.enqueue(kind, { n: due }).then(
          () => {
            enqueued++
            latencies.push(performance.now() - at)
          },
          () => {
            failed++
          },
        )
        open.add(one)
        void one.finally(() => open.delete(one))
      }
      await sleep(TICK_MS)
    }
    await Promise.all(open)
  })()
  const load = await bench.measure(openLoop(context, false))
  const elapsed = (performance.now() - startedAt) / 1000
  const inTime = { enqueued, worked }
  isOver = true
  await enqueueing
  const deadline = performance.now() + DRAIN_MS_MAX
  while (worked < enqueued && performance.now() < deadline) await sleep(TICK_MS)
  const drained = (performance.now() - startedAt) / 1000
  await worker.stop()
  await queue.stop()
  const sorted = latencies.toSorted((a, b) => a - b)
  const p = (share: number): string => (sorted[Math.floor(share * sorted.length)] ?? 0).toFixed(0)
  const lines = [
    `ingest: ${load.load.spansPerS.toFixed(0)} spans/s accepted of ${SPANS_PER_S}, p99 ${load.load.latencyMs.p99.toFixed(0)} ms, ${load.lost} lost`,
    `enqueued: ${(inTime.enqueued / elapsed).toFixed(0)} jobs/s of ${JOBS_PER_S}, p50 ${p(0.5)} ms, p95 ${p(0.95)} ms, ${failed} refused`,
    `worked: ${(inTime.worked / elapsed).toFixed(0)} jobs/s beside it; all ${worked} of ${enqueued} after ${drained.toFixed(0)} s`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
