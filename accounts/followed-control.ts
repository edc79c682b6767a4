// The control plane of other instances, for one that does not export to Postgres itself, such as an edge of a fleet: it knows the keys and
// quotas that are in Postgres, and changes nothing there but the leases of quotas and the times at which keys were used.

import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Clock } from '../core/clock.ts'
import type { Metrics } from '../core/metrics.ts'
import { KeyDirectory } from './key-directory.ts'
import { QuotaKeeper } from './quota-keeper.ts'

export interface FollowedParts {
  /** Contains the password: never log it. */
  readonly url: string
  readonly hasPepper: boolean
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
  /** The log of this instance. */
  readonly durable: { readonly id: Buffer; readonly nextSequence: bigint }
}

export class FollowedControl {
  readonly keys: KeyDirectory
  readonly quotas: QuotaKeeper
  /** Jobs are worked where the stores are. */
  readonly jobs = undefined

  constructor({ url, hasPepper, clock, metrics, log, durable }: FollowedParts) {
    this.keys = new KeyDirectory({ url, clock, metrics, log, hasPepper })
    this.quotas = new QuotaKeeper({
      url,
      clock,
      metrics,
      log,
      instance: durable.id.toString('hex'),
      life: randomUUID(),
      // Others count what this instance has accepted, some time after it has left the log here.
      position: () => ({ next: durable.nextSequence, counted: durable.nextSequence }),
    })
    this.keys.onChange(() => this.quotas.forget())
  }

  /** Goes on without the database, if it does not answer. */
  async start(): Promise<void> {
    await this.keys.start()
    await this.quotas.start()
  }

  async stop(): Promise<void> {
    await this.quotas.stop()
    await this.keys.stop()
  }
}
