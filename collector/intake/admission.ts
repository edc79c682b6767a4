// Who may come in: bodies take memory from their first byte on, and work has to be done within the time that a client
// waits. What does not fit is refused while that still costs little: 503, or 429 for whoever takes more than its share.

import type { Limits } from '../../config/root.ts'
import type { Clock } from '../../core/clock.ts'
import type { Admission, AdmissionRequest, Reservation } from '../../core/component.ts'
import { counter, gauge, type Metrics } from '../../core/metrics.ts'
import type { QuotaGate } from '../../core/quota.ts'
import { sharedBodies } from '../http/body.ts'
import { workOf } from '../worker/fair-queue.ts'
import type { WorkerPool } from '../worker/pool.ts'
import { type KeyRates, keyRates } from './key-rates.ts'
import { type Refusal, refusal } from './refusals.ts'

export const ADMISSION_METRICS = [
  gauge(
    'observa_in_flight_bytes',
    'Decoded bytes of requests that are read, processed or written.',
  ),
  gauge('observa_in_flight_requests', 'Requests that are read, processed or written.'),
  gauge('observa_body_memory_bytes', 'Shared memory that request bodies take.'),
  gauge(
    'observa_expected_wait_seconds',
    'How long a request of a new client would wait for a worker.',
  ),
  counter('observa_admission_refused_total', 'Requests refused for want of room, by reason.', [
    'reason',
  ]),
]

export interface AdmissionSettings {
  /** Decoded bytes of all requests that are not yet answered. */
  readonly bytesMax: number
  /** Longest expected wait for a worker. */
  readonly waitMsMax: number
}

/** Room for a body whose length is not declared; it grows as it comes. */
const CHUNKED_BYTES = 64 * 1024
/** How much larger bodies became when they were unpacked, at the start. */
const RATIO_FIRST = 5
const RATIO_WEIGHT = 0.05
/** So much of the longest wait must have been waited already by somebody. */
const WAITED_SHARE = 0.25
/** No key holds more than this share of the memory while others may want some. */
const KEY_SHARE = 0.75

export class AdmissionControl {
  readonly #settings: AdmissionSettings
  readonly #metrics: Metrics
  /** The running pool; a reload replaces it. */
  pool: WorkerPool | null = null
  /** Null where a key may send as often as it likes. */
  rates: KeyRates | null = null
  /** Limits of projects; null without a control plane. */
  quotas: QuotaGate | null = null
  draining = false
  #bytes = 0
  #requests = 0
  #ratio = RATIO_FIRST
  /** Bytes by key; a key is here while it holds some. */
  readonly #byKey = new Map<string, number>()

  /** With the limits of the configuration. */
  static of(
    limits: Limits,
    { metrics, clock }: { readonly metrics: Metrics; readonly clock: Clock },
  ): AdmissionControl {
    const room = { bytesMax: limits.max_pending_bytes, waitMsMax: limits.max_wait }
    const control = new AdmissionControl(room, metrics)
    control.rates = keyRates(limits.max_key_requests_per_second, clock)
    return control
  }

  constructor(settings: AdmissionSettings, metrics: Metrics) {
    this.#settings = settings
    this.#metrics = metrics
    metrics.declare(ADMISSION_METRICS)
    metrics.onCollect(() => {
      metrics.set('observa_in_flight_bytes', '', this.#bytes)
      metrics.set('observa_in_flight_requests', '', this.#requests)
      metrics.set('observa_body_memory_bytes', '', sharedBodies.usedBytes)
      metrics.set(
        'observa_expected_wait_seconds',
        '',
        (this.pool?.expectedWaitMs('', 0) ?? 0) / 1000,
      )
    })
  }

  /** Before the body is read. Whoever gets a reservation releases it. */
  admit({ key, wireBytes, encoding }: AdmissionRequest): Admission {
    if (this.draining) return refusal('shuttingDown')
    const tooOften = this.rates?.take(key) ?? null
    if (tooOften !== null) {
      this.#metrics.add('observa_admission_refused_total', 'reason="rate"')
      return { ...refusal('requestsOfKey', tooOften.retryAfterS), details: tooOften.details }
    }
    const declared = wireBytes < 0 ? CHUNKED_BYTES : wireBytes
    const bytes = encoding === 'identity' ? declared : Math.round(declared * this.#ratio)
    const refused = this.#noRoom(key, bytes) ?? this.tooLong(key, bytes)
    if (refused !== null) return refused
    const held = new Held(this, key)
    held.set(bytes)
    this.#requests++
    return { ok: true, reservation: held }
  }

  /** Why work of so many decoded bytes would wait too long; null when it would not. */
  tooLong(key: string, bytes: number): Refusal | null {
    const { pool } = this
    if (pool === null) return null
    const waitMs = pool.expectedWaitMs(key, workOf(bytes))
    const { waitMsMax } = this.#settings
    // An estimate alone refuses nobody: a cold start makes it high, and a burst may be gone in a moment.
    if (waitMs <= waitMsMax || pool.waitedMs(key) < waitMsMax * WAITED_SHARE) return null
    const retryAfterS = Math.max(1, Math.ceil(waitMs / 1000))
    // Whoever has more waiting than others is told to slow down; the others that there is no room now.
    const isGreedy = pool.isAboveFairShare(key)
    this.#metrics.add('observa_admission_refused_total', `reason="${isGreedy ? 'share' : 'wait'}"`)
    return refusal(isGreedy ? 'workOfKey' : 'tooMuchWork', retryAfterS)
  }

  /** Takes a reservation's bytes from `from` to `to`; false, and nothing changed, when there is no room. */
  resize(key: string, from: number, to: number): boolean {
    if (to > from && this.#noRoom(key, to - from) !== null) return false
    this.#bytes += to - from
    const held = (this.#byKey.get(key) ?? 0) + to - from
    if (held > 0) this.#byKey.set(key, held)
    else this.#byKey.delete(key)
    return true
  }

  leave(key: string, bytes: number): void {
    this.resize(key, bytes, 0)
    this.#requests--
  }

  /** What unpacking did to a body, for the estimate of the next ones. */
  learnRatio(wireBytes: number, decodedBytes: number): void {
    if (wireBytes === 0) return
    this.#ratio += (Math.max(1, decodedBytes / wireBytes) - this.#ratio) * RATIO_WEIGHT
  }

  /** One request always fits, however large the limits allow it to be: else it could never be sent. */
  #noRoom(key: string, more: number): Refusal | null {
    const { bytesMax } = this.#settings
    const own = this.#byKey.get(key) ?? 0
    const isFull = this.#bytes > 0 && this.#bytes + more > bytesMax
    const isGreedy = own > 0 && own < this.#bytes && own + more > bytesMax * KEY_SHARE
    if (!isFull && !isGreedy) return null
    this.#metrics.add('observa_admission_refused_total', 'reason="bytes"')
    return refusal(isGreedy && !isFull ? 'bytesOfKey' : 'bytesInFlight')
  }
}

class Held implements Reservation {
  readonly #control: AdmissionControl
  readonly #key: string
  #bytes = 0
  #isOver = false

  constructor(control: AdmissionControl, key: string) {
    this.#control = control
    this.#key = key
  }

  get bytes(): number {
    return this.#bytes
  }

  set(bytes: number): boolean {
    if (this.#isOver || !this.#control.resize(this.#key, this.#bytes, bytes)) return false
    this.#bytes = bytes
    return true
  }

  release(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#control.leave(this.#key, this.#bytes)
  }
}
