// Delivers one batch: repeats attempts until the destination accepts or rejects it, halves a rejected batch until the
// bad part is found, and stores that part as a dead letter. A failure that may pass is retried without end.

import type { Logger } from 'pino'
import type { Clock } from '../../core/clock.ts'
import type { SendBatch, Sender } from '../../core/component.ts'
import { messageOf } from '../../core/errors.ts'
import { labelValue, type Metrics } from '../../core/metrics.ts'
import type { EncodedPart } from '../../core/task.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import { type BatchPart, batchIdOf, type CutBatch, halves } from './batch-cutter.ts'
import type { DeadLetterBox, DeadLetterHead } from './dead-letters.ts'
import type { LagLimit } from './lag-limit.ts'
import { BREAKER_LEVEL, type RetryPolicy } from './retry.ts'

/**
 * How long the loop waits before it tries again to store a dead letter, after the limit was reached or the disk
 * failed.
 */
const DEAD_LETTER_RETRY_MS = 5000
/** How often an exporter that waits for its destination looks how far it is behind. */
const LAG_LOOK_MS = 1000
/** How often a part may be split in succession, whatever a sender's `split` returns. */
const SPLIT_DEPTH_MAX = 20
/** The longest reason in a dead letter, so that a store's long error message cannot fill the disk. */
const MESSAGE_CHARS_MAX = 2000

export interface DeliverySettings {
  readonly exporterId: string
  readonly sender: Sender
  readonly logId: Uint8Array
  readonly deadLetters: DeadLetterBox
  readonly retry: RetryPolicy
  readonly attemptTimeoutMs: number
  readonly clock: Clock
  readonly metrics: Metrics
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly lag: LagLimit | null
}

export interface DeliveryHooks {
  /** Called before the first attempt of each range. The range is durable when it resolves. */
  freeze(range: CutBatch): Promise<void>
  /** Called when a range is sent or dead-lettered. */
  settled(range: CutBatch, counts: SettledCounts): void
}

export interface SettledCounts {
  readonly sent: number
  readonly deadLettered: number
  readonly skipped: number
}

/** Given up for the lag of the exporter, with the last failure of the destination. */
interface TooFarBehind {
  readonly kind: 'behind'
  readonly code: string
  readonly message: string
}

type Decided = Exclude<SendVerdict, { kind: 'retry' }> | TooFarBehind

interface Outcome {
  readonly verdict: Decided
  readonly attempts: number
  readonly firstAtMs: number
}

export class Delivery {
  readonly #s: DeliverySettings
  readonly #labels: string
  /** When the oldest item of the current batch was received, epoch milliseconds. */
  #oldestAtMs: number | null = null
  /** The failure after which the destination is not asked before the time given, monotonic milliseconds. */
  #outage: { readonly code: string; readonly message: string; readonly untilMs: number } | null =
    null
  /** The current problem as a sentence for the health report; null when there is none. */
  trouble: string | null = null

  constructor(settings: DeliverySettings) {
    this.#s = settings
    this.#labels = `exporter="${labelValue(settings.exporterId)}"`
    this.#showBreaker()
  }

