// Sends a message by the channel of its target.

import type { PostOutcome } from '../http/post.ts'
import type { NotificationMessage } from '../message.ts'
import type { Target } from '../target.ts'
import { sendAlertmanager, sendAlertmanagerWebhook } from './alertmanager.ts'
import type { ChannelDeps } from './channel.ts'
import { sendEmail } from './email.ts'
import { sendPagerDuty } from './pagerduty.ts'
import { sendSlack } from './slack.ts'
import { sendWebhook } from './webhook.ts'

export async function sendTo(
  target: Target,
  message: NotificationMessage,
  deps: ChannelDeps,
): Promise<PostOutcome> {
  switch (target.kind) {
    case 'email':
      return await sendEmail(target, message, deps)
    case 'webhook':
      return await sendWebhook(target, message, deps)
    case 'slack':
      return await sendSlack(target, message, deps)
    case 'alertmanager_webhook':
      return await sendAlertmanagerWebhook(target, message, deps)
    case 'alertmanager':
      return await sendAlertmanager(target, message, deps)
    case 'pagerduty':
      return await sendPagerDuty(target, message, deps)
  }
}
