// Decides when which targets are notified. Notes about changes of issues become members of groups, due groups become
// deliveries, and due deliveries become jobs. All state is in Postgres and each round is one transaction, so a kill in the
// middle loses nothing and repeats nothing. Of any number of workers only one plans at a time.

import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Clock } from '../core/clock.ts'
import type { Metrics } from '../core/metrics.ts'
import type { JobQueue } from '../jobs/job-queue.ts'
import { insertDelivery, takeDue } from '../storage/control/deliveries.ts'
import {
  dropMembers,
  dueGroups,
  type GroupRow,
  groupsToRepeat,
  hasWork,
  issuesOf,
  lockPlanning,
  membershipsOf,
  membersOf,
  type NoticeRow,
  type NotifiedIssue,
  openIssuesOf,
  planMember,
  settleGroup,
  settleMembers,
  takeNotices,
} from '../storage/control/notification-groups.ts'
import { mutesOf, targetsOf } from '../storage/control/notification-targets.ts'
import { errorCodeOf, type Statements } from '../storage/postgres/connection.ts'
import type { PostgresPool } from '../storage/postgres/pool.ts'
import { withinAs, withRole } from '../storage/postgres/roles.ts'
import { DELIVER } from './deliver.ts'
import { dueOf, groupOf, type Settled, settle } from './grouping.ts'
import {
  INHIBITED_MINUTES,
  type Inhibition,
  inhibitorOf,
  isForTarget,
  isMuted,
  labelsOf,
  sourceTypesOf,
} from './matching.ts'
import { PLAN_FAILED, PLANNED } from './notification-metrics.ts'
import { type Target, targetOf } from './target.ts'

export interface PlannerOptions {
  /** A pool of its own, so that planning does not wait for jobs. */
  readonly pool: PostgresPool
  readonly queue: JobQueue
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
  readonly inhibitions: readonly Inhibition[]
}

const ROUND_MS = 1000
const AFTER_ERROR_MS = 5000
const REPEATS_EVERY_MS = 15_000
const NOTICES_MAX = 500
const GROUPS_MAX = 100
const MEMBERS_MAX = 1000
const JOBS_MAX = 200
/** Time after which a delivery without a result gets a new job, because its job may be lost. */
const QUEUED_S = 300