  /** Resolves when every item of the batch is sent or dead-lettered. Rejects only with the signal's reason. */
  async deliver(batch: CutBatch, hooks: DeliveryHooks, signal: AbortSignal): Promise<void> {
    await hooks.freeze(batch)
    this.#oldestAtMs = batch.parts[0]?.createdAtMs ?? null
    const { exporterId, logId } = this.#s
    const sendBatch = sendBatchOf(batchIdOf(logId, exporterId, batch), batch.parts)
    const outcome = await this.#attempt(sendBatch, signal)
    const { verdict } = outcome
    if (verdict.kind === 'sent') {
      hooks.settled(batch, await this.#sent(batch.parts, '', verdict, outcome, signal))
      // An earlier attempt that ignored its deadline may still read them.
      if (this.#s.sender.keepsNoBytes === true && outcome.attempts === 1)
        for (const { memory } of batch.parts) memory?.transfer(0)
      return
    }
    if (verdict.kind === 'behind') {
      hooks.settled(batch, await this.#giveUp(batch, outcome, signal))
      return
    }
    const two = halves(batch, this.#isRecordWise())
    if (two !== null) {
      await this.deliver(two[0], hooks, signal)
      await this.deliver(two[1], hooks, signal)
      return
    }
    let deadLettered = 0
    for (const part of batch.parts)
      deadLettered += await this.#rejectedPart(part, sendBatch, '', outcome, signal)
    hooks.settled(batch, { sent: batch.items - deadLettered, deadLettered, skipped: 0 })
  }

  /** A sender that keeps its own position accepts or rejects whole records (see `halves`). */
  #isRecordWise(): boolean {
    return this.#s.sender.committedSequence !== undefined
  }

  /** Splits a rejected part as far as the sender can. Returns the number of items that became dead letters. */
  async #rejectedPart(
    part: BatchPart,
    batch: SendBatch,
    piece: string,
    outcome: Outcome,
    signal: AbortSignal,
  ): Promise<number> {
    const isWhole = this.#isRecordWise() || piece.split('.').length > SPLIT_DEPTH_MAX
    const pieces = isWhole ? null : (this.#s.sender.split?.(part) ?? null)
    if (pieces === null || pieces.length < 2) {
      await this.#bury(part, piece, part.items, part.bytes, outcome, signal)
      return part.items
    }
    let dead = 0
    for (const [i, small] of pieces.entries()) {
      const name = piece === '' ? `${i}` : `${piece}.${i}`
      const smallPart: BatchPart = { ...part, ...small }
      const smallBatch = { ...batch, batchId: pieceId(batch.batchId, i), parts: [smallPart] }
      const result = await this.#attempt(smallBatch, signal)
      if (result.verdict.kind === 'behind') {
        await this.#bury(smallPart, name, smallPart.items, smallPart.bytes, result, signal)
        dead += smallPart.items
      } else if (result.verdict.kind === 'rejected')
        dead += await this.#rejectedPart(smallPart, smallBatch, name, result, signal)
      else {
        const { verdict } = result
        const counts = await this.#sent([smallPart], `${name}.`, verdict, result, signal)
        dead += counts.deadLettered
      }
    }
    return dead
  }

  /** Counts what was sent, and stores a letter for items that the destination refused without naming them. */
  async #sent(
    parts: readonly BatchPart[],
    piecePrefix: string,
    verdict: Extract<Decided, { kind: 'sent' }>,
    outcome: Outcome,
    signal: AbortSignal,
  ): Promise<SettledCounts> {
    const items = parts.reduce((n, p) => n + p.items, 0)
    const refused = Math.min(items, verdict.rejected?.items ?? 0)
    const first = parts[0]
    if (refused > 0 && verdict.rejected !== undefined && first !== undefined) {
      const { code, message } = verdict.rejected
      const reason: Outcome = { ...outcome, verdict: { kind: 'rejected', code, message } }
      await this.#bury(first, `${piecePrefix}partial`, refused, null, reason, signal)
    }
    this.#s.metrics.add('otelcol_exporter_sent_spans', this.#labels, items - refused)
    return { sent: items - refused, deadLettered: refused, skipped: 0 }
  }

  /** What the destination has not taken and the exporter may no longer keep waiting for. */
  async #giveUp(batch: CutBatch, outcome: Outcome, signal: AbortSignal): Promise<SettledCounts> {
    const { lag, metrics } = this.#s
    if (lag?.whenBehind === 'skip') {
      metrics.add('observa_exporter_skipped_items_total', this.#labels, batch.items)
      return { sent: 0, deadLettered: 0, skipped: batch.items }
    }
    for (const part of batch.parts)
      await this.#bury(part, '', part.items, part.bytes, outcome, signal)
    return { sent: 0, deadLettered: batch.items, skipped: 0 }
  }

  async #bury(
    part: BatchPart,
    piece: string,
    items: number,
    bytes: Uint8Array | null,
    outcome: Outcome,
    signal: AbortSignal,
  ): Promise<void> {
    const { exporterId, clock, metrics, logger } = this.#s
    const { code, message } = outcome.verdict as Exclude<Decided, { kind: 'sent' }>
    const head: DeadLetterHead = {
      exporter: exporterId,
      stream: part.stream,
      items,
      sequence: String(part.sequence),
      part: part.index,
      piece,
      code,
      message: message.slice(0, MESSAGE_CHARS_MAX),
      attempts: outcome.attempts,
      firstAtMs: outcome.firstAtMs,
      lastAtMs: clock.nowMs(),
      hasBytes: bytes !== null,
    }
    await this.#store(head, bytes ?? new Uint8Array(0), signal)
    const labels = `${this.#labels},code="${labelValue(code)}"`
    metrics.add('observa_dead_letter_items_total', labels, items)
    metrics.add('otelcol_exporter_send_failed_spans', this.#labels, items)
    logger.warn(
      { code, items, sequence: head.sequence, stream: head.stream },
      'items dead-lettered',
    )
  }

  async #store(head: DeadLetterHead, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { deadLetters, clock, metrics, logger } = this.#s
    for (;;) {
      try {
        const { kind, droppedItems } = await deadLetters.add({ head, bytes })
        if (droppedItems > 0)
          metrics.add('observa_dead_letter_dropped_items_total', this.#labels, droppedItems)
        if (kind === 'stored') {
          this.trouble = null
          return
        }
        this.trouble =
          'the dead letters have reached their size limit: drop or retry some with "observa dlq"'
      } catch (error) {
        this.trouble = `the dead letter could not be stored: ${messageOf(error)}`
      }
      logger.error({}, this.trouble)
      await clock.sleep(DEAD_LETTER_RETRY_MS, signal)
    }
  }

  /** Sends until the destination accepts or rejects the batch. */
  async #attempt(batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    const { retry, clock, metrics, logger } = this.#s
    const firstAtMs = clock.nowMs()
    for (let attempts = 1; ; attempts++) {
      signal.throwIfAborted()
      const verdictBefore = await this.#waitOut(signal)
      if (verdictBefore !== null)
        return { verdict: verdictBefore, attempts: attempts - 1, firstAtMs }
      retry.attempting()
      this.#showBreaker()
      const verdict = await this.#once(batch, signal)
      signal.throwIfAborted()
      if (verdict.kind !== 'retry') {
        if (this.trouble !== null) logger.info({ attempts }, 'the destination responds again')
        this.trouble = null
        retry.succeeded()
        this.#outage = null
        this.#showBreaker()
        return { verdict, attempts, firstAtMs }
      }
      const waitMs = retry.failed(verdict.afterMs)
      this.#showBreaker()
      metrics.add(
        'observa_exporter_retries_total',
        `${this.#labels},code="${labelValue(verdict.code)}"`,
      )
      this.#complain(verdict.code, verdict.message, attempts, waitMs)
      const { code, message } = verdict
      this.#outage = { code, message, untilMs: clock.monotonicMs() + waitMs }
    }
  }

  /** Waits until the destination may be asked again; gives up meanwhile when the exporter falls too far behind. */
  async #waitOut(signal: AbortSignal): Promise<TooFarBehind | null> {
    const { clock } = this.#s
    const outage = this.#outage
    if (outage === null) return null
    for (;;) {
      const leftMs = outage.untilMs - clock.monotonicMs()
      if (leftMs <= 0) return null
      if (this.#isTooFarBehind()) {
        const message = `further behind than max_lag; the last failure was ${outage.code}: ${outage.message}`
        return { kind: 'behind', code: 'max_lag', message }
      }
      await clock.sleep(this.#s.lag === null ? leftMs : Math.min(leftMs, LAG_LOOK_MS), signal)
    }
  }

  #isTooFarBehind(): boolean {
    const { lag } = this.#s
    if (lag === null || lag.whenBehind === 'refuse') return false
    return lag.isExceeded(this.#oldestAtMs)
  }

  async #once(batch: SendBatch, signal: AbortSignal): Promise<SendVerdict> {
    const { clock, sender, attemptTimeoutMs } = this.#s
    const timeout = new AbortController()
    const done = new AbortController()
    const sending = sendSafely(sender, batch, AbortSignal.any([signal, timeout.signal]))
    const giveUp = async (): Promise<SendVerdict> => {
      await clock.sleep(attemptTimeoutMs, done.signal)
      timeout.abort(new Error(`no answer within ${attemptTimeoutMs} ms`))
      // A sender that ignores its signal must not block the queue for ever.
      await clock.sleep(attemptTimeoutMs, done.signal)
      return { kind: 'retry', code: 'stuck', message: 'the sender ignored its deadline' }
    }
    const gaveUp = giveUp()
    // After a response the timers are cancelled, which is not an error.
    gaveUp.catch(() => undefined)
    try {
      return await Promise.race([sending, gaveUp])
    } finally {
      done.abort()
    }
  }

