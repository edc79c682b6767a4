// The part that each instance has in a deletion: it drops new data of deleted subjects, confirms when all data that it accepted before is
// in the stores, and removes the subject from its log and its dead letters. A job does the rest (`jobs/deletions`) and waits for this.

import type { Logger } from 'pino'
import type { Clock } from '../../core/clock.ts'
import { tombstoneDigest } from '../../core/deletion/subject.ts'
import { TOMBSTONES_MAX, TombstoneSet } from '../../core/deletion/tombstone-set.ts'
import { counter, gauge, type Metrics } from '../../core/metrics.ts'
import {
  erased,
  left,
  seen,
  settle,
  type Unconfirmed,
  unconfirmed,
} from '../../storage/control/deletion-instances.ts'
import { activeTombstones } from '../../storage/control/deletions.ts'
import { errorCodeOf } from '../../storage/postgres/connection.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import type { DurableLog } from '../log/log.ts'
import { DELETED_DROPPED, HAS_DELETIONS } from '../worker/deleted-events.ts'
import type { LetterEraser } from './letter-eraser.ts'

const TOMBSTONES = 'observa_deletion_tombstones'
const LEFT_OUT = 'observa_deletion_tombstones_left_out'
const UNCONFIRMED = 'observa_deletion_unconfirmed'

export const DELETION_METRICS = [
  gauge(TOMBSTONES, `Digests of what was deleted and is kept out; ${TOMBSTONES_MAX} at most.`),
  gauge(LEFT_OUT, 'Digests that did not fit: the oldest are not kept out at ingest.'),
  gauge(UNCONFIRMED, 'Deletions that this instance has not confirmed.'),
  counter(DELETED_DROPPED, 'Items that were dropped because they belong to something deleted.'),
]

export interface LocalDeletionsOptions {
  /** The URL of Postgres. It contains the password: never log it. */
  readonly url: string
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
  readonly instance: string
  readonly tombstones: SharedArrayBuffer
  readonly durable: Pick<DurableLog, 'nextSequence' | 'erase' | 'stats'>
  /** Returns the sequence number of the next record that each exporter sends. */
  readonly positions: () => readonly bigint[]
  /** Resolves when all tasks that are running now are in the log. */
  readonly settled: () => Promise<void>
  readonly letters: LetterEraser
}

/** The interval at which the instance reports that it is alive and reads the deletions. A notification makes it read them at once. */
const LOOK_MS = 2000
const TIMEOUT_MS = 5000

/** A deletion that this instance has read and not yet confirmed. */
interface Pending {
  /** Records with a lower sequence number were made before the tombstone applied. */
  readonly position: bigint
  readonly hadMore: boolean
}

