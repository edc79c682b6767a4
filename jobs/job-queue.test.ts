// Tests the queue and its workers on a real Postgres: each enqueued job is run once, retried after exact delays, returned at a stop, and
// taken over from a dead worker.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { systemClock } from '../core/clock.ts'
import { Metrics } from '../core/metrics.ts'
import { JOB_SCHEMA } from '../storage/migrations/job-queue.ts'
import { withTenant } from '../storage/postgres/roles.ts'
import { silentLog, startTestPostgres, type TestPostgres } from '../storage/testing/stores.ts'
import {
  type AnyJobHandler,
  defineJobKind,
  type JobHandler,
  type JobKind,
  PermanentJobError,
  type RunningJob,
} from './job-kind.ts'
import {
  DONE,
  ENQUEUED,
  FAILED,
  JOB_METRICS,
  NOT_ENQUEUED,
  RELEASED,
  RETRIED,
} from './job-metrics.ts'
import { JobQueue, JobQueueUnavailableError } from './job-queue.ts'
import { JobWorker } from './job-worker.ts'

let server: TestPostgres
before(async () => {
  server = await startTestPostgres()
})
after(() => server.stop())

interface Numbered {
  readonly n: number
}

let kinds = 0
/** Defines a separate job kind for each test, so that the tests do not influence each other. */
function kindOf(options: { concurrency?: number; timeoutMs?: number; everySeconds?: number } = {}) {
  return defineJobKind<Numbered>({
    name: `test.kind_${++kinds}`,
    payload: z.object({ n: z.number().default(0) }),
    ...options,
  })
}

interface Running {
  readonly queue: JobQueue
  readonly worker: JobWorker
  readonly metrics: Metrics
  stop(drainMs?: number): Promise<void>
}

/** Enqueues a job with the payload of its kind. */
const worked = (
  kind: JobKind<Numbered>,
  run: JobHandler<Numbered>['run'],
): JobHandler<Numbered> => ({ kind, run })

async function start(handlers: readonly AnyJobHandler[], url = server.url): Promise<Running> {
  const metrics = new Metrics()
  metrics.declare(JOB_METRICS)
  const shared = { clock: systemClock, metrics, log: silentLog }
  const allKinds = handlers.map((h) => h.kind)
  const queue = new JobQueue({ ...shared, url, kinds: allKinds, isWorker: true })
  await queue.start()
  const worker = new JobWorker({ ...shared, queue, handlers })
  worker.start()
  return {
    queue,
    worker,
    metrics,
    stop: async (drainMs = 5000) => {
      await worker.stop(drainMs)
      await queue.stop()
    },
  }
}

async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await isTrue())) {
    assert.ok(performance.now() < deadline, what)
    await delay(20)
  }
}

interface Row {
  readonly state: string
  readonly retry_count: number
  readonly deletion_seconds: number
  readonly waits_s: number
}

/** A job as stored in the database. `waits_s` is the time from now until it may run. */
async function rowOf(running: Running, id: string | null): Promise<Row | undefined> {
  const found = await running.queue.pool.query<Row>(
    `SELECT state::text, retry_count, deletion_seconds, extract(epoch FROM start_after - now())::float8 AS waits_s
     FROM ${JOB_SCHEMA}.job WHERE id = $1`,
    [id],
  )
  return found.rows[0]
}

test('a job is worked once, with its payload, the more urgent first', async () => {
  const seen: number[] = []
  const kind = kindOf({ concurrency: 1 })
  const closed = await start([])
  const queue = new JobQueue({
    url: server.url,
    clock: systemClock,
    metrics: closed.metrics,
    log: silentLog,
    kinds: [kind],
    isWorker: false,
  })
  await queue.start()
  for (const n of [1, 2, 3]) await queue.enqueue(kind, { n })
  await queue.enqueue(kind, { n: 9 }, { priority: 5 })
  const running = await start([worked(kind, async ({ payload }) => void seen.push(payload.n))])
  await until(() => seen.length === 4, 'all are worked')
  assert.deepEqual(seen, [9, 1, 2, 3])
  await until(() => running.metrics.value(DONE, `kind="${kind.name}"`) === 4, 'all are counted')
  assert.equal(closed.metrics.value(ENQUEUED, `kind="${kind.name}"`), 4)
  for (const r of [running, closed]) await r.stop()
  await queue.stop()
})

