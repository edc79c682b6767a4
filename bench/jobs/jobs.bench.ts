// Measures how many jobs per second are enqueued and run: `node bench/jobs/jobs.bench.ts`. 50 concurrent callers enqueue single jobs, as
// requests would, on the embedded Postgres, and one worker runs jobs that do nothing.

import { performance } from 'node:perf_hooks'
import { z } from 'zod'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { defineJobKind } from '../../jobs/job-kind.ts'
import { JobQueue } from '../../jobs/job-queue.ts'
import { JobWorker } from '../../jobs/job-worker.ts'
import { silentLog, startTestPostgres } from '../../storage/testing/stores.ts'

const JOBS = 10_000
const CALLERS = 50

const kind = defineJobKind({
  name: 'bench.nothing',
  payload: z.object({ n: z.number() }),
  concurrency: 50,
})

const server = await startTestPostgres()
const shared = { clock: systemClock, metrics: new Metrics(), log: silentLog }
const queue = new JobQueue({ ...shared, url: server.url, kinds: [kind], isWorker: true })
await queue.start()

let next = 0
const enqueueSome = async (): Promise<void> => {
  while (next < JOBS) await queue.enqueue(kind, { n: next++ })
}
print('enqueued', await measured(() => Promise.all(Array.from({ length: CALLERS }, enqueueSome))))

let done = 0
let finish = (): void => {}
const finished = new Promise<void>((resolve) => {
  finish = resolve
})
const run = async (): Promise<void> => {
  done++
  if (done === JOBS) finish()
}
const worker = new JobWorker({ ...shared, queue, handlers: [{ kind, run }] })
print(
  'worked',
  await measured(async () => {
    worker.start()
    await finished
  }),
)
await worker.stop()
await queue.stop()
await server.stop()

interface Measured {
  readonly seconds: number
  readonly cpuSeconds: number
}

async function measured(work: () => Promise<unknown>): Promise<Measured> {
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6 }
}

function print(what: string, { seconds, cpuSeconds }: Measured): void {
  const rate = Math.round(JOBS / seconds)
  const cpu = Math.round((cpuSeconds / JOBS) * 1e6)
  process.stdout.write(`${what}: ${rate} jobs/s, ${cpu} µs CPU of this process a job\n`)
}
