// The state of a project with a quota on this instance: the unspent part of its lease, and the accepted events that the
// exporter has not counted yet.

import type { Amounts, Grant, ProjectQuota } from '../storage/control/quotas.ts'

export interface Checkpoint {
  readonly sequence: bigint
  readonly events: number
  readonly bytes: number
}

export class LimitedProject {
  limits: ProjectQuota
  readonly free = { events: 0, bytes: 0 }
  /** Events and bytes that were accepted since the last checkpoint. */
  readonly spent = { events: 0, bytes: 0 }
  readonly checkpoints: Checkpoint[] = []
  taking: Promise<Grant | null> | null = null
  refusedUntilMs = Number.NEGATIVE_INFINITY
  /** The amounts of the last refused lease. A smaller request asks for a lease again, because it may still fit. */
  refusedFor: Amounts = { events: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }
  usage: Grant | null = null
  costUsd = 0
  resetsAt = new Date(0)
  usedAtMs = 0
  /** The number of events that the rate limit allows now. It is negative after a large request. */
  tokens = 0
  tokensAtMs = 0

  constructor(limits: ProjectQuota) {
    this.limits = limits
  }
}