test('of one key only one waits or runs, and another may come when it is done', async () => {
  const kind = kindOf()
  let open = (): void => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const running = await start([{ kind, run: () => gate }])
  const first = await running.queue.enqueue(kind, { n: 1 }, { key: 'a' })
  assert.ok(first !== null)
  assert.equal(await running.queue.enqueue(kind, { n: 2 }, { key: 'a' }), null)
  await until(async () => (await rowOf(running, first))?.state === 'active', 'it runs')
  assert.equal(await running.queue.enqueue(kind, { n: 3 }, { key: 'a' }), null)
  assert.ok((await running.queue.enqueue(kind, { n: 4 }, { key: 'b' })) !== null)
  const label = `kind="${kind.name}",reason="duplicate"`
  assert.equal(running.metrics.value(NOT_ENQUEUED, label), 2)
  open()
  await until(async () => (await rowOf(running, first))?.state === 'completed', 'it ends')
  assert.ok((await running.queue.enqueue(kind, { n: 5 }, { key: 'a' })) !== null)
  await running.stop()
})

test('a job that fails is tried again after exactly 2, 4 and 8 s, then kept for seven days; a completed one for one', async () => {
  const kind = kindOf()
  const handler: JobHandler<Numbered> = {
    kind,
    run: async ({ payload }) => {
      if (payload.n === 0) throw new Error('always')
    },
  }
  const running = await start([handler])
  const failing = await running.queue.enqueue(kind, { n: 0 })
  const good = await running.queue.enqueue(kind, { n: 1 })
  const { boss, pool } = running.queue
  for (const [tries, seconds] of [2, 4, 8].entries()) {
    await until(
      async () => {
        const row = await rowOf(running, failing)
        return row?.state === 'retry' && row.retry_count === tries
      },
      `try ${tries + 1} fails`,
    )
    // The times of the failure and of the next attempt are written by the same statement.
    const found = await pool.query<{ s: number }>(
      `SELECT extract(epoch FROM start_after - started_on)::float8 AS s FROM ${JOB_SCHEMA}.job WHERE id = $1`,
      [failing],
    )
    const waits = found.rows[0]?.s ?? 0
    assert.ok(waits >= seconds && waits < seconds + 1, `waits ${waits} s, not ${seconds}`)
    // The test does not wait for this delay; it moves the time of the job instead.
    await pool.query(`UPDATE ${JOB_SCHEMA}.job SET start_after = now() WHERE id = $1`, [failing])
  }
  await until(async () => (await rowOf(running, failing))?.state === 'failed', 'it fails for good')
  assert.equal((await rowOf(running, failing))?.deletion_seconds, 7 * 86_400)
  assert.equal((await rowOf(running, good))?.state, 'completed')
  assert.equal((await rowOf(running, good))?.deletion_seconds, 86_400)
  assert.equal(running.metrics.value(RETRIED, `kind="${kind.name}"`), 3)
  await until(() => running.metrics.value(FAILED, `kind="${kind.name}"`) === 1, 'it is counted')

  await pool.query(
    `UPDATE ${JOB_SCHEMA}.job SET completed_on = now() - interval '25 hours' WHERE name = $1`,
    [kind.name],
  )
  await boss.supervise(kind.name)
  assert.equal(await rowOf(running, good), undefined, 'completed and a day old')
  assert.equal((await rowOf(running, failing))?.state, 'failed', 'failed and a day old')
  await running.stop()
})

test('a retry is worked at its time without waiting for the next look', async () => {
  const kind = kindOf()
  const at: number[] = []
  const handler: JobHandler<Numbered> = {
    kind,
    run: async () => {
      at.push(performance.now())
      if (at.length === 1) throw new Error('once')
    },
  }
  const running = await start([handler])
  await running.queue.enqueue(kind, { n: 1 })
  await until(() => at.length === 2, 'the second try')
  assert.ok((at[1] ?? 0) - (at[0] ?? 0) >= 1990, 'not before')
  await running.stop()
})