  /** Logs the first failure, and then each time the count has doubled. So an outage of hours is a dozen lines. */
  #complain(code: string, message: string, attempts: number, waitMs: number): void {
    this.trouble = `${code}: ${message}`
    if ((attempts & (attempts - 1)) === 0)
      this.#s.logger.warn({ code, attempts, waitMs: Math.round(waitMs) }, `send failed: ${message}`)
  }

  #showBreaker(): void {
    const { metrics, retry } = this.#s
    metrics.set('observa_exporter_breaker_state', this.#labels, BREAKER_LEVEL[retry.state])
  }
}

async function sendSafely(
  sender: Sender,
  batch: SendBatch,
  signal: AbortSignal,
): Promise<SendVerdict> {
  try {
    return await sender.send(batch, signal)
  } catch (error) {
    // A sender reports failures as verdicts. A thrown error is unforeseen, so it is taken as one that may pass.
    const code = signal.aborted ? 'timeout' : 'error'
    return { kind: 'retry', code, message: messageOf(error) }
  }
}

function sendBatchOf(batchId: string, parts: readonly BatchPart[]): SendBatch {
  const firstSequence = (parts[0] as BatchPart).sequence
  const lastSequence = (parts.at(-1) as BatchPart).sequence
  const plain: readonly EncodedPart[] = parts
  return { batchId, firstSequence, lastSequence, parts: plain }
}

/** The id of a piece: that of the whole batch with the number of the piece at its end. */
function pieceId(batchId: string, piece: number): string {
  const tail = (Number.parseInt(batchId.slice(24), 16) + (piece + 1) * 0x9e37_79b1) % 0x1_0000_0000
  return batchId.slice(0, 24) + tail.toString(16).padStart(8, '0')
}
