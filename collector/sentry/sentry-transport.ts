// Sends items to Sentry, one after the other, beside everything else: whoever reports never waits. Items wait in a bounded queue. What
// Sentry refuses is dropped; what does not reach it is tried three times. All that is dropped is counted with the reason.

import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Logger } from 'pino'
import type { Clock } from '../../core/clock.ts'
import type { SentryDsn } from '../../core/config/sentry-dsn.ts'
import { codeOf } from '../../core/errors.ts'
import { guardedLookup } from '../../core/http/guarded-lookup.ts'
import { counter, gauge, type Metrics } from '../../core/metrics.ts'
import { envelopeOf, type SentryCategory, type SentryItem } from './sentry-item.ts'
import { SentryLimits } from './sentry-limits.ts'

export interface SentryTransportOptions {
  readonly dsn: SentryDsn
  readonly version: string
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Pick<Logger, 'warn' | 'info'>
  /** For tests: how long a request may take, ms. */
  readonly timeoutMs?: number
}

const SENT = 'observa_sentry_sent_total'
const DROPPED = 'observa_sentry_dropped_total'
const QUEUED = 'observa_sentry_queue_items'

export const SENTRY_METRICS = [
  counter(SENT, 'Errors and transactions that Sentry took.', ['type']),
  counter(
    DROPPED,
    'Errors and transactions that were not reported to Sentry: `queue_full`, `limited` (Sentry asked to be left alone), `repeated` and `rate` (more than are reported in a minute), `refused`, `unreachable` (three tries), `stopped`, `fault`.',
    ['type', 'reason'],
  ),
  gauge(QUEUED, 'Errors and transactions that wait to be sent to Sentry, of 100 at most.'),
]

export type DropReason =
  | 'queue_full'
  | 'limited'
  | 'repeated'
  | 'rate'
  | 'refused'
  | 'unreachable'
  | 'stopped'
  | 'fault'

const QUEUE_ITEMS_MAX = 100
const TIMEOUT_MS = 10_000
/** Pauses before the second and the third try. */
const RETRY_MS = [1000, 5000] as const

type Outcome = 'taken' | 'limited' | 'refused' | 'unreachable'

export class SentryTransport {
  readonly #options: SentryTransportOptions
  readonly #queue: SentryItem[] = []
  readonly #limits = new SentryLimits()
  readonly #stopping = new AbortController()
  #isClosed = false
  #isReached = true
  #work: Promise<void> | null = null

  constructor(options: SentryTransportOptions) {
    this.#options = options
    const { metrics } = options
    metrics.declare(SENTRY_METRICS)
    metrics.onCollect(() => metrics.set(QUEUED, '', this.#queue.length))
  }

  /** Returns at once. */
  add(item: SentryItem): void {
    const { clock } = this.#options
    if (this.#isClosed) this.dropped(item.category, 'stopped')
    else if (this.#limits.isLimited(item.category, clock.nowMs()))
      this.dropped(item.category, 'limited')
    else if (this.#queue.length >= QUEUE_ITEMS_MAX) this.dropped(item.category, 'queue_full')
    else {
      this.#queue.push(item)
      this.#work ??= this.#sendAll()
    }
  }

  dropped(category: SentryCategory, reason: DropReason): void {
    this.#options.metrics.add(DROPPED, `type="${category}",reason="${reason}"`)
  }

  /** Sends what waits, for `ms` at most, and drops the rest. Later items are dropped. */
  async close(ms: number): Promise<void> {
    this.#isClosed = true
    const timer = setTimeout(() => this.#stopping.abort(), ms)
    await this.#work
    clearTimeout(timer)
  }

  async #sendAll(): Promise<void> {
    // The caller goes on first: it may be in the middle of a request.
    await new Promise(setImmediate)
    // An item stays in the queue while it is being sent, so that the bound and the gauge count it.
    for (let item = this.#queue[0]; item !== undefined; item = this.#queue[0]) {
      await this.#sendOne(item)
      this.#queue.shift()
    }
    this.#work = null
  }

  async #sendOne(item: SentryItem): Promise<void> {
    const { clock, metrics } = this.#options
    const { signal } = this.#stopping
    for (let attempt = 0; ; attempt++) {
      if (signal.aborted) return this.dropped(item.category, 'stopped')
      if (this.#limits.isLimited(item.category, clock.nowMs()))
        return this.dropped(item.category, 'limited')
      const outcome = await this.#post(item)
      if (outcome === 'taken') return metrics.add(SENT, `type="${item.category}"`)
      if (outcome !== 'unreachable') return this.dropped(item.category, outcome)
      const pauseMs = RETRY_MS[attempt]
      if (pauseMs === undefined) return this.dropped(item.category, 'unreachable')
      await clock.sleep(pauseMs, signal).catch(() => {})
    }
  }

  async #post(item: SentryItem): Promise<Outcome> {
    const { clock } = this.#options
    try {
      const body = envelopeOf(item, new Date(clock.nowMs()).toISOString())
      const { statusCode: status = 0, headers } = await this.#exchange(body)
      this.#limits.learn(status, headers, clock.nowMs())
      if (status >= 500) return this.#failed(`HTTP ${status}`)
      if (!this.#isReached) this.#options.log.info('Sentry takes reports again')
      this.#isReached = true
      if (status === 429) return 'limited'
      return status >= 200 && status < 300 ? 'taken' : this.#refused(status)
    } catch (thrown) {
      const name = thrown instanceof Error ? thrown.name : 'Error'
      return this.#failed(codeOf(thrown) ?? name)
    }
  }

  #failed(reason: string): Outcome {
    if (this.#isReached && !this.#stopping.signal.aborted)
      this.#options.log.warn(
        { code: 'OBS_SENTRY_UNREACHABLE', reason },
        'Sentry does not take reports; some are dropped until it does',
      )
    this.#isReached = false
    return 'unreachable'
  }

  #refused(status: number): Outcome {
    this.#options.log.warn(
      { code: 'OBS_SENTRY_REFUSED', status },
      'Sentry refused a report: check the DSN of telemetry.sentry',
    )
    return 'refused'
  }

  /** The answer without its body. Redirects are not followed: a DSN names the host that is meant. */
  #exchange(body: Buffer): Promise<IncomingMessage> {
    const { dsn, version, timeoutMs = TIMEOUT_MS } = this.#options
    const url = new URL(dsn.endpoint)
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    return new Promise((resolve, reject) => {
      const req = send(url, {
        method: 'POST',
        agent: false,
        lookup: guardedLookup,
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#stopping.signal]),
        headers: {
          'content-type': 'application/x-sentry-envelope',
          'content-length': body.length,
          'user-agent': `observa/${version}`,
          'x-sentry-auth': `Sentry sentry_version=7, sentry_client=observa/${version}, sentry_key=${dsn.publicKey}`,
        },
      })
      req.on('response', (res) => {
        resolve(res)
        res.destroy()
      })
      req.on('error', reject)
      req.end(body)
    })
  }
}
