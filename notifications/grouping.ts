// The timers of a group, after those of Alertmanager: a wait after the first issue, an interval between two notifications, a repetition of
// what still occurs; with quiet hours and a daily digest. No I/O and no clock.

import { hash } from 'node:crypto'
import { DAYS, isInWindow, nextAt } from '../core/signals/timetable.ts'
import type { DeliveredIssue, DeliveryReason } from '../storage/control/deliveries.ts'
import type {
  GroupKey,
  GroupRow,
  IssueKey,
  MemberRow,
  SettledMember,
  ToldIssue,
} from '../storage/control/notification-groups.ts'
import type { Labels } from './matching.ts'
import { stateOf } from './message.ts'
import type { Target } from './target.ts'

const KEY_CHARS_MAX = 180
const DIGEST_KEY = 'digest'

type PlannedGroup = GroupKey & { readonly labels: Readonly<Record<string, string>> }

/** The group in which an issue is told to a target. */
export function groupOf(target: Target, issue: ToldIssue, labels: Labels): PlannedGroup {
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

/** When a change is told: the first time, and at which distance from what was told before. */
export function dueOf(
  target: Target,
  group: GroupKey,
  change: string,
  nowMs: number,
): { readonly firstAtMs: number; readonly intervalMs: number } {
  const { digest, group_wait_ms, group_interval_ms } = target.timing
  if (group.group_key === DIGEST_KEY && digest !== null)
    return { firstAtMs: nextAt(digest.at, nowMs, digest.time_zone), intervalMs: 0 }
  // That it was taken over or is over is told at once where nothing else waits.
  if (change === 'resolved' || change === 'acknowledged') return { firstAtMs: nowMs, intervalMs: 0 }
  return { firstAtMs: nowMs + group_wait_ms, intervalMs: group_interval_ms }
}

export interface Settled {
  readonly told: readonly DeliveredIssue[]
  readonly reason: DeliveryReason
  readonly members: readonly SettledMember[]
  readonly dropped: readonly IssueKey[]
  /** When the group is looked at again; null for not before something happens. */
  readonly dueAtMs: number | null
}

export interface DueGroup {
  readonly group: GroupRow
  readonly target: Target
  readonly members: readonly MemberRow[]
  readonly issues: readonly ToldIssue[]
  /** Whether a mute or another issue keeps it quiet now. */
  readonly isHeld: (issue: ToldIssue) => boolean
  readonly nowMs: number
}

/** What of a group that is due is told now, and what waits. */
export function settle(due: DueGroup): Settled {
  const { group, target, nowMs } = due
  const untilMs = quietUntil(target, nowMs)
  const told: DeliveredIssue[] = []
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
      told.push({ project_id: issue.project_id, issue_id: issue.issue_id, change: member.pending })
      if (next === 'resolved') dropped.push(member)
      else members.push(settled(member, next, issue.last_seen))
    }
  }
  const isRepeat = told.length > 0 && told.every((i) => i.change === 'repeat')
  const reason = group.group_key === DIGEST_KEY ? 'digest' : isRepeat ? 'repeat' : 'issues'
  return { told, reason, members, dropped, dueAtMs: waitsMs }
}

/** What is muted is looked at again after so long at the earliest. */
const HELD_MS_MIN = 15_000

function nextOf(
  member: MemberRow,
  issue: ToldIssue,
  target: Target,
): 'firing' | 'acknowledged' | 'resolved' | 'nothing' | 'drop' {
  const state = stateOf(issue)
  if (state === null) return 'drop'
  // An end of which the beginning was never told is nothing to tell.
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

/** The end of the quiet hours, ms; null outside of them. */
function quietUntil(target: Target, nowMs: number): number | null {
  const q = target.timing.quiet_hours
  if (q === null || !isInWindow({ days: [...DAYS], from: q.from, to: q.to }, nowMs, q.time_zone))
    return null
  return nextAt(q.to, nowMs, q.time_zone)
}
