// Tests quotas on a real Postgres: whatever instances do and however they end, they never accept more than the limit, and the counters
// equal the accepted events.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../core/clock.ts'
import { Metrics } from '../core/metrics.ts'
import type { QuotaHold, QuotaRefusal } from '../core/quota.ts'
import { type QuotaLimits, usageOf, writeQuota } from '../storage/control/quotas.ts'
import { insertProject, insertTenant } from '../storage/control/tenants.ts'
import { withRole } from '../storage/postgres/roles.ts'
import { silentLog, startTestPostgres, type TestPostgres } from '../storage/testing/stores.ts'
import { QUOTA_METRICS, QuotaKeeper } from './quota-keeper.ts'
import { NO_LIMITS } from './quotas.ts'

let server: TestPostgres
before(async () => {
  server = await startTestPostgres()
})
after(() => server.stop())

let projects = 0
async function project(limits: Partial<QuotaLimits>): Promise<string> {
  const id = `p${++projects}`
  await withRole(server.pool, 'observa_control', async (client) => {
    await insertTenant(client, 'acme', 'acme')
    await insertProject(client, 'acme', id, id)
    await writeQuota(client, { tenant_id: 'acme', project_id: id, ...NO_LIMITS, ...limits })
  })
  return id
}

const usage = (id: string) =>
  withRole(server.pool, 'observa_exporter', (client) => usageOf(client, 'acme', id))

/** The log and exporter of one instance. Records are appended, and later counted in one statement. */
class Log {
  next = 1n
  counted = 1n
  #waiting = new Map<string, number>()
  #exporting: Promise<void> = Promise.resolve()

  append(id: string, events: number): void {
    this.next++
    this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + events)
  }

  /** Counts one record at a time, like the sender loop of an exporter. */
  export(): Promise<void> {
    this.#exporting = this.#exporting.then(() => this.#exportOnce())
    return this.#exporting
  }

  async #exportOnce(): Promise<void> {
    const upTo = this.next
    const rows = [...this.#waiting]
    this.#waiting = new Map()
    for (const [id, events] of rows)
      await withRole(server.pool, 'observa_exporter', (client) =>
        client.query(
          `INSERT INTO project_usage AS u (tenant_id, project_id, month, events)
           VALUES ('acme', $1, date_trunc('month', now() AT TIME ZONE 'UTC')::date, $2)
           ON CONFLICT (tenant_id, project_id, month) DO UPDATE SET events = u.events + $2`,
          [id, events],
        ),
      )
    this.counted = upTo
  }
}

let lives = 0
async function keeper(instance: string, log = new Log()): Promise<QuotaKeeper> {
  const metrics = new Metrics()
  metrics.declare(QUOTA_METRICS)
  const made = new QuotaKeeper({
    url: server.url,
    clock: systemClock,
    metrics,
    log: silentLog,
    instance,
    life: `life-${++lives}`,
    position: () => ({ next: log.next, counted: log.counted }),
  })
  await made.start()
  return made
}

async function enter(
  of: QuotaKeeper,
  id: string,
  events: number,
  bytes = 100,
  most = events,
): Promise<QuotaHold | QuotaRefusal | null> {
  const tenant = { tenantId: 'acme', projectId: id, environment: null, keyId: null }
  return await of.enter({ tenant, bytes, eventsMax: most, count: () => events })
}

async function until(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await isTrue())) {
    assert.ok(performance.now() < deadline, what)
    await delay(50)
  }
}

test('a project without a quota is never asked about; one with a quota gets exactly its limit', async () => {
  const id = await project({ events_per_month: 100 })
  const of = await keeper('exact')
  assert.equal(await enter(of, 'another', 1), null)
  for (let n = 0; n < 100; n++) {
    // The size of the request allows up to 8 events, but it has one. Near the limit the events are counted before they are accepted.
    const hold = await enter(of, id, 1, 100, 8)
    assert.equal(hold?.kind, 'hold', `event ${n + 1}`)
    if (hold?.kind === 'hold') hold.settle(1, true)
  }
  const refused = await enter(of, id, 1)
  assert.ok(refused?.kind === 'used_up')
  const { details, retryAfterS } = refused
  assert.deepEqual(
    { ...details, resets_at: '' },
    { quota: 'events_per_month', used: 100, limit: 100, resets_at: '' },
  )
  assert.match(details.resets_at, /^\d{4}-\d\d-01T00:00:00.000Z$/)
  assert.ok(Date.parse(details.resets_at) > Date.now() && retryAfterS > 0 && retryAfterS <= 3600)
  await of.stop()
})

test('what was not accepted, and what was a re-send, is given back', async () => {
  const id = await project({ events_per_month: 10 })
  const log = new Log()
  const of = await keeper('back', log)
  const first = await enter(of, id, 10)
  assert.ok(first?.kind === 'hold')
  first.settle(0, false)
  const second = await enter(of, id, 10)
  assert.ok(second?.kind === 'hold')
  // Ten events were sent, of which the log recognised four as re-sends.
  log.append(id, 6)
  second.settle(10, true)
  assert.equal((await enter(of, id, 1))?.kind, 'used_up')
  await log.export()
  await until(async () => (await enter(of, id, 4))?.kind === 'hold', 'four are free again')
  await of.stop()
})

