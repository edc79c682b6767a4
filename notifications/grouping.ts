// The timers of a group, like those of Alertmanager: a wait after the first issue, an interval between two notifications, and
// the repetition of issues that still occur; with quiet hours and a daily digest. No I/O and no clock.

import { hash } from 'node:crypto'
import { DAYS, isInWindow, nextAt } from '../core/signals/timetable.ts'
import type { DeliveredIssue, DeliveryReason } from '../storage/control/deliveries.ts'
import type {
  GroupKey,
  GroupRow,
  IssueKey,
  MemberRow,
  NotifiedIssue,
  SettledMember,
} from '../storage/control/notification-groups.ts'
import type { Labels } from './matching.ts'
import { stateOf } from './message.ts'
import type { Target } from './target.ts'

const KEY_CHARS_MAX = 180
const DIGEST_KEY = 'digest'

type PlannedGroup = GroupKey & { readonly labels: Readonly<Record<string, string>> }

/** The group in which a target is notified about an issue. */
export function groupOf(target: Target, issue: NotifiedIssue, labels: Labels): PlannedGroup {
  const { digest, group_by } = target.timing
  if (digest !== null && digest.severities.includes(issue.severity)) return digestGroup(target)
  const own: Record<string, string> = {}
  for (const name of group_by) {
    const value = labels[name]
    if (value !== undefined) own[name] = value
  }
  const text = Object.entries(own)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
  const key = text.length <= KEY_CHARS_MAX ? text : hash('sha256', text, 'hex')
  return { tenant_id: target.tenantId, target_id: target.targetId, group_key: key, labels: own }
}

export const digestGroup = (target: Target): PlannedGroup => ({
  tenant_id: target.tenantId,
  target_id: target.targetId,
  group_key: DIGEST_KEY,
  labels: {},
})

/** How long a change waits: when it is the first of its group, and after the last notification of the group. */
export function dueOf(
  target: Target,
  group: GroupKey,
  change: string,
  nowMs: number,
): { readonly firstAtMs: number; readonly intervalMs: number } {
  const { digest, group_wait_ms, group_interval_ms } = target.timing
  if (group.group_key === DIGEST_KEY && digest !== null)
    return { firstAtMs: nextAt(digest.at, nowMs, digest.time_zone), intervalMs: 0 }
  // An acknowledged or resolved issue is notified at once, unless another change of the group waits.
  if (change === 'resolved' || change === 'acknowledged') return { firstAtMs: nowMs, intervalMs: 0 }
  return { firstAtMs: nowMs + group_wait_ms, intervalMs: group_interval_ms }
}

export interface Settled {
  readonly changes: readonly DeliveredIssue[]
  readonly reason: DeliveryReason
  readonly members: readonly SettledMember[]
  readonly dropped: readonly IssueKey[]
  /** When the group is processed again; null if nothing waits. */
  readonly dueAtMs: number | null
}

export interface DueGroup {
  readonly group: GroupRow
  readonly target: Target
  readonly members: readonly MemberRow[]
  readonly issues: readonly NotifiedIssue[]
  /** Whether a mute or another issue suppresses the notification now. */
  readonly isHeld: (issue: NotifiedIssue) => boolean
  readonly nowMs: number
}

/** Decides for a due group which changes are notified now and which wait. */
export function settle(due: DueGroup): Settled {
  const { group, target, nowMs } = due
  const untilMs = quietUntil(target, nowMs)
  const changes: DeliveredIssue[] = []
  const members: SettledMember[] = []
  const dropped: IssueKey[] = []
  let waitsMs: number | null = null
  const wait = (atMs: number): void => {
    waitsMs = waitsMs === null ? atMs : Math.min(waitsMs, atMs)
  }
  for (const member of due.members) {
    if (member.pending === null) continue
    const issue = due.issues.find(
      (i) => i.project_id === member.project_id && i.issue_id === member.issue_id,
    )
    const next = issue === undefined ? 'drop' : nextOf(member, issue, target)
    if (issue === undefined || next === 'drop') dropped.push(member)
    else if (next === 'nothing') members.push(settled(member, member.told, null))
    else if (due.isHeld(issue)) wait(nowMs + Math.max(target.timing.group_interval_ms, HELD_MS_MIN))
    else if (
      untilMs !== null &&
      !(target.timing.quiet_hours?.except ?? []).includes(issue.severity)
    )
      wait(untilMs)
    else {
      changes.push({
        project_id: issue.project_id,
        issue_id: issue.issue_id,
        change: member.pending,
      })
      if (next === 'resolved') dropped.push(member)
      else members.push(settled(member, next, issue.last_seen))
    }
  }
  const isRepeat = changes.length > 0 && changes.every((i) => i.change === 'repeat')
  const reason = group.group_key === DIGEST_KEY ? 'digest' : isRepeat ? 'repeat' : 'issues'
  return { changes, reason, members, dropped, dueAtMs: waitsMs }
}

/** Shortest time until a muted issue is checked again. */
const HELD_MS_MIN = 15_000

function nextOf(
  member: MemberRow,
  issue: NotifiedIssue,
  target: Target,
): 'firing' | 'acknowledged' | 'resolved' | 'nothing' | 'drop' {
  const state = stateOf(issue)
  if (state === null) return 'drop'
  // Nobody was notified that the issue began, so nobody is notified that it ended.
  if (state === 'resolved')
    return member.told !== null && target.timing.send_resolved ? 'resolved' : 'drop'
  if (state === 'acknowledged') return member.told === 'firing' ? 'acknowledged' : 'nothing'
  return 'firing'
}

const settled = (
  member: MemberRow,
  told: MemberRow['told'],
  lastSeen: Date | null,
): SettledMember => ({
  tenant_id: member.tenant_id,
  project_id: member.project_id,
  issue_id: member.issue_id,
  pending: null,
  told,
  last_seen: lastSeen === null ? null : lastSeen.toISOString(),
})

/** The end of the quiet hours, ms; null outside of quiet hours. */
function quietUntil(target: Target, nowMs: number): number | null {
  const q = target.timing.quiet_hours
  if (q === null || !isInWindow({ days: [...DAYS], from: q.from, to: q.to }, nowMs, q.time_zone))
    return null
  return nextAt(q.to, nowMs, q.time_zone)
}
