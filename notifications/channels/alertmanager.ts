// Alertmanager in both directions: its webhook body (version 4), for receivers that expect it, and its API (v2) as a target.
// In the API an alert lasts until `endsAt`. It is posted again while the issue continues, and ends by itself when the issue
// stops.

import { post } from '../http/post.ts'
import type { MessageIssue, NotificationMessage } from '../message.ts'
import type { Channel } from './channel.ts'

const NEVER = '0001-01-01T00:00:00Z'
const ALERTS_MAX = 50
/** The time that an alert lasts beyond its next post. */
const GRACE_MS = 5 * 60_000

type Words = Readonly<Record<string, string>>

export const sendAlertmanagerWebhook: Channel<'alertmanager_webhook'> = async (
  target,
  m,
  { guard },
) => {
  const alerts = alertsOf(m)
  const shown = alerts.slice(0, ALERTS_MAX)
  const body = {
    version: '4',
    groupKey: m.groupKey,
    truncatedAlerts: alerts.length - shown.length + m.omitted,
    status: shown.some((a) => a.status === 'firing') ? 'firing' : 'resolved',
    receiver: target.name,
    groupLabels: m.groupLabels,
    commonLabels: common(shown.map((a) => a.labels)),
    commonAnnotations: common(shown.map((a) => a.annotations)),
    externalURL: m.externalUrl ?? '',
    alerts: shown,
  }
  const headers = authorized(target.secrets.bearer_token)
  return await post(guard, { url: target.settings.url, headers, body: JSON.stringify(body) })
}

export const sendAlertmanager: Channel<'alertmanager'> = async (target, m, { guard }) => {
  const until = new Date(m.atMs + target.timing.repeat_interval_ms + GRACE_MS).toISOString()
  const alerts = alertsOf(m).map(({ labels, annotations, startsAt, endsAt, generatorURL }) => ({
    labels,
    annotations,
    startsAt,
    endsAt: endsAt === NEVER ? until : endsAt,
    ...(generatorURL === '' ? {} : { generatorURL }),
  }))
  const url = `${target.settings.url.replace(/\/+$/, '')}/api/v2/alerts`
  const headers = authorized(target.secrets.bearer_token)
  return await post(guard, { url, headers, body: JSON.stringify(alerts) })
}

const authorized = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

interface Alert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Words
  readonly annotations: Words
  readonly startsAt: string
  readonly endsAt: string
  readonly generatorURL: string
  readonly fingerprint: string
}

function alertsOf(m: NotificationMessage): readonly Alert[] {
  return m.notice === null ? m.issues.map(alertOf) : [noticeAlert(m, m.notice)]
}

function alertOf({ issue, labels, state, change, url }: MessageIssue): Alert {
  const { type: alertname = issue.type, ...rest } = labels
  return {
    status: state === 'resolved' ? 'resolved' : 'firing',
    labels: { alertname, ...words(rest) },
    annotations: {
      summary: issue.title,
      description: `${issue.count} occurrences in ${issue.traces} traces, the last at ${issue.last_seen.toISOString()}`,
      change,
    },
    startsAt: issue.first_seen.toISOString(),
    endsAt: state === 'resolved' ? issue.status_at.toISOString() : NEVER,
    generatorURL: url ?? '',
    fingerprint: issue.fingerprint.replace(/^.*:/, '').slice(0, 16),
  }
}

function noticeAlert(
  m: NotificationMessage,
  notice: NonNullable<NotificationMessage['notice']>,
): Alert {
  return {
    status: 'firing',
    labels: {
      alertname: `observa_${m.reason}`,
      tenant_id: m.tenantId,
      severity: notice.severity,
      ...m.groupLabels,
    },
    annotations: { summary: notice.title, description: notice.text },
    startsAt: new Date(m.atMs).toISOString(),
    endsAt: NEVER,
    generatorURL: m.externalUrl ?? '',
    fingerprint: m.deliveryId.replaceAll('-', '').slice(0, 16),
  }
}

function words(labels: Readonly<Partial<Record<string, string>>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** The labels that all alerts have in common. */
function common(all: readonly Words[]): Words {
  const [first = {}, ...others] = all
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((o) => o[name] === value)),
  )
}
