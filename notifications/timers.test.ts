// The timers of groups over hours, with a clock that the test moves: the wait, the interval, the repetition of what goes on, a mute that ends.
// With a real Postgres and job queue; nothing is delivered.

import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { Clock } from '../core/clock.ts'
import { Metrics } from '../core/metrics.ts'
import { JOB_METRICS } from '../jobs/job-metrics.ts'
import { JobQueue } from '../jobs/job-queue.ts'
import { silentLog, startTestPostgres, type TestPostgres } from '../storage/testing/stores.ts'
import { DELIVER } from './deliver.ts'
import { NOTIFICATION_METRICS } from './notification-metrics.ts'
import { Planner } from './planner.ts'
import { occur, setStatus } from './testing/issues.ts'
import { addTenant, deliveriesOf, makeTarget } from './testing/notified-tenant.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

let server: TestPostgres
before(async () => {
  server = await startTestPostgres()
})
after(() => server.stop())

class MovedClock implements Clock {
  ms = Date.parse('2026-11-27T08:00:00Z')
  nowMs = (): number => this.ms
  monotonicMs = (): number => this.ms
  sleep = (): Promise<void> => Promise.resolve()
}

let tenants = 0

async function started(t: TestContext, timing: Record<string, unknown>) {
  const clock = new MovedClock()
  const tenant = `timers-${++tenants}`
  await addTenant(server, tenant)
  await makeTarget(server, tenant, { kind: 'webhook', url: 'https://example.com', timing })
  const metrics = new Metrics()
  metrics.declare([...JOB_METRICS, ...NOTIFICATION_METRICS])
  const queue = new JobQueue({
    url: server.url,
    clock,
    metrics,
    log: silentLog,
    kinds: [DELIVER],
    isWorker: false,
  })
  await queue.start()
  t.after(() => queue.stop())
  const planner = new Planner({
    pool: server.pool,
    queue,
    clock,
    metrics,
    log: silentLog,
    inhibitions: [],
  })
  /** Time goes on, second by second as far as that matters, and what was planned meanwhile is told. */
  const pass = async (ms: number): Promise<string[]> => {
    const known = new Set((await deliveriesOf(server, tenant)).map((d) => d.delivery_id))
    const end = clock.ms + ms
    const step = Math.max(SECOND, Math.floor(ms / 40))
    while (clock.ms < end) {
      clock.ms = Math.min(end, clock.ms + step)
      while (await planner.round());
    }
    const planned = await deliveriesOf(server, tenant)
    return planned.filter((d) => !known.has(d.delivery_id)).map((d) => d.reason)
  }
  const again = (id: string): Promise<void> => occur(server, { tenant, id, atMs: clock.ms })
  return { tenant, clock, pass, again }
}

test('a group waits, and is told again after its interval at the earliest', async (t) => {
  const timing = { group_wait_ms: 30 * SECOND, group_interval_ms: 5 * MINUTE }
  const { pass, again } = await started(t, timing)
  await again('v1-a')
  assert.deepEqual(await pass(28 * SECOND), [])
  assert.deepEqual(await pass(3 * SECOND), ['issues'])
  // Another issue of the group comes half a minute later: it waits for the interval, not for the wait alone.
  await again('v1-b')
  assert.deepEqual(await pass(4 * MINUTE), [])
  assert.deepEqual(await pass(2 * MINUTE), ['issues'])
  // After a quiet time it waits as the first one did.
  await pass(20 * MINUTE)
  await again('v1-c')
  assert.deepEqual(await pass(25 * SECOND), [])
  assert.deepEqual(await pass(10 * SECOND), ['issues'])
})

test('what still occurs is told again after the interval of repetition, and no more when it is over', async (t) => {
  const timing = { group_wait_ms: 0, group_interval_ms: 0, repeat_interval_ms: 4 * HOUR }
  const { tenant, pass, again } = await started(t, timing)
  await again('v1-r')
  assert.deepEqual(await pass(MINUTE), ['issues'])
  await pass(HOUR)
  await again('v1-r')
  assert.deepEqual(await pass(2 * HOUR), [])
  assert.deepEqual(await pass(2 * HOUR), ['repeat'])
  // Nothing came since.
  assert.deepEqual(await pass(9 * HOUR), [])
  await again('v1-r')
  assert.deepEqual(await pass(4 * HOUR + MINUTE), ['repeat'])
  await setStatus(server, tenant, 'v1-r', 'acknowledged')
  assert.deepEqual(await pass(MINUTE), ['issues'])
  await again('v1-r')
  assert.deepEqual(await pass(9 * HOUR), [])
})

test('quiet hours hold what is not excepted until they end', async (t) => {
  const timing = {
    group_wait_ms: 0,
    group_interval_ms: 0,
    quiet_hours: { from: '09:00', to: '10:00', except: [] },
  }
  const { clock, pass, again } = await started(t, timing)
  await pass(HOUR + MINUTE)
  await again('v1-q')
  assert.deepEqual(await pass(50 * MINUTE), [])
  assert.deepEqual(await pass(15 * MINUTE), ['issues'])
  assert.equal(new Date(clock.ms).toISOString(), '2026-11-27T10:06:00.000Z')
})