export class Planner {
  readonly #o: PlannerOptions
  readonly #stopping = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #repeatedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: PlannerOptions) {
    this.#o = options
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, metrics, log, queue } = this.#o
    const { signal } = this.#stopping
    while (!signal.aborted) {
      let pauseMs = ROUND_MS
      try {
        // Without the queue nothing can be sent, and due work can wait in its tables.
        if (queue.isOpen && (await this.round())) pauseMs = 0
      } catch (thrown) {
        // Stopping cuts the connection of a round that runs; what was due stays in its tables.
        if (signal.aborted) return
        metrics.add(PLAN_FAILED, '')
        log.warn(
          { code: errorCodeOf(thrown) },
          'notifications could not be planned; it is tried again',
        )
        pauseMs = AFTER_ERROR_MS
      }
      if (pauseMs > 0) await clock.sleep(pauseMs, signal).catch(() => {})
    }
  }

  /** Processes everything that is due. Returns true when there may be more. */
  async round(): Promise<boolean> {
    const { pool, clock } = this.#o
    const { signal } = this.#stopping
    const isRepeating = clock.monotonicMs() - this.#repeatedAtMs > REPEATS_EVERY_MS
    const isBusy = await withRole(
      pool,
      'observa_control',
      (client) => hasWork(client, clock.nowMs()),
      { readOnly: true, signal },
    )
    if (!isBusy && !isRepeating) return false
    return await withRole(
      pool,
      'observa_control',
      async (client) => {
        if (!(await lockPlanning(client))) return false
        if (isRepeating) {
          this.#repeatedAtMs = clock.monotonicMs()
          await this.#repeat(client)
        }
        const notices = await takeNotices(client, NOTICES_MAX)
        await this.#place(client, notices)
        const groups = await dueGroups(client, clock.nowMs(), GROUPS_MAX)
        await this.#tell(client, groups)
        const jobs = await this.#enqueue(client)
        return notices.length === NOTICES_MAX || groups.length === GROUPS_MAX || jobs === JOBS_MAX
      },
      { signal },
    )
  }

  /** Puts the issues into the groups of all targets that they match. */
  async #place(client: Statements, notices: readonly NoticeRow[]): Promise<void> {
    if (notices.length === 0) return
    const issues = await withinAs(client, 'observa_exporter', () =>
      issuesOf(client, [...new Map(notices.map((n) => [keyOf(n), n])).values()]),
    )
    const targets = await enabledTargets(
      client,
      notices.map((n) => n.tenant_id),
    )
    const known = await membershipsOf(client, issues)
    const changes = lastChanges(notices)
    const nowMs = this.#o.clock.nowMs()
    for (const issue of issues) {
      const labels = labelsOf(issue)
      const change = changes.get(keyOf(issue)) ?? 'opened'
      for (const target of targets.get(issue.tenant_id) ?? []) {
        const before = known.find(
          (m) => m.target_id === target.targetId && keyOf(m) === keyOf(issue),
        )
        // The end of an issue is notified where its beginning was or will be, also if the target has another filter now.
        if (before === undefined && (isEnd(change) || !isForTarget(target, issue, labels))) continue
        // An issue stays in its group, even if its labels have changed.
        const group =
          before === undefined ? groupOf(target, issue, labels) : { ...before, labels: {} }
        await planMember(client, group, issue, change, dueOf(target, group, change, nowMs), nowMs)
      }
    }
  }

  async #tell(client: Statements, groups: readonly GroupRow[]): Promise<void> {
    if (groups.length === 0) return
    const tenants = [...new Set(groups.map((g) => g.tenant_id))]
    const targets = await enabledTargets(client, tenants)
    const mutes = await mutesOf(client, tenants)
    const types = sourceTypesOf(this.#o.inhibitions)
    const sources = await withinAs(client, 'observa_exporter', () =>
      openIssuesOf(client, tenants, types, INHIBITED_MINUTES),
    )
    const nowMs = this.#o.clock.nowMs()
    const isHeld = (issue: NotifiedIssue): boolean => {
      const labels = labelsOf(issue)
      return (
        isMuted(mutes, labels, nowMs) ||
        inhibitorOf(this.#o.inhibitions, sources, issue, labels) !== null
      )
    }
    for (const group of groups) {
      const target = targets.get(group.tenant_id)?.find((t) => t.targetId === group.target_id)
      // A disabled target is not notified. Changes during that time are not notified later either.
      if (target === undefined)
        await settleGroup(client, group, { dueAtMs: null, isNotified: false }, nowMs)
      else await this.#tellGroup(client, group, target, isHeld, nowMs)
    }
  }

  async #tellGroup(
    client: Statements,
    group: GroupRow,
    target: Target,
    isHeld: (issue: NotifiedIssue) => boolean,
    nowMs: number,
  ): Promise<void> {
    const members = await membersOf(client, group, MEMBERS_MAX)
    const issues = await withinAs(client, 'observa_exporter', () => issuesOf(client, members))
    const settled: Settled = settle({ group, target, members, issues, isHeld, nowMs })
    await settleMembers(client, group, settled.members, nowMs)
    await dropMembers(client, group, settled.dropped)
    const isNotified = settled.changes.length > 0
    await settleGroup(client, group, { dueAtMs: settled.dueAtMs, isNotified }, nowMs)
    if (!isNotified) return
    await insertDelivery(client, {
      tenant_id: group.tenant_id,
      delivery_id: randomUUID(),
      target_id: group.target_id,
      project_id: target.projectId,
      group_key: group.group_key,
      labels: group.labels,
      reason: settled.reason,
      issues: settled.changes,
      notice: null,
    })
    this.#o.metrics.add(PLANNED, `reason="${settled.reason}"`)
  }

  /** Repeats the notification about issues that still occur. */
  async #repeat(client: Statements): Promise<void> {
    const nowMs = this.#o.clock.nowMs()
    const groups = await groupsToRepeat(client, nowMs, GROUPS_MAX)
    for (const group of groups) {
      const members = await membersOf(client, group, MEMBERS_MAX)
      const issues = await withinAs(client, 'observa_exporter', () => issuesOf(client, members))
      const going = issues.filter((issue) => {
        const member = members.find((m) => keyOf(m) === keyOf(issue))
        const notifiedMs = member?.told_last_seen?.getTime() ?? Number.POSITIVE_INFINITY
        return (
          issue.status === 'open' &&
          member?.told === 'firing' &&
          issue.last_seen.getTime() > notifiedMs
        )
      })
      const due = { firstAtMs: nowMs, intervalMs: 0 }
      for (const issue of going) await planMember(client, group, issue, 'repeat', due, nowMs)
      // None of the issues occurs any more. The group is checked again after another interval.
      if (going.length === 0)
        await settleGroup(client, group, { dueAtMs: null, isNotified: true }, nowMs)
    }
  }

  async #enqueue(client: Statements): Promise<number> {
    const due = await takeDue(client, JOBS_MAX, QUEUED_S)
    for (const { tenant_id, delivery_id, reason } of due)
      await this.#o.queue.enqueueWithin(
        client,
        DELIVER,
        { tenant_id, delivery_id },
        { key: delivery_id, priority: reason === 'test' ? 10 : 0 },
      )
    return due.length
  }
}

const keyOf = (i: {
  readonly tenant_id: string
  readonly project_id: string
  readonly issue_id: string
}): string => `${i.tenant_id}\n${i.project_id}\n${i.issue_id}`

/** The last change of each issue. A new issue that became worse is still notified as new. */
function lastChanges(notices: readonly NoticeRow[]): ReadonlyMap<string, string> {
  const changes = new Map<string, string>()
  for (const notice of notices) {
    const key = keyOf(notice)
    if (notice.change !== 'worse' || !changes.has(key)) changes.set(key, notice.change)
  }
  return changes
}

const isEnd = (change: string): boolean =>
  change === 'resolved' || change === 'acknowledged' || change === 'quieted'

async function enabledTargets(
  client: Statements,
  tenants: readonly string[],
): Promise<ReadonlyMap<string, readonly Target[]>> {
  const out = new Map<string, Target[]>()
  for (const row of await targetsOf(client, [...new Set(tenants)])) {
    const target = targetOf(row)
    if (target === null) continue
    const known = out.get(target.tenantId)
    if (known === undefined) out.set(target.tenantId, [target])
    else known.push(target)
  }
  return out
}