test('what no retry can help fails at once: an error that says so, and a payload of another form', async () => {
  const kind = kindOf()
  const handler: JobHandler<Numbered> = {
    kind,
    run: async () => {
      throw new PermanentJobError('TEST_GONE', 'gone')
    },
  }
  const running = await start([handler])
  const gone = await running.queue.enqueue(kind, { n: 1 })
  await until(async () => (await rowOf(running, gone))?.state === 'failed', 'it fails')
  assert.equal((await rowOf(running, gone))?.retry_count, 0)
  const odd = await running.queue.boss.send(
    kind.name,
    { payload: { n: 'x' } },
    { singletonKey: 'x' },
  )
  await until(async () => (await rowOf(running, odd))?.state === 'failed', 'it fails too')
  const label = `kind="${kind.name}"`
  await until(() => running.metrics.value(FAILED, label) === 2, 'both are counted')
  assert.equal(running.metrics.value(RETRIED, label), 0)
  assert.throws(() => void running.queue.enqueue(kind, { n: 'x' } as unknown as Numbered))
  await running.stop()
})

test('a stop lets running jobs finish, and gives back what does not: no attempt is used up', async () => {
  const kind = kindOf({ concurrency: 2 })
  const ended: number[] = []
  const runs: RunningJob<Numbered>[] = []
  const handler: JobHandler<Numbered> = {
    kind,
    run: async (job) => {
      runs.push(job)
      // The second job ignores its signal and never ends.
      if (job.payload.n === 2) await new Promise(() => {})
      await delay(200)
      ended.push(job.payload.n)
    },
  }
  const running = await start([handler])
  await running.queue.enqueue(kind, { n: 1 })
  const stuck = await running.queue.enqueue(kind, { n: 2 })
  const never = await running.queue.enqueue(
    kind,
    { n: 3 },
    { startAfter: new Date(Date.now() + 1e6) },
  )
  await until(() => runs.length === 2, 'both run')
  await running.worker.stop(1000)
  assert.deepEqual(ended, [1])
  assert.ok(runs.find((r) => r.payload.n === 2)?.signal.aborted)
  const row = await rowOf(running, stuck)
  assert.equal(row?.state, 'retry')
  assert.ok((row?.waits_s ?? 1) <= 0, 'for another worker at once')
  assert.equal((await rowOf(running, never))?.state, 'created')
  assert.equal(running.metrics.value(RELEASED, `kind="${kind.name}"`), 1)
  assert.equal(running.metrics.value(FAILED, `kind="${kind.name}"`), 0)

  const attempts: number[] = []
  const next = await start([{ kind, run: async ({ attempt }) => void attempts.push(attempt) }])
  await until(() => attempts.length === 1, 'another worker takes it')
  assert.deepEqual(attempts, [1])
  await next.stop()
  await running.queue.stop()
})

test('the job of a worker that died is taken back and run by another; the dead one may say nothing any more', async () => {
  const kind = kindOf()
  const running = await start([{ kind, run: async () => {} }])
  await running.worker.stop()
  const { boss, pool } = running.queue
  const id = await running.queue.enqueue(kind, { n: 1 })
  const [taken] = await boss.fetch(kind.name)
  assert.equal(taken?.id, id)
  await pool.query(
    `UPDATE ${JOB_SCHEMA}.job SET heartbeat_on = now() - interval '1 minute' WHERE id = $1`,
    [id],
  )
  await boss.supervise(kind.name)
  const row = await rowOf(running, id)
  assert.equal(row?.state, 'retry')
  assert.ok((row?.waits_s ?? 0) > 1 && (row?.waits_s ?? 9) <= 2, 'after the same 2 s')
  await pool.query(`UPDATE ${JOB_SCHEMA}.job SET start_after = now() WHERE id = $1`, [id])
  const attempts: number[] = []
  const next = await start([{ kind, run: async ({ attempt }) => void attempts.push(attempt) }])
  await until(async () => (await rowOf(running, id))?.state === 'completed', 'it is done')
  assert.deepEqual(attempts, [2])
  await boss.fail(kind.name, [{ id: taken?.id ?? '', retryCount: 0 }])
  assert.equal((await rowOf(running, id))?.state, 'completed')
  await next.stop()
  await running.queue.stop()
})

