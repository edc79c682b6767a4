// What a notification says, before a channel gives it its form: the issues with their state at the moment of sending, or a notice about
// a budget or quota, or a test.

import type { DeliveryReason, DeliveryRow } from '../storage/control/deliveries.ts'
import type { ToldIssue } from '../storage/control/notification-groups.ts'
import { type Labels, labelsOf } from './matching.ts'

export type IssueState = 'firing' | 'acknowledged' | 'resolved'

export interface MessageIssue {
  readonly issue: ToldIssue
  readonly labels: Labels
  readonly state: IssueState
  /** Why it is told: opened, regressed, escalating, reopened, worse, repeat, acknowledged or resolved. */
  readonly change: string
  readonly url: string | null
}

export interface Notice {
  readonly title: string
  readonly text: string
  readonly severity: 'high' | 'medium' | 'low'
  readonly details: Readonly<Record<string, string | number | null>>
}

export interface Message {
  /** The same at each try, so that a receiver knows a repetition. */
  readonly deliveryId: string
  readonly tenantId: string
  readonly reason: DeliveryReason
  readonly groupKey: string
  readonly groupLabels: Readonly<Record<string, string>>
  /** Resolved only when all issues are. */
  readonly state: IssueState
  readonly issues: readonly MessageIssue[]
  /** Issues of the group that are not listed. */
  readonly omitted: number
  readonly notice: Notice | null
  /** Time of the try, ms. */
  readonly atMs: number
  readonly externalUrl: string | null
}

const ISSUES_MAX = 100

/** Null when nothing is left to say: what was to be told is over or was taken over by somebody. */
export function messageOf(
  delivery: DeliveryRow,
  issues: readonly ToldIssue[],
  { atMs, externalUrl }: { readonly atMs: number; readonly externalUrl: string | null },
): Message | null {
  const changes = new Map(delivery.issues.map((i) => [`${i.project_id}\n${i.issue_id}`, i.change]))
  const told = issues.flatMap((issue): MessageIssue[] => {
    const change = changes.get(`${issue.project_id}\n${issue.issue_id}`) ?? 'opened'
    const state = stateOf(issue)
    // Who ignores or snoozes an issue in the meantime wants to hear nothing of it.
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
  if (told.length === 0 && notice === null) return null
  return {
    deliveryId: delivery.delivery_id,
    tenantId: delivery.tenant_id,
    reason: delivery.reason,
    groupKey: delivery.group_key,
    groupLabels: delivery.labels,
    state: overall(told),
    issues: told.slice(0, ISSUES_MAX),
    omitted: Math.max(0, told.length - ISSUES_MAX),
    notice,
    atMs,
    externalUrl,
  }
}

const isOver = (change: string): boolean => change === 'resolved' || change === 'acknowledged'

function overall(told: readonly MessageIssue[]): IssueState {
  if (told.length === 0 || told.some((i) => i.state === 'firing')) return 'firing'
  return told.every((i) => i.state === 'resolved') ? 'resolved' : 'acknowledged'
}

export function stateOf(issue: Pick<ToldIssue, 'status'>): IssueState | null {
  if (issue.status === 'open') return 'firing'
  return issue.status === 'acknowledged' || issue.status === 'resolved' ? issue.status : null
}

function noticeOf(stored: DeliveryRow['notice']): Notice | null {
  // Only the planner and the routes write it, in this form.
  return stored === null ? null : (stored as unknown as Notice)
}

/** One line that says it all, for subjects and lists. */
export function headlineOf(m: Message): string {
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

/** What a person wants to know first, as lines of name and value. */
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
