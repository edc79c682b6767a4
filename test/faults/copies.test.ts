// A request is sent again while the first one is still being written. A 200 may be sent only when the data is durable. The
// syncs and writes of a real process are delayed or made to fail.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Instance, until } from '../instance.ts'
import { DiskFaults, type Fault } from './disk-faults.ts'

const missing = DiskFaults.missing()
const options = missing === null ? {} : { skip: missing }
const COPIES = 3

interface Setting {
  readonly dir: string
  readonly faults: DiskFaults
  readonly instance: Instance
}

async function setting(t: TestContext): Promise<Setting> {
  const dir = await Instance.directory(t, 'copies')
  const faults = new DiskFaults(dir, '/data/queue/')
  await faults.set()
  const instance = await Instance.start({
    dir,
    env: faults.env,
    config: 'workers: { count: 2 }',
  })
  // The first request creates what exists only once, such as the segment file.
  assert.equal((await instance.post('/v1/traces', body('warm', 1))).status, 200)
  return { dir, faults, instance }
}

function body(name: string, spans: number): string {
  const hex = (n: number, digits: number): string =>
    (Buffer.from(name).toString('hex') + n.toString(16).padStart(4, '0'))
      .padStart(digits, 'a')
      .slice(-digits)
  const list = Array.from({ length: spans }, (_, i) => ({
    traceId: hex(0, 32),
    spanId: hex(i + 1, 16),
    name,
    startTimeUnixNano: '1790000000000000000',
    endTimeUnixNano: '1790000000100000000',
  }))
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: list }] }] })
}

class Sent {
  readonly answers: (number | 'cut')[] = []
  readonly done: Promise<unknown>

  constructor(instance: Instance, bodies: readonly string[]) {
    const send = async (b: string): Promise<void> => {
      const res = await instance.post('/v1/traces', b).catch(() => null)
      this.answers.push(res?.status ?? 'cut')
    }
    this.done = Promise.all(bodies.map(send))
  }
}

/** Sends a request whose record cannot become durable, then copies of it, until all have been processed. */
async function sentTwice(instance: Instance, first: string, copies: readonly string[]) {
  const known = await instance.metric('observa_pipeline_resent_items_total')
  const tasks = await instance.metric('observa_worker_tasks_total')
  const original = new Sent(instance, [first])
  await until(
    async () => (await instance.metric('observa_usage_ledger_open_commits')) > 0,
    'appending',
  )
  const again = new Sent(instance, copies)
  await until(
    async () =>
      (await instance.metric('observa_pipeline_resent_items_total')) >= known + copies.length,
    'recognised as copies',
  )
  assert.ok((await instance.metric('observa_worker_tasks_total')) > tasks)
  return { original, again }
}

async function delivered(instance: Instance, name: string): Promise<number> {
  await instance.drained()
  return (await instance.events()).filter((e) => e['name'] === name).length
}

test(
  'no copy of a request is acknowledged while the request is being synced',
  options,
  async (t) => {
    const { faults, instance } = await setting(t)
    await faults.set('hold-sync')
    const first = body('held', 2)
    const { original, again } = await sentTwice(instance, first, Array(COPIES).fill(first))
    // The health check is answered by the same process after everything it had to answer before.
    await fetch(instance.url('/health', 'http'))
    assert.deepEqual([...original.answers, ...again.answers], [])
    await faults.set()
    await Promise.all([original.done, again.done])
    assert.deepEqual([...original.answers, ...again.answers], Array(COPIES + 1).fill(200))
    assert.equal(await delivered(instance, 'held'), 2)
  },
)

test(
  'after a kill during the write of a request, the answers given to its copies are true',
  options,
  async (t) => {
    const { dir, faults, instance } = await setting(t)
    await faults.set('hold-write')
    const first = body('killed', 2)
    const { original, again } = await sentTwice(instance, first, [first])
    await instance.kill('SIGKILL')
    await Promise.all([original.done, again.done])
    const acknowledged = [...original.answers, ...again.answers].includes(200)
    await faults.set()
    const next = await Instance.start({ dir })
    const events = await delivered(next, 'killed')
    assert.ok(!acknowledged || events === 2, 'acknowledged and lost')
    assert.equal((await next.post('/v1/traces', first)).status, 200)
    assert.equal(await delivered(next, 'killed'), 2)
  },
)

async function allRefused(t: TestContext, hold: Fault, fail: Fault): Promise<void> {
  const { faults, instance } = await setting(t)
  await faults.set(hold)
  const first = body('refused', 2)
  const { original, again } = await sentTwice(instance, first, Array(COPIES).fill(first))
  await faults.set(fail)
  await Promise.all([original.done, again.done])
  assert.deepEqual([...original.answers, ...again.answers], Array(COPIES + 1).fill(503))
  assert.ok(instance.isAlive)
}

test('when the disk is full, a request and its copies are all refused', options, (t) =>
  allRefused(t, 'hold-write', 'fail-write'),
)

test('when the sync fails for good, a request and its copies are all refused', options, (t) =>
  allRefused(t, 'hold-sync', 'fail-sync'),
)

test(
  'a part of a request, sent while that request is being written and then refused, is refused too and stored later',
  options,
  async (t) => {
    const { faults, instance } = await setting(t)
    await faults.set('hold-write')
    const { original, again } = await sentTwice(instance, body('part', 4), [body('part', 1)])
    await faults.set('fail-write')
    await Promise.all([original.done, again.done])
    assert.deepEqual([...original.answers, ...again.answers], [503, 503])
    await faults.set()
    let status = 0
    const isTaken = async (): Promise<boolean> => {
      status = (await instance.post('/v1/traces', body('part', 1))).status
      return status !== 503
    }
    await until(isTaken, 'taken again')
    assert.equal(status, 200)
    assert.equal(await delivered(instance, 'part'), 1)
  },
)

test('readiness is 503 with the reason while the queue is read-only', options, async (t) => {
  const { faults, instance } = await setting(t)
  const ready = async (): Promise<{ status: number; reasons?: string[] }> => {
    const res = await fetch(instance.url('/health/ready', 'http'))
    return { ...((await res.json()) as object), status: res.status }
  }
  assert.equal((await ready()).status, 200)
  await faults.set('fail-sync')
  assert.equal((await instance.post('/v1/traces', body('readonly', 1))).status, 503)
  const { status, reasons } = await ready()
  assert.equal(status, 503)
  assert.match(reasons?.join() ?? '', /read-only/)
  assert.equal((await fetch(instance.url('/health', 'http'))).status, 200)
})