test('a run that takes too long is aborted and tried again', async () => {
  const kind = kindOf({ timeoutMs: 50 })
  let reason: unknown
  const handler: JobHandler<Numbered> = {
    kind,
    run: async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      reason = signal.reason
      signal.throwIfAborted()
    },
  }
  const running = await start([handler])
  const id = await running.queue.enqueue(kind, { n: 1 })
  await until(async () => (await rowOf(running, id))?.state === 'retry', 'it is tried again')
  assert.match(String(reason), /ran out of time/)
  await running.stop()
})

test('several workers share a queue and repeat what is to be repeated once', async () => {
  const kind = kindOf({ concurrency: 20 })
  const repeated = kindOf({ everySeconds: 86_400 })
  const seen: number[] = []
  let repeats = 0
  const handlers: AnyJobHandler[] = [
    worked(kind, async ({ payload }) => void seen.push(payload.n)),
    { kind: repeated, run: async () => void repeats++ },
  ]
  const all = await Promise.all([start(handlers), start(handlers), start(handlers)])
  const queue = all[0]?.queue
  await Promise.all(Array.from({ length: 500 }, (_, n) => queue?.enqueue(kind, { n })))
  await until(() => seen.length >= 500 && repeats > 0, 'all are worked')
  for (const running of all) await running.stop()
  assert.equal(new Set(seen).size, 500)
  assert.equal(seen.length, 500)
  assert.equal(repeats, 1)
})

test('a job is enqueued with a transaction, or not at all', async () => {
  const kind = kindOf()
  const seen: number[] = []
  const running = await start([worked(kind, async ({ payload }) => void seen.push(payload.n))])
  const within = (n: number, isKept: boolean): Promise<void> =>
    withTenant(
      server.pool,
      'a',
      async (client) => {
        await running.queue.enqueueWithin(client, kind, { n })
        const { rows } = await client.query('SELECT current_user AS who')
        assert.deepEqual(rows, [{ who: 'observa_app' }], 'the role is as it was')
        if (!isKept) throw new Error('undone')
      },
      { readOnly: false },
    )
  await assert.rejects(within(1, false), /undone/)
  await within(2, true)
  await until(() => seen.length > 0, 'it is worked')
  assert.deepEqual(seen, [2])
  await running.stop()
})

test('the queue lets nobody else in, and its role sees nothing but the queue', async () => {
  const running = await start([])
  const asTenant = withTenant(server.pool, 'a', (c) => c.query(`SELECT 1 FROM ${JOB_SCHEMA}.job`))
  await assert.rejects(asTenant, /permission denied/)
  await assert.rejects(running.queue.pool.query('SELECT 1 FROM api_keys'), /permission denied/)
  const { rows } = await running.queue.pool.query('SELECT current_user AS who')
  assert.deepEqual(rows, [{ who: 'observa_jobs' }])
  await running.stop()
})

test('while the database is away jobs are refused with a reason, and nothing stops; afterwards they are worked', async () => {
  const kind = kindOf()
  const seen: number[] = []
  const running = await start([worked(kind, async ({ payload }) => void seen.push(payload.n))])
  const { rows } = await server.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const { recovered } = await server.crash(rows[0]?.pid ?? 0)
  await running.queue.enqueue(kind, { n: 1 }).catch((thrown: unknown) => {
    assert.ok(thrown instanceof JobQueueUnavailableError, String(thrown))
  })
  await recovered()
  await until(async () => {
    await running.queue.enqueue(kind, { n: 2 }).catch(() => null)
    return seen.includes(2)
  }, 'it is worked again')
  await running.stop()
})

test('a start without a database is none: jobs are refused, and a stop works', async () => {
  const kind = kindOf()
  const nowhere = 'postgres://observa:none@127.0.0.1:1/observa'
  const running = await start([{ kind, run: async () => {} }], nowhere)
  assert.equal(running.queue.isOpen, false)
  await assert.rejects(running.queue.enqueue(kind, { n: 1 }), JobQueueUnavailableError)
  await running.stop()
})
