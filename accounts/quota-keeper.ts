// Checks quotas at ingest. An instance takes leases from Postgres and spends them in memory, so that a check needs no
// query. Accepted events stay in the lease until the exporter has counted them. After a crash a project may therefore reach
// its limit early, but it never exceeds it.

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
  /** Contains the password: never log it. */
  readonly url: string
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
  /** The id of the durable log, and of this start of the process. Leases belong to both. */
  readonly instance: string
  readonly life: string
  /** The sequence number of the log's next record, and the number up to which the exporter has counted. */
  readonly position: () => { readonly next: bigint; readonly counted: bigint }
}

const TICK_MS = 1000
const LIMITS_MS = 5000
const USAGE_MS = 5000
/** After this time without requests the unspent part of a project's lease is returned. */
const IDLE_MS = 10_000
/** The time after a refused lease before an equal one is asked for again. */
const REFUSED_MS = 500
const TIMEOUT_MS = 2000
/** The longest `Retry-After`. A quota may be raised long before the month ends. */
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
  /**
   * The end of the log at the start of the process. When the exporter has counted everything before it, the leases of
   * earlier starts are dropped. Null after that.
   */
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

  /** Reads the limits, so that they are known before the first request if the database responds. */
  async start(): Promise<void> {
    const { metrics } = this.#options
    metrics.onCollect(() => {
      metrics.set(LIMITED, '', this.#projects.size)
      metrics.set(HELD, '', this.#heldEvents())
    })
    await this.#tick()
    this.#loop = this.#tickOn()
  }

  /** Returns the unspent parts of all leases. Call it after the exporter has stopped. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    for (const project of this.#projects.values()) this.#checkpoint(project)
    await Promise.all(
      [...this.#projects.values()].map((project) =>
        this.#settle(project, true).catch(() => {
          // The next start drops the lease, after the exporter has counted the accepted events.
        }),
      ),
    )
    await this.#pool.end()
  }

  /** Ends like a killed process, without returning leases. */
  async abandon(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    await this.#pool.end()
  }

  /** Makes the next tick read the limits, because they may have changed. */
  forget(): void {
    this.#limitsAtMs = Number.NEGATIVE_INFINITY
  }

  enter(
    question: QuotaQuestion,
  ): null | QuotaHold | QuotaRefusal | Promise<QuotaHold | QuotaRefusal> {
    // Most instances have no quotas and skip the construction of the map key.
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
    // The next lease is taken before this one is spent, so that requests rarely wait for it.
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
      // A request that waited with this one may have spent the whole lease, so this one tries again.
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

  /**
   * Checks the rate with a token bucket of one second. The bucket may become negative, because the number of events of a
   * request is known only after it was processed.
   */
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

  /** Notes which accepted events are in the log before its next record. */
  #checkpoint({ spent, checkpoints }: LimitedProject): void {
    if (spent.events === 0 && spent.bytes === 0) return
    const { next } = this.#options.position()
    const last = checkpoints.at(-1)
    // If the exporter is far behind, the newest checkpoints are merged.
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

  /** Removes counted events from the lease, and returns its unspent part if `givesBack` is true. */
  async #settle(project: LimitedProject, givesBack: boolean): Promise<void> {
    const { counted } = this.#options.position()
    const { checkpoints, free } = project
    const done = checkpoints.filter((c) => c.sequence <= counted)
    const back = givesBack ? { ...free } : { events: 0, bytes: 0 }
    const events = sum(done, 'events') + back.events
    const countedBytes = sum(done, 'bytes')
    const bytes = countedBytes + back.bytes
    if (events === 0 && bytes === 0) return
    // These changes come before the statement, so that concurrent requests cannot spend what is being returned.
    checkpoints.splice(0, done.length)
    free.events -= back.events
    free.bytes -= back.bytes
    // If the statement fails, its effect is unknown. The amounts then stay in the lease until the next start, which is safe.
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
