// The contract of a channel: it gives a message the form of one kind of target and sends it.

import type { AddressGuard } from '../http/address-guard.ts'
import type { PostOutcome } from '../http/post.ts'
import type { NotificationMessage } from '../message.ts'
import type { Target } from '../target.ts'

/** The mail server of the operator. */
export interface MailSettings {
  /** `smtp://user:password@host:port` or `smtps://`. Never logged. */
  readonly url: string
  readonly from: string
}

export interface ChannelDeps {
  readonly guard: AddressGuard
  /** Null when no mail server is configured. */
  readonly mail: MailSettings | null
}

export type TargetOfKind<K extends Target['kind']> = Extract<Target, { readonly kind: K }>

/** Sends a message; never rejects. */
export type Channel<K extends Target['kind']> = (
  target: TargetOfKind<K>,
  message: NotificationMessage,
  deps: ChannelDeps,
) => Promise<PostOutcome>
