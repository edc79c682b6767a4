// The content of a notification, before a channel gives it a form: issues with their state at the moment of sending, or a
// notice about a budget or quota, or a test.

import type { DeliveryReason, DeliveryRow } from '../storage/control/deliveries.ts'
import type { NotifiedIssue } from '../storage/control/notification-groups.ts'
import { type Labels, labelsOf } from './matching.ts'

export type IssueState = 'firing' | 'acknowledged' | 'resolved'

export interface MessageIssue {
  readonly issue: NotifiedIssue
  readonly labels: Labels
  readonly state: IssueState
  /** The change that is notified: opened, regressed, escalating, reopened, worse, repeat, acknowledged or resolved. */
  readonly change: string
  readonly url: string | null
}

export interface Notice {
  readonly title: string
  readonly text: string
  readonly severity: 'high' | 'medium' | 'low'
  readonly details: Readonly<Record<string, string | number | null>>
}

export interface NotificationMessage {
  /** The same for every attempt, so that a receiver recognises a repetition. */
  readonly deliveryId: string
  readonly tenantId: string
  readonly reason: DeliveryReason
  readonly groupKey: string
  readonly groupLabels: Readonly<Record<string, string>>
  /** Resolved only if all issues are resolved. */
  readonly state: IssueState
  readonly issues: readonly MessageIssue[]
  /** Number of issues of the group that are not listed. */
  readonly omitted: number
  readonly notice: Notice | null
  /** Time of the attempt, ms. */
  readonly atMs: number
  readonly externalUrl: string | null
}

const ISSUES_MAX = 100

/** Returns null when nothing is left to notify: every issue is resolved, or somebody has taken care of it. */
export function messageOf(
  delivery: DeliveryRow,
  issues: readonly NotifiedIssue[],
  { atMs, externalUrl }: { readonly atMs: number; readonly externalUrl: string | null },
): NotificationMessage | null {
  const changes = new Map(delivery.issues.map((i) => [`${i.project_id}\n${i.issue_id}`, i.change]))
  const listed = issues.flatMap((issue): MessageIssue[] => {
    const change = changes.get(`${issue.project_id}\n${issue.issue_id}`) ?? 'opened'
    const state = stateOf(issue)
    // Somebody ignored or snoozed the issue in the meantime, so nobody is notified.
    if (state === null || (state !== 'firing' && change !== state)) return []
    const url = externalUrl === null ? null : `${externalUrl}/issues/${issue.issue_id}`
    return [
      {
        issue,
        labels: labelsOf(issue),
        state,
        change: state === 'firing' && isOver(change) ? 'reopened' : change,
        url,
      },
    ]
  })
  const notice = noticeOf(delivery.notice)
  if (listed.length === 0 && notice === null) return null
  return {
    deliveryId: delivery.delivery_id,
    tenantId: delivery.tenant_id,
    reason: delivery.reason,
    groupKey: delivery.group_key,
    groupLabels: delivery.labels,
    state: overall(listed),
    issues: listed.slice(0, ISSUES_MAX),
    omitted: Math.max(0, listed.length - ISSUES_MAX),
    notice,
    atMs,
    externalUrl,
  }
}

const isOver = (change: string): boolean => change === 'resolved' || change === 'acknowledged'

function overall(listed: readonly MessageIssue[]): IssueState {
  if (listed.length === 0 || listed.some((i) => i.state === 'firing')) return 'firing'
  return listed.every((i) => i.state === 'resolved') ? 'resolved' : 'acknowledged'
}

export function stateOf(issue: Pick<NotifiedIssue, 'status'>): IssueState | null {
  if (issue.status === 'open') return 'firing'
  return issue.status === 'acknowledged' || issue.status === 'resolved' ? issue.status : null
}

function noticeOf(stored: DeliveryRow['notice']): Notice | null {
  // The type is right: only the planner and the routes write notices.
  return stored === null ? null : (stored as unknown as Notice)
}

/** A summary in one line, for subjects and lists. */
export function headlineOf(m: NotificationMessage): string {
  if (m.notice !== null) return m.notice.title
  const [first] = m.issues
  if (first === undefined) return 'Nothing'
  const word = m.reason === 'digest' ? 'Digest' : WORDS[m.state]
  const more = m.issues.length + m.omitted - 1
  const rest = more === 0 ? '' : ` and ${more} more`
  return `${word}: ${first.issue.title}${rest}`
}

const WORDS: Readonly<Record<IssueState, string>> = {
  firing: 'Issue',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
}

/** The most important facts as pairs of a name and a value. */
export function factsOf({
  issue,
  labels,
  change,
}: MessageIssue): readonly (readonly [name: string, value: string])[] {
  const of = [
    labels.service,
    labels.route,
    labels.provider,
    labels.model,
    labels.tool,
    labels.agent,
  ]
  return [
    ['Severity', issue.severity],
    ['Type', issue.type],
    ['Why now', change],
    ['Project', issue.project_id],
    ...(issue.environment === null || issue.environment === ''
      ? []
      : [['Environment', issue.environment] as const]),
    ...(of.some((x) => x !== undefined)
      ? [['Where', of.filter((x) => x !== undefined).join(' · ')] as const]
      : []),
    ['Occurrences', String(issue.count)],
    ...(issue.users > 0 ? [['Users', String(issue.users)] as const] : []),
    ...(issue.traces > 0 ? [['Traces', String(issue.traces)] as const] : []),
    ...(issue.cost_usd > 0 ? [['Cost', `${issue.cost_usd.toFixed(4)} USD`] as const] : []),
    ['First seen', issue.first_seen.toISOString()],
    ['Last seen', issue.last_seen.toISOString()],
  ]
}
