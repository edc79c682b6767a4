// Quotas on the way of a request: each project's share is taken from Postgres in leases and spent in memory, so that a check
// costs no query. What was accepted stays in the lease until the exporter has counted it: a crash can make a project
// reach its limit early, and never pass it.

import type { Logger } from 'pino'
import type { Clock } from '../core/clock.ts'
import { counter, gauge, type Metrics } from '../core/metrics.ts'
import type {
  LimitDetails,
  QuotaGate,
  QuotaHold,
  QuotaQuestion,
  QuotaRefusal,
} from '../core/quota.ts'
import {
  type Amounts,
  dropEarlierLeases,
  type Grant,
  type Holder,
  listQuotas,
  settleLease,
  takeLease,
  usageOf,
} from '../storage/control/quotas.ts'
import { errorCodeOf } from '../storage/postgres/connection.ts'
import { PostgresPool } from '../storage/postgres/pool.ts'
import { withRole } from '../storage/postgres/roles.ts'
import { type Checkpoint, LimitedProject } from './limited-project.ts'

export interface QuotaKeeperOptions {
  /** Holds the password: never logged. */
  readonly url: string
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
  /** Of the durable log; one life of it is one start of the process. */
  readonly instance: string
  readonly life: string
  /** The sequence number that the next record of the log gets, and that up to which the exporter has counted. */
  readonly position: () => { readonly next: bigint; readonly counted: bigint }
}

const TICK_MS = 1000
const LIMITS_MS = 5000
const USAGE_MS = 5000
/** A project without requests for so long gives back what it does not spend. */
const IDLE_MS = 10_000
/** After a lease was refused it is not asked for again for so long. */
const REFUSED_MS = 500
const TIMEOUT_MS = 2000
/** Clients do not wait for the next month. */
const RETRY_AFTER_S_MAX = 3600
const CHECKPOINTS_MAX = 600

const REFUSED = 'observa_quota_refused_total'
const HELD = 'observa_quota_lease_events'
const LEASES = 'observa_quota_leases_total'
const LIMITED = 'observa_quota_projects'

export const QUOTA_METRICS = [
  counter(REFUSED, 'Requests refused by a quota, by quota; `unknown`: no lease could be taken.', [
    'quota',
  ]),
  counter(LEASES, 'Leases asked for, by outcome.', ['outcome']),
  gauge(HELD, 'Events that this instance holds in leases: to spend, or not counted yet.'),
  gauge(LIMITED, 'Projects with a quota.'),
]

export class QuotaKeeper implements QuotaGate {
  readonly #options: QuotaKeeperOptions
  readonly #pool: PostgresPool
  readonly #projects = new Map<string, LimitedProject>()
  readonly #stopping = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #limitsAtMs = Number.NEGATIVE_INFINITY
  #usageAtMs = Number.NEGATIVE_INFINITY
  /** Where the log ended at the start: when the exporter is past it, earlier leases are over. */
  #earlierUntil: bigint | null
  #hasFailed = false

