// The generic webhook, after Standard Webhooks (https://www.standardwebhooks.com): the headers `webhook-id`,
// `webhook-timestamp` and `webhook-signature`. The signature is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
// While a secret is being replaced there are two signatures, separated by a space. A receiver that has seen the id has had
// the message before.

import { createHmac } from 'node:crypto'
import { post } from '../http/post.ts'
import { headlineOf, type MessageIssue, type NotificationMessage } from '../message.ts'
import type { Channel } from './channel.ts'

export const sendWebhook: Channel<'webhook'> = async (target, message, { guard }) => {
  const body = JSON.stringify(bodyOf(message))
  const { secret, old_secret } = target.secrets
  const secrets = [secret, old_secret].filter((s) => s !== undefined)
  const headers = signedHeaders(message.deliveryId, message.atMs, body, secrets)
  return await post(guard, { url: target.settings.url, headers, body })
}

export function signedHeaders(
  id: string,
  atMs: number,
  body: string,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }),
  }
}

const TYPES = {
  issues: 'issues',
  repeat: 'issues',
  digest: 'digest',
  budget: 'budget',
  quota: 'quota',
  test: 'test',
} as const

/** `type` is `issues.firing`, `issues.acknowledged`, `issues.resolved`, `digest`, `budget`, `quota` or `test`. */
function bodyOf(m: NotificationMessage) {
  const type = TYPES[m.reason]
  return {
    type: type === 'issues' ? `issues.${m.state}` : type,
    timestamp: new Date(m.atMs).toISOString(),
    data: {
      delivery_id: m.deliveryId,
      tenant_id: m.tenantId,
      reason: m.reason,
      title: headlineOf(m),
      group: m.groupLabels,
      issues: m.issues.map(shownIssue),
      omitted: m.omitted,
      notice: m.notice,
    },
  }
}

function shownIssue({ issue, state, change, url, labels }: MessageIssue) {
  const { first_seen, last_seen, status_at, ...rest } = issue
  return {
    ...rest,
    state,
    change,
    labels,
    first_seen: first_seen.toISOString(),
    last_seen: last_seen.toISOString(),
    status_at: status_at.toISOString(),
    url,
  }
}