test('16 writers on each of 3 instances that are killed again and again: never more than the limit, and all of it is counted', async () => {
  const limit = 3000
  const id = await project({ events_per_month: limit })
  const logs = [new Log(), new Log(), new Log()]
  let accepted = 0
  let isOver = false
  const instance = async (n: number): Promise<void> => {
    const log = logs[n] as Log
    for (let life = 0; !isOver; life++) {
      const of = await keeper(`instance-${n}`, log)
      let isKilled = false
      const writer = async (): Promise<void> => {
        while (!isKilled && !isOver) {
          const events = 1 + Math.floor(Math.random() * 7)
          const hold = await enter(of, id, events, 100, events * 3)
          if (hold?.kind !== 'hold') {
            await delay(20)
            continue
          }
          await delay(Math.random() * 4)
          // The events are acknowledged, or the process is killed before that.
          if (isKilled) return
          log.append(id, events)
          accepted += events
          hold.settle(events, true)
        }
      }
      const writers = Array.from({ length: 16 }, writer)
      await delay(300 + Math.random() * 300)
      isKilled = life < 4
      if (isKilled) {
        // A killed process returns no lease and sends no message.
        void Promise.all(writers).then(() => of.abandon())
        await log.export()
        continue
      }
      await Promise.all(writers)
      await log.export()
      await of.stop()
    }
  }
  const running = [0, 1, 2].map(instance)
  const watch = (async () => {
    let last = -1
    for (let still = 0; still < 60; ) {
      const { events } = await usage(id)
      assert.ok(events <= limit, `${events} counted`)
      assert.ok(accepted <= limit, `${accepted} accepted`)
      for (const log of logs) await log.export()
      still = accepted === last ? still + 1 : 0
      last = accepted
      if (accepted === limit) break
      await delay(50)
    }
  })().finally(() => {
    isOver = true
  })
  await Promise.all([watch, ...running])
  for (const log of logs) await log.export()
  assert.equal((await usage(id)).events, accepted)
  assert.ok(accepted > limit * 0.9, `${accepted} of ${limit} could be used`)
})

test('a drained instance leaves nothing reserved; one that was killed does until it is back', async () => {
  const id = await project({ events_per_month: 1000 })
  const log = new Log()
  const drained = await keeper('drained', log)
  const hold = await enter(drained, id, 5)
  log.append(id, 5)
  if (hold?.kind === 'hold') hold.settle(5, true)
  await log.export()
  await drained.stop()
  assert.deepEqual(
    { ...(await usage(id)), resets_at: null },
    {
      events: 5,
      bytes: 100,
      cost_usd: 0,
      held_events: 0,
      held_bytes: 0,
      resets_at: null,
    },
  )
  const killed = await keeper('killed')
  await enter(killed, id, 5)
  await killed.abandon()
  assert.ok((await usage(id)).held_events > 0)
  const back = await keeper('killed')
  await until(async () => (await usage(id)).held_events === 0, 'given back')
  await back.stop()
})

test('bytes, cost and the rate have limits of their own, and the answer says which', async () => {
  const bytes = await project({ bytes_per_month: 1000 })
  const usd = await project({ usd_per_month: 1 })
  const rate = await project({ events_per_second: 10 })
  await withRole(server.pool, 'observa_exporter', (client) =>
    client.query(
      `INSERT INTO project_usage (tenant_id, project_id, month, cost_usd)
       VALUES ('acme', $1, date_trunc('month', now() AT TIME ZONE 'UTC')::date, 1.5)`,
      [usd],
    ),
  )
  const of = await keeper('others')
  const first = await enter(of, bytes, 1, 800)
  assert.equal(first?.kind, 'hold')
  const quotaOf = (r: QuotaHold | QuotaRefusal | null) =>
    r?.kind === 'used_up' ? r.details.quota : r?.kind
  assert.equal(quotaOf(await enter(of, bytes, 1, 800)), 'bytes_per_month')
  assert.equal(quotaOf(await enter(of, bytes, 1, 200)), 'hold')
  assert.equal(quotaOf(await enter(of, usd, 1)), 'usd_per_month')
  const many = await enter(of, rate, 50)
  if (many?.kind === 'hold') many.settle(50, true)
  const refused = await enter(of, rate, 1)
  assert.ok(refused?.kind === 'used_up' && refused.details.quota === 'events_per_second')
  assert.ok(refused.retryAfterS >= 4, `${refused.retryAfterS} s`)
  await of.stop()
})

test('a limit that is raised or taken away is known within seconds', async () => {
  const id = await project({ events_per_month: 0 })
  const of = await keeper('changed')
  assert.equal((await enter(of, id, 1))?.kind, 'used_up')
  const set = (limits: Partial<QuotaLimits>) =>
    withRole(server.pool, 'observa_control', (client) =>
      writeQuota(client, { tenant_id: 'acme', project_id: id, ...NO_LIMITS, ...limits }),
    )
  await set({ events_per_month: 1 })
  of.forget()
  await until(async () => (await enter(of, id, 1))?.kind === 'hold', 'raised')
  await of.stop()
})

test('without a database what is leased is spent, then clients are told to come again', async () => {
  const own = await startTestPostgres()
  try {
    await withRole(own.pool, 'observa_control', async (client) => {
      await insertTenant(client, 'acme', 'acme')
      await insertProject(client, 'acme', 'p', 'p')
      await writeQuota(client, {
        tenant_id: 'acme',
        project_id: 'p',
        ...NO_LIMITS,
        events_per_month: 400,
      })
    })
    const of = new QuotaKeeper({
      url: own.url,
      clock: systemClock,
      metrics: new Metrics(),
      log: silentLog,
      instance: 'alone',
      life: 'first',
      position: () => ({ next: 1n, counted: 1n }),
    })
    await of.start()
    assert.equal((await enter(of, 'p', 1))?.kind, 'hold')
    await own.engine.stop()
    let held = 0
    for (let last: string | undefined = 'hold'; last === 'hold'; held++)
      last = (await enter(of, 'p', 1))?.kind
    assert.ok(held > 50 && held <= 100, `${held} of the lease`)
    assert.equal((await enter(of, 'p', 1))?.kind, 'unknown')
    await of.stop()
  } finally {
    await own.stop()
  }
})