export class LocalDeletions {
  readonly #options: LocalDeletionsOptions
  readonly #set: TombstoneSet
  readonly #pool: PostgresPool
  readonly #stopping = new AbortController()
  readonly #settling = new Map<string, Pending>()
  readonly #erasing = new Map<string, bigint>()
  #wake = new AbortController()
  #isFirst = true
  #hasFailed = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: LocalDeletionsOptions) {
    this.#options = options
    this.#set = new TombstoneSet(options.tombstones)
    this.#pool = new PostgresPool({
      url: options.url,
      max: 1,
      connectTimeoutMs: TIMEOUT_MS,
      statementTimeoutMs: TIMEOUT_MS,
      applicationName: 'observa/deletions',
    })
  }

  /** Reads the deletions once, so that deleted subjects are dropped from the first request on, and continues in the background. */
  async start(): Promise<void> {
    await this.#lookSafely()
    this.#running = this.#lookOn()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake.abort()
    await this.#running
    await this.#leave().catch(() => {
      // Deletions then wait for this instance until it counts as gone.
    })
    await this.#pool.end()
  }

  /** Called when the control plane has changed. */
  look(): void {
    this.#wake.abort()
  }

  async #lookOn(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, AbortSignal.any([signal, this.#wake.signal])).catch(() => {})
      if (signal.aborted) return
      this.#wake = new AbortController()
      await this.#lookSafely()
    }
  }

  async #lookSafely(): Promise<void> {
    try {
      await this.#look()
      this.#hasFailed = false
    } catch (thrown) {
      if (!this.#hasFailed && !this.#stopping.signal.aborted)
        this.#options.log.warn(
          { code: errorCodeOf(thrown) },
          'deletions cannot be looked for; what is kept out stays as it is',
        )
      this.#hasFailed = true
    }
  }

  async #look(): Promise<void> {
    const { instance, metrics, log } = this.#options
    const { active, open } = await withRole(this.#pool, 'observa_control', async (c) => {
      await seen(c, instance)
      return {
        active: await activeTombstones(c, TOMBSTONES_MAX),
        open: await unconfirmed(c, instance),
      }
    })
    const marks = active.tenants.map((t) => tombstoneDigest('tenant', t, '', HAS_DELETIONS))
    const leftOut = this.#set.replace([...marks, ...active.digests])
    if (leftOut > 0)
      log.warn({ leftOut }, 'there are more tombstones than fit; the oldest are not kept out')
    metrics.set(TOMBSTONES, '', this.#set.size)
    metrics.set(LEFT_OUT, '', leftOut)
    metrics.set(UNCONFIRMED, '', open.length)
    await this.#settle(open.filter((d) => !d.is_settled))
    for (const d of open) if (d.is_settled) await this.#erase(d)
    this.#isFirst = false
  }

  async #settle(open: readonly Unconfirmed[]): Promise<void> {
    const { durable, positions, settled, instance, clock } = this.#options
    const fresh = open.filter((d) => !this.#settling.has(d.deletion_id))
    if (fresh.length > 0) {
      const isBehind = positions().some((at) => at < durable.nextSequence)
      await settled()
      const position = durable.nextSequence
      for (const { deletion_id, state } of fresh) {
        const hadMore = state !== 'waiting' && (isBehind || !this.#isFirst)
        this.#settling.set(deletion_id, { position, hadMore })
      }
    }
    // Data that is being sent reaches the stores within moments if they answer.
    for (let tries = 0; tries < 20 && this.#isBehind(open); tries++)
      await clock.sleep(100, this.#stopping.signal).catch(() => {})
    for (const hadMore of [true, false]) {
      const ids = open.map((d) => d.deletion_id).filter((id) => this.#isReady(id, hadMore))
      if (ids.length === 0) continue
      await withRole(this.#pool, 'observa_control', (c) => settle(c, instance, ids, hadMore))
      for (const id of ids) this.#settling.delete(id)
    }
  }

  #isBehind(open: readonly Unconfirmed[]): boolean {
    const waiting = open.map((d) => this.#settling.get(d.deletion_id)?.position ?? 0n)
    return this.#options.positions().some((at) => waiting.some((position) => at < position))
  }

  #isReady(id: string, hadMore: boolean): boolean {
    const pending = this.#settling.get(id)
    if (pending === undefined || pending.hadMore !== hadMore) return false
    return this.#options.positions().every((at) => at >= pending.position)
  }

  async #erase({ tenant_id, deletion_id }: Unconfirmed): Promise<void> {
    const { durable, letters, instance } = this.#options
    const position = this.#erasing.get(deletion_id) ?? durable.nextSequence
    const isFirst = !this.#erasing.has(deletion_id)
    this.#erasing.set(deletion_id, position)
    const removed = isFirst ? await letters.erase(this.#pool, { tenant_id, deletion_id }) : 0
    const isDone = await durable.erase(position)
    await withRole(this.#pool, 'observa_control', async (c) => {
      if (isDone) await erased(c, instance, deletion_id, removed)
    })
    if (isDone) this.#erasing.delete(deletion_id)
  }

  /** Removes the instance from the list, so that no deletion waits for an instance that stopped with all data delivered. */
  async #leave(): Promise<void> {
    const { positions, durable, instance } = this.#options
    if (positions().some((at) => at < durable.nextSequence)) return
    await withRole(this.#pool, 'observa_control', (c) => left(c, instance))
  }
}
