// A project with a quota, as an instance knows it: what its lease has left, and what was accepted and is not counted yet.

import type { Amounts, Grant, ProjectQuota } from '../storage/control/quotas.ts'

export interface Checkpoint {
  readonly sequence: bigint
  readonly events: number
  readonly bytes: number
}

export class LimitedProject {
  limits: ProjectQuota
  readonly free = { events: 0, bytes: 0 }
  /** Accepted since the last checkpoint. */
  readonly spent = { events: 0, bytes: 0 }
  readonly checkpoints: Checkpoint[] = []
  taking: Promise<Grant | null> | null = null
  refusedUntilMs = Number.NEGATIVE_INFINITY
  /** The smallest that was refused last: what is smaller is asked for anyway. */
  refusedFor: Amounts = { events: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }
  usage: Grant | null = null
  costUsd = 0
  resetsAt = new Date(0)
  usedAtMs = 0
  /** Events that the rate has left; below zero after a large request. */
  tokens = 0
  tokensAtMs = 0

  constructor(limits: ProjectQuota) {
    this.limits = limits
  }
}
