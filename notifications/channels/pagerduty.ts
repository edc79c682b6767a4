// PagerDuty's Events API v2: one event for each issue. The key of an event is the fingerprint of the issue, so a repetition
// changes nothing.

import type { AddressGuard } from '../http/address-guard.ts'
import { type PostOutcome, post } from '../http/post.ts'
import type { MessageIssue, NotificationMessage } from '../message.ts'
import type { Channel, TargetOfKind } from './channel.ts'

const SUMMARY_CHARS_MAX = 1024
const KEY_CHARS_MAX = 255

const ACTIONS = { firing: 'trigger', acknowledged: 'acknowledge', resolved: 'resolve' } as const
const SEVERITIES = { high: 'critical', medium: 'warning', low: 'info' } as const
/** PagerDuty asks for a retry after all other failures. 400 means that the event is invalid. */
const isFinal = (o: PostOutcome): boolean => o.status === 400

type PagerDuty = TargetOfKind<'pagerduty'>

/** Sends one event after another. If one fails, all of them are sent again, which changes nothing for those that arrived. */
export const sendPagerDuty: Channel<'pagerduty'> = async (target, m, { guard }) => {
  const events = m.notice === null ? m.issues.map((i) => eventOf(m, i)) : [noticeEvent(m, m.notice)]
  let last: PostOutcome | null = null
  for (const event of events) {
    last = await sendOne(guard, target, event)
    if (!last.isDone) return isFinal(last) ? { ...last, isRetryable: false } : last
  }
  return (
    last ?? {
      isDone: true,
      isRetryable: false,
      status: null,
      code: null,
      text: '',
      retryAfterMs: null,
    }
  )
}

async function sendOne(
  guard: AddressGuard,
  { settings, secrets }: PagerDuty,
  event: Readonly<Record<string, unknown>>,
): Promise<PostOutcome> {
  const body = JSON.stringify({ routing_key: secrets.routing_key, ...event })
  return await post(guard, { url: settings.url, body })
}

function eventOf(m: NotificationMessage, { issue, labels, state, url }: MessageIssue) {
  return {
    event_action: ACTIONS[state],
    dedup_key: `${issue.tenant_id}/${issue.project_id}/${issue.fingerprint}`.slice(-KEY_CHARS_MAX),
    client: 'Observa',
    ...(m.externalUrl === null ? {} : { client_url: m.externalUrl }),
    ...(url === null ? {} : { links: [{ href: url, text: 'The issue' }] }),
    payload: {
      summary: issue.title.slice(0, SUMMARY_CHARS_MAX),
      source: labels.service ?? issue.project_id,
      severity: SEVERITIES[issue.severity],
      timestamp: issue.last_seen.toISOString(),
      component: labels.tool ?? labels.model ?? labels.agent,
      group: issue.project_id,
      class: issue.type,
      custom_details: {
        ...labels,
        count: issue.count,
        users: issue.users,
        traces: issue.traces,
        evidence: issue.evidence,
      },
    },
  }
}

function noticeEvent(m: NotificationMessage, notice: NonNullable<NotificationMessage['notice']>) {
  return {
    event_action: 'trigger',
    dedup_key: `${m.tenantId}/${m.groupKey === '' ? m.deliveryId : m.groupKey}`.slice(
      -KEY_CHARS_MAX,
    ),
    client: 'Observa',
    payload: {
      summary: notice.title.slice(0, SUMMARY_CHARS_MAX),
      source: 'observa',
      severity: SEVERITIES[notice.severity],
      timestamp: new Date(m.atMs).toISOString(),
      class: m.reason,
      custom_details: { text: notice.text, ...notice.details },
    },
  }
}