  constructor(options: QuotaKeeperOptions) {
    this.#options = options
    this.#earlierUntil = options.position().next
    this.#pool = new PostgresPool({
      url: options.url,
      max: 4,
      connectTimeoutMs: TIMEOUT_MS,
      statementTimeoutMs: TIMEOUT_MS,
      silenceMs: 0,
      applicationName: 'observa/quotas',
    })
  }

  /** Knows the limits before the first request where the database answers. */
  async start(): Promise<void> {
    const { metrics } = this.#options
    metrics.onCollect(() => {
      metrics.set(LIMITED, '', this.#projects.size)
      metrics.set(HELD, '', this.#heldEvents())
    })
    await this.#tick()
    this.#loop = this.#tickOn()
  }

  /** Gives back what is not spent. Call it when the exporter has sent what it could. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    for (const project of this.#projects.values()) this.#checkpoint(project)
    await Promise.all(
      [...this.#projects.values()].map((project) =>
        this.#settle(project, true).catch(() => {
          // The next start settles it, once what was accepted has been counted.
        }),
      ),
    )
    await this.#pool.end()
  }

  /** Ends as a killed process does: nothing is given back. */
  async abandon(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    await this.#pool.end()
  }

  /** Limits changed, or may have: looked at with the next tick. */
  forget(): void {
    this.#limitsAtMs = Number.NEGATIVE_INFINITY
  }

  enter(
    question: QuotaQuestion,
  ): null | QuotaHold | QuotaRefusal | Promise<QuotaHold | QuotaRefusal> {
    // Instances without quotas, which are most, make no key.
    if (this.#projects.size === 0) return null
    const { tenantId, projectId } = question.tenant
    const project = this.#projects.get(keyOf(tenantId, projectId))
    if (project === undefined) return null
    project.usedAtMs = this.#options.clock.monotonicMs()
    const refused = this.#overCost(project) ?? this.#tooFast(project)
    if (refused !== null) return this.#refuse(refused)
    const { bytes, eventsMax: events } = question
    const hold = this.#hold(project, { events, bytes })
    if (hold === null) return this.#enterLater(project, question)
    // The next lease comes before this one is spent.
    if (project.free.events < events * 4 && project.taking === null)
      void this.#take(project, { events, bytes })
    return hold
  }

  async #enterLater(
    project: LimitedProject,
    { bytes, eventsMax, count }: QuotaQuestion,
  ): Promise<QuotaHold | QuotaRefusal> {
    const most = { events: eventsMax, bytes }
    for (const asked of [most, null]) {
      const wanted = asked ?? { events: count(), bytes }
      if (wanted.events === 0) return NOTHING
      const hold = await this.#holdOrTake(project, wanted)
      if (hold === 'unknown') return this.#refuse({ kind: 'unknown' })
      if (hold !== null) return hold
    }
    return this.#refuse(this.#usedUp(project, bytes))
  }

  async #holdOrTake(
    project: LimitedProject,
    wanted: Amounts,
  ): Promise<QuotaHold | 'unknown' | null> {
    for (let tries = 0; ; tries++) {
      const hold = this.#hold(project, wanted)
      if (hold !== null) return hold
      // Another request's lease may have been just enough for that one.
      if (tries > 2 || this.#wasRefused(project, wanted)) return null
      if (project.taking !== null) {
        await project.taking
        continue
      }
      const grant = await this.#take(project, wanted)
      if (grant === null) return 'unknown'
      if (grant.granted.events === 0) return null
    }
  }

  #wasRefused({ refusedUntilMs, refusedFor }: LimitedProject, { events, bytes }: Amounts): boolean {
    const isRecent = this.#options.clock.monotonicMs() < refusedUntilMs
    return isRecent && events >= refusedFor.events && bytes >= refusedFor.bytes
  }

  #hold(project: LimitedProject, { events, bytes }: Amounts): QuotaHold | null {
    const { free, spent } = project
    if (free.events < events || free.bytes < bytes) return null
    free.events -= events
    free.bytes -= bytes
    return {
      kind: 'hold',
      settle: (written, isAccepted) => {
        const taken = Math.min(written, events)
        free.events += events - taken
        free.bytes += isAccepted ? 0 : bytes
        spent.events += taken
        spent.bytes += isAccepted ? bytes : 0
        if (isAccepted) project.tokens -= taken
      },
    }
  }

  #take(project: LimitedProject, asked: Amounts): Promise<Grant | null> {
    project.taking ??= this.#takeOnce(project, asked).finally(() => {
      project.taking = null
    })
    return project.taking
  }

  async #takeOnce(project: LimitedProject, asked: Amounts): Promise<Grant | null> {
    const { metrics, log, clock } = this.#options
    try {
      const grant = await withRole(this.#pool, 'observa_exporter', (client) =>
        takeLease(client, this.#holder(project), project.limits, asked),
      )
      project.free.events += grant.granted.events
      project.free.bytes += grant.granted.bytes
      project.usage = grant
      project.resetsAt = grant.resets_at
      const isGranted = grant.granted.events > 0
      metrics.add(LEASES, `outcome="${isGranted ? 'granted' : 'refused'}"`)
      if (!isGranted) {
        project.refusedUntilMs = clock.monotonicMs() + REFUSED_MS
        project.refusedFor = asked
      }
      return grant
    } catch (thrown) {
      metrics.add(LEASES, 'outcome="failed"')
      log.warn({ code: errorCodeOf(thrown) }, 'a quota could not be asked for')
      return null
    }
  }

  #holder({ limits }: LimitedProject): Holder {
    const { instance, life } = this.#options
    return { tenantId: limits.tenant_id, projectId: limits.project_id, instance, life }
  }

  #overCost({ limits, costUsd, resetsAt }: LimitedProject): QuotaRefusal | null {
    const limit = limits.usd_per_month
    if (limit === null || costUsd < limit) return null
    return this.#refusal({
      quota: 'usd_per_month',
      used: costUsd,
      limit,
      resets_at: resetsAt.toISOString(),
    })
  }

  /** A bucket of one second that may go into debt: how many events a request has is known when it is done. */
  #tooFast(project: LimitedProject): QuotaRefusal | null {
    const limit = project.limits.events_per_second
    if (limit === null) return null
    const { clock } = this.#options
    const nowMs = clock.monotonicMs()
    const more = ((nowMs - project.tokensAtMs) / 1000) * limit
    project.tokens = Math.min(limit, project.tokens + more)
    project.tokensAtMs = nowMs
    if (project.tokens > 0) return null
    const waitMs = ((1 - project.tokens) / limit) * 1000
    return this.#refusal({
      quota: 'events_per_second',
      used: limit,
      limit,
      resets_at: new Date(clock.nowMs() + waitMs).toISOString(),
    })
  }

  #usedUp(project: LimitedProject, bytes: number): QuotaRefusal {
    const { limits, usage, resetsAt, spent } = project
    const resets_at = resetsAt.toISOString()
    const used = {
      events: (usage?.events ?? 0) + (usage?.held_events ?? 0),
      bytes: (usage?.bytes ?? 0) + (usage?.held_bytes ?? 0),
    }
    const byteLimit = limits.bytes_per_month
    const isOfBytes =
      limits.events_per_month === null || used.bytes + bytes > (byteLimit ?? Infinity)
    if (byteLimit !== null && isOfBytes)
      return this.#refusal({
        quota: 'bytes_per_month',
        used: Math.min(byteLimit, Math.max(used.bytes, spent.bytes)),
        limit: byteLimit,
        resets_at,
      })
    const limit = limits.events_per_month ?? 0
    return this.#refusal({
      quota: 'events_per_month',
      used: Math.min(limit, Math.max(used.events - project.free.events, spent.events)),
      limit,
      resets_at,
    })
  }

  #refusal(details: LimitDetails): QuotaRefusal {
    const inMs = Date.parse(details.resets_at) - this.#options.clock.nowMs()
    const retryAfterS = Math.min(RETRY_AFTER_S_MAX, Math.max(1, Math.ceil(inMs / 1000)))
    return { kind: 'used_up', details, retryAfterS }
  }

  #refuse(refusal: QuotaRefusal): QuotaRefusal {
    const quota = refusal.kind === 'used_up' ? refusal.details.quota : 'unknown'
    this.#options.metrics.add(REFUSED, `quota="${quota}"`)
    return refusal
  }

  async #tickOn(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal).catch(() => {})
      if (!signal.aborted) await this.#tick()
    }
  }

  async #tick(): Promise<void> {
    const { clock, log } = this.#options
    const nowMs = clock.monotonicMs()
    try {
      if (nowMs - this.#limitsAtMs >= LIMITS_MS) {
        this.#limitsAtMs = nowMs
        await this.#readLimits()
      }
      await this.#dropEarlier()
      for (const project of this.#projects.values()) {
        this.#checkpoint(project)
        await this.#settle(project, nowMs - project.usedAtMs > IDLE_MS)
      }
      if (nowMs - this.#usageAtMs >= USAGE_MS) {
        this.#usageAtMs = nowMs
        await this.#readCosts()
      }
      this.#hasFailed = false
    } catch (thrown) {
      this.#limitsAtMs = Number.NEGATIVE_INFINITY
      if (!this.#hasFailed) log.warn({ code: errorCodeOf(thrown) }, 'quotas could not be settled')
      this.#hasFailed = true
    }
  }

  async #readLimits(): Promise<void> {
    const rows = await withRole(this.#pool, 'observa_control', listQuotas, { readOnly: true })
    const limited = new Set<string>()
    for (const row of rows) {
      const key = keyOf(row.tenant_id, row.project_id)
      limited.add(key)
      const known = this.#projects.get(key)
      if (known === undefined) this.#projects.set(key, new LimitedProject(row))
      else known.limits = row
    }
    for (const [key, project] of this.#projects) {
      if (limited.has(key)) continue
      this.#projects.delete(key)
      this.#checkpoint(project)
      await this.#settle(project, true)
    }
  }

  async #readCosts(): Promise<void> {
    for (const project of this.#projects.values()) {
      if (project.limits.usd_per_month === null) continue
      const { tenant_id, project_id } = project.limits
      const usage = await withRole(
        this.#pool,
        'observa_exporter',
        (client) => usageOf(client, tenant_id, project_id),
        { readOnly: true },
      )
      project.costUsd = usage.cost_usd
      project.resetsAt = usage.resets_at
    }
  }

  async #dropEarlier(): Promise<void> {
    const { position, instance, life } = this.#options
    if (this.#earlierUntil === null || position().counted < this.#earlierUntil) return
    await withRole(this.#pool, 'observa_exporter', (client) =>
      dropEarlierLeases(client, instance, life),
    )
    this.#earlierUntil = null
  }

  /** What was accepted so far is in records before the log's next one. */
  #checkpoint({ spent, checkpoints }: LimitedProject): void {
    if (spent.events === 0 && spent.bytes === 0) return
    const { next } = this.#options.position()
    const last = checkpoints.at(-1)
    // An exporter that is far behind: the newest ones wait together.
    const merged = checkpoints.length >= CHECKPOINTS_MAX ? last : undefined
    if (merged !== undefined) checkpoints.pop()
    checkpoints.push({
      sequence: next,
      events: spent.events + (merged?.events ?? 0),
      bytes: spent.bytes + (merged?.bytes ?? 0),
    })
    spent.events = 0
    spent.bytes = 0
  }

  /** Takes out of the lease what the exporter has counted, and what is free where that is not needed. */
  async #settle(project: LimitedProject, givesBack: boolean): Promise<void> {
    const { counted } = this.#options.position()
    const { checkpoints, free } = project
    const done = checkpoints.filter((c) => c.sequence <= counted)
    const back = givesBack ? { ...free } : { events: 0, bytes: 0 }
    const events = sum(done, 'events') + back.events
    const countedBytes = sum(done, 'bytes')
    const bytes = countedBytes + back.bytes
    if (events === 0 && bytes === 0) return
    // Before the statement: whoever comes meanwhile must not spend what is given back.
    checkpoints.splice(0, done.length)
    free.events -= back.events
    free.bytes -= back.bytes
    // When it fails it is not known whether it was done. Held for longer than needed is the safe side, until the next start.
    await withRole(this.#pool, 'observa_exporter', (client) =>
      settleLease(client, this.#holder(project), { events, bytes, countedBytes }),
    )
  }

  #heldEvents(): number {
    let held = 0
    for (const { free, spent, checkpoints } of this.#projects.values())
      held += free.events + spent.events + sum(checkpoints, 'events')
    return held
  }
}

const NOTHING: QuotaHold = { kind: 'hold', settle: () => {} }

const keyOf = (tenantId: string, projectId: string): string => `${tenantId}\n${projectId}`

const sum = (all: readonly Checkpoint[], what: 'events' | 'bytes'): number =>
  all.reduce((n, c) => n + c[what], 0)
