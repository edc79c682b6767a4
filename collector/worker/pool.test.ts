// The pool with real threads: what a thread may be in the middle of when it is ended.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Metrics } from '../../core/metrics.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { DEFAULT_LIMITS } from '../../proto/decode.ts'
import { silentLog } from '../../storage/testing/stores.ts'
import { WorkerPool } from './pool.ts'
import { TaskDeadline } from './task-deadline.ts'

const CLOSER = join(import.meta.dirname, 'testing/close-while-starting.ts')

// In a process of its own, because what it guards against ends the process: without the guard about every second time.
const EMPTY_REQUEST = {
  payload: Buffer.from('{}'),
  encoding: 'identity',
  format: 'otlp-json',
  telemetry: 'traces',
  tenant: DEFAULT_TENANT,
  receivedAtMs: 0,
} as const

test('threads that still start when the pool is closed do not take the process with them', async () => {
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; out: string; err: string }>()
  execFile(process.execPath, [CLOSER], (error, out, err) =>
    resolve({ code: error?.signal ?? error?.code ?? 0, out, err }),
  )
  const { code, out, err } = await promise
  assert.deepEqual({ code, out }, { code: 0, out: 'closed' }, err)
})

test('the start of a thread is no part of the time that a task has, and the thread steps back for others', async (t) => {
  const pipeline = { id: 'p', processors: [], encoders: [], limits: DEFAULT_LIMITS, explain: false }
  const settings = {
    workers: 1,
    taskBytesMax: 1 << 20,
    taskRequestsMax: 16,
    // A thread loads its modules for longer than that, and the task then takes a few milliseconds.
    taskTimeoutMs: 300,
    heapMiB: 128,
  }
  const pool = new WorkerPool(
    settings,
    { pipelines: [pipeline] },
    async () => ({ ok: true }),
    new Metrics(),
    silentLog,
  )
  t.after(() => pool.close())
  const shared = await pool.submit(0, EMPTY_REQUEST, { decodedBytes: 2, isGone: () => false })
  assert.equal(shared?.task.result.verdicts[0]?.kind, 'accepted')
  if (process.platform !== 'linux') return
  const own = getPriority()
  const nices = readdirSync('/proc/self/task').map((id) => getPriority(Number(id)))
  assert.deepEqual(
    nices.filter((nice) => nice !== own),
    [Math.min(19, own + 5)],
    'the worker leaves a busy processor to the other threads',
  )
})

const MIB = 1 << 20

/** A pool of two workers that does nothing with requests, and the number of its tasks. */
async function emptyPool(t: TestContext): Promise<{ pool: WorkerPool; tasks: () => number }> {
  const metrics = new Metrics()
  const settings = {
    workers: 2,
    taskBytesMax: 4 * MIB,
    taskRequestsMax: 64,
    taskTimeoutMs: 60_000,
    heapMiB: 128,
  }
  const pipeline = { id: 'p', processors: [], encoders: [], limits: DEFAULT_LIMITS, explain: false }
  const commit = (): Promise<{ ok: true }> => Promise.resolve({ ok: true })
  const pool = new WorkerPool(settings, { pipelines: [pipeline] }, commit, metrics, silentLog)
  await pool.warm()
  t.after(() => pool.close())
  return { pool, tasks: () => metrics.value('observa_worker_tasks_total', 'kind="first"') }
}

function submitted(pool: WorkerPool, decodedBytes = 100): ReturnType<WorkerPool['submit']> {
  return pool.submit(0, EMPTY_REQUEST, { decodedBytes, isGone: () => false })
}

test('small requests of one turn of the event loop are one task, and large ones are for all workers that are idle', async (t) => {
  const { pool, tasks } = await emptyPool(t)
  const small = Array.from({ length: 12 }, () => submitted(pool))
  assert.equal(tasks(), 0)
  const shared = await Promise.all(small)
  assert.equal(tasks(), 1)
  assert.deepEqual(
    shared.map((s) => s?.index),
    shared.map((_, i) => i),
  )
  await pool.settled()
  await Promise.all([submitted(pool, MIB), submitted(pool, MIB)])
  assert.equal(tasks(), 3)
})

/** The turn of the event loop in which what was submitted is dispatched, and the next one. */
async function turns(): Promise<void> {
  for (let n = 0; n < 2; n++) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Takes a thread tens of milliseconds. */
function longTask(pool: WorkerPool, decodedBytes: number): ReturnType<WorkerPool['submit']> {
  const spans = Array.from({ length: 20_000 }, () => ({ name: 'not a span', attributes: [{}, {}] }))
  const text = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
  const request = { ...EMPTY_REQUEST, payload: Buffer.from(text) }
  return pool.submit(0, request, { decodedBytes, isGone: () => false })
}

test('little work waits for a small task instead of being many, and not for one that takes long', async (t) => {
  const { pool, tasks } = await emptyPool(t)
  const order: string[] = []
  const first = longTask(pool, 100).then(() => order.push('long'))
  await turns()
  const others: Promise<unknown>[] = []
  for (let n = 0; n < 4; n++) {
    others.push(submitted(pool).then(() => order.push('held')))
    await turns()
  }
  assert.equal(tasks(), 1)
  await Promise.all([first, ...others])
  assert.equal(tasks(), 2)
  assert.deepEqual(order, ['held', 'held', 'held', 'held', 'long'])
})

test('more than a little work waits for no other task', async (t) => {
  const { pool, tasks } = await emptyPool(t)
  const first = longTask(pool, MIB)
  await turns()
  const second = submitted(pool)
  await turns()
  assert.equal(tasks(), 2)
  await Promise.all([first, second])
})

test('a task that hangs in a thread that has started is late after its time, and not before', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const start = Promise.withResolvers<void>()
  let hasStarted = false
  const deadline = new TaskDeadline(100, {
    areSettled: () => hasStarted,
    settled: () => start.promise,
  })
  t.mock.timers.tick(1000)
  assert.equal(deadline.signal.aborted, false, 'it has no thread yet')
  hasStarted = true
  start.resolve()
  await start.promise
  t.mock.timers.tick(99)
  assert.equal(deadline.signal.aborted, false)
  t.mock.timers.tick(1)
  assert.equal(deadline.signal.aborted, true)
  const other = new TaskDeadline(100, { areSettled: () => true, settled: () => start.promise })
  t.mock.timers.tick(100)
  assert.equal(other.signal.aborted, true)
})
