// What the configuration says about notifications, in the form that the sender and the planner need.

import type { ObservaConfig } from '../../config/root.ts'
import type { MailSettings } from '../../notifications/channels/channel.ts'
import { AddressGuard } from '../../notifications/http/address-guard.ts'
import { type Inhibition, PROVIDER_OUTAGE } from '../../notifications/matching.ts'

export interface NotificationSettings {
  readonly guard: AddressGuard
  readonly mail: MailSettings | null
  readonly externalUrl: string | null
  readonly inhibitions: readonly Inhibition[]
}

export function notificationSettingsOf({
  notifications,
}: Pick<ObservaConfig, 'notifications'>): NotificationSettings {
  const { external_url, smtp, allow_private, inhibit } = notifications
  return {
    guard: new AddressGuard(allow_private),
    mail: smtp === undefined ? null : { url: smtp.url.reveal(), from: smtp.from },
    externalUrl: external_url?.replace(/\/+$/, '') ?? null,
    inhibitions: inhibit ?? [PROVIDER_OUTAGE],
  }
}
