// Delivers a batch of messages of one partition to the pipelines. Messages of one tenant become one request, and the partition advances
// only when the request is durable. A refused request is split in halves until the faulty message is found.

import type { Clock } from '../../../core/clock.ts'
import type { Intake, IntakeVerdict, ReceiverContext } from '../../../core/component.ts'
import type { PayloadFormat, TelemetryKind } from '../../../core/task.ts'
import { shareKey } from '../../../core/tenant.ts'
import type { Handled, MessageBatch, TopicPartition } from '../../../storage/kafka/consumer.ts'
import { ChunkAssembler, type WholeMessage } from './chunks.ts'
import type { Config } from './config.ts'
import type { DeadLetterTopic, Refused } from './dead-letter-topic.ts'
import { type Form, formOf, isWholeProtobuf, traceKeyOf } from './message-form.ts'

/** The outcomes of messages, which are the values of the label `outcome` of their metric. */
export type MessageOutcome =
  | 'accepted'
  | 'replayed'
  | 'ignored'
  | 'dead_lettered'
  | 'refused'
  | 'retried'

export interface DeliveryReport {
  count(topic: string, outcome: MessageOutcome, messages: number): void
  accepted(telemetry: TelemetryKind, verdict: IntakeVerdict & { readonly kind: 'accepted' }): void
  /** Reports a refused message that is dropped because no dead-letter topic is configured. */
  lost(at: TopicPartition, refused: Refused): void
  /** Reports that a partition is paused, with the reason. */
  waiting(at: TopicPartition, message: string, retryAfterS: number): void
}

/** The first message that could not be delivered and must be delivered again, with the delay and the reason. */
interface Obstacle {
  readonly offset: bigint
  readonly retryAfterS: number
  readonly message: string
}

interface Group {
  readonly form: Form
  readonly messages: WholeMessage[]
}

/** Groups by tenant, format and telemetry kind that may be sent at the same time. */
type Round = Map<string, Group>

/** The delay after a failed write to the dead-letter topic. */
const DEAD_LETTER_RETRY_S = 2

export class Delivery {
  readonly #config: Config
  readonly #intake: ReceiverContext['intake']
  readonly #deadLetters: DeadLetterTopic | null
  readonly #report: DeliveryReport
  readonly #clock: Clock
  readonly #isMetered: boolean
  readonly chunks: ChunkAssembler
  isStopping = false

  constructor(
    config: Config,
    intake: ReceiverContext['intake'],
    deadLetters: DeadLetterTopic | null,
    report: DeliveryReport,
    clock: Clock,
  ) {
    this.#config = config
    this.#intake = intake
    this.#deadLetters = deadLetters
    this.#report = report
    this.#clock = clock
    this.chunks = new ChunkAssembler(config.incomplete_bytes)
    const quotas = config.quotas ?? (config.tenancy === 'headers' ? 'counted' : 'count')
    this.#isMetered = quotas === 'counted'
  }

  /** Delivers a batch. Never rejects. */
  async handle(batch: MessageBatch): Promise<Handled> {
    const { rounds, refused } = this.#sorted(batch)
    const found = await Promise.all([this.#giveUp(batch, refused), this.#sendRounds(batch, rounds)])
    const end = (batch.messages.at(-1)?.offset ?? -1n) + 1n
    const obstacle = first(found)
    const next = obstacle === null ? end : obstacle.offset
    const chunked = this.chunks.firstOf(batch)
    const durable = chunked !== null && chunked < next ? chunked : next
    if (obstacle === null) return { next, durable, pauseMs: 0 }
    const again = batch.messages.filter((m) => m.offset >= obstacle.offset).length
    this.#report.count(batch.topic, 'retried', again)
    this.#report.waiting(batch, obstacle.message, obstacle.retryAfterS)
    return { next, durable, pauseMs: obstacle.retryAfterS * 1000 }
  }

  /**
   * Sends one round after the other, so that the messages of a trace are decided about in their order and each for itself. Otherwise
   * the decisions would depend on where batches end, and an instance that reads the messages again would number them differently.
   */
  async #sendRounds(batch: MessageBatch, rounds: readonly Round[]): Promise<Obstacle | null> {
    for (const [i, round] of rounds.entries()) {
      const found = await Promise.all(
        [...round.values()].map(({ form, messages }) => this.#send(batch, form, messages)),
      )
      const obstacle = first(found)
      if (obstacle === null) continue
      const unsent = rounds.slice(i + 1).flatMap((later) => [...later.values()])
      const offsets = unsent.flatMap(({ messages }) => messages.map((m) => m.message.offset))
      return { ...obstacle, offset: lowest([obstacle.offset, ...offsets]) }
    }
    return null
  }

  /** Groups messages by tenant, format and telemetry kind, in rounds with one message of each trace. A group keeps their order. */
  #sorted(batch: MessageBatch): {
    rounds: Round[]
    refused: (Refused & { whole: WholeMessage })[]
  } {
    const rounds: Round[] = []
    const roundOf = new Map<string, number>()
    const refused: (Refused & { whole: WholeMessage })[] = []
    for (const message of batch.messages) {
      const whole = this.chunks.add(batch, message)
      if (whole === null) continue
      const verdict = formOf(whole.message, this.#config)
      if (verdict.kind === 'ignored') {
        this.#settle(batch, whole, 'ignored')
      } else if (verdict.kind === 'refused') {
        refused.push({ whole, message, reason: verdict.reason, text: verdict.message })
      } else {
        const { tenant, format, telemetry } = verdict.form
        const whose = [tenant.tenantId, tenant.projectId, tenant.environment ?? '']
        const isAlone = format === 'otlp-proto' && !isWholeProtobuf(whole.message.value)
        const alone = isAlone ? [String(message.offset)] : []
        const key = [...whose, format, telemetry, ...alone].join('\0')
        const trace = traceKeyOf(whole.message)
        const at = trace === null ? 0 : (roundOf.get(trace) ?? 0)
        if (trace !== null) roundOf.set(trace, at + 1)
        const round = (rounds[at] ??= new Map())
        const group = round.get(key)
        if (group === undefined) round.set(key, { form: verdict.form, messages: [whole] })
        else group.messages.push(whole)
      }
    }
    const end = batch.messages.at(-1)?.offset ?? 0n
    for (const whole of this.chunks.overdue(batch, end))
      refused.push({
        whole,
        message: whole.message,
        reason: 'incomplete',
        text: `chunks of the message are missing: ${whole.parts.length} are here`,
      })
    return { rounds, refused }
  }

  /** Sends a group. Resolves with null when all its messages are durable or given up, otherwise with the first undelivered one. */
  async #send(
    at: MessageBatch,
    form: Form,
    messages: readonly WholeMessage[],
  ): Promise<Obstacle | null> {
    const intake = this.#intake[form.telemetry]
    if (intake === null)
      return this.#giveUpAll(at, messages, 'unsupported', `no pipeline takes ${form.telemetry}`)
    if (messages.length > 1 && !JOINABLE.has(form.format)) return this.#halves(at, form, messages)
    const payload = joinedPayload(form, messages)
    const isTooLarge = payload.length > intake.bodyBytesMax
    if (isTooLarge && messages.length > 1) return this.#halves(at, form, messages)
    if (isTooLarge)
      return this.#giveUpAll(at, messages, 'too_large', 'the message is larger than the limit')
    const verdict = await this.#accept(intake, form, payload)
    switch (verdict.kind) {
      case 'retry':
        return { ...verdict, offset: messages[0]?.message.offset ?? 0n }
      case 'refused':
        return messages.length > 1
          ? this.#halves(at, form, messages)
          : this.#giveUpAll(at, messages, verdict.code, verdict.message)
      case 'accepted': {
        const isBad = verdict.rejected > 0
        // Events of it that are already durable are recognised as re-sends when the message is delivered again.
        if (isBad && messages.length > 1) return this.#halves(at, form, messages)
        if (!at.isReplay) this.#report.accepted(form.telemetry, verdict)
        if (isBad) return this.#giveUpAll(at, messages, 'invalid_items', verdict.reasons.join('; '))
        for (const whole of messages) this.#settle(at, whole, at.isReplay ? 'replayed' : 'accepted')
        return null
      }
    }
  }

  /** Sends both halves one after the other, so that the messages keep their order. */
  async #halves(
    at: MessageBatch,
    form: Form,
    messages: readonly WholeMessage[],
  ): Promise<Obstacle | null> {
    const middle = messages.length >> 1
    const obstacle = await this.#send(at, form, messages.slice(0, middle))
    return obstacle ?? this.#send(at, form, messages.slice(middle))
  }

  async #accept(intake: Intake, form: Form, payload: Buffer): Promise<IntakeVerdict> {
    const key = shareKey(form.tenant)
    const admission = intake.admit({ key, wireBytes: payload.length, encoding: 'identity' })
    if (!admission.ok) return { ...admission, kind: 'retry' }
    const { reservation } = admission
    try {
      const request = {
        payload,
        encoding: 'identity' as const,
        ...form,
        receivedAtMs: this.#clock.nowMs(),
        isMetered: this.#isMetered,
        isFromEdge: this.#config.tenancy === 'headers',
      }
      return await intake.accept(request, reservation, () => this.isStopping)
    } finally {
      reservation.release()
    }
  }

  #giveUpAll(
    at: MessageBatch,
    messages: readonly WholeMessage[],
    reason: string,
    text: string,
  ): Promise<Obstacle | null> {
    return this.#giveUp(
      at,
      messages.map((whole) => ({ whole, message: whole.message, reason, text })),
    )
  }

  /** Writes messages to the dead-letter topic; of a reassembled message its chunks. */
  async #giveUp(
    at: MessageBatch,
    refused: readonly (Refused & { readonly whole: WholeMessage })[],
  ): Promise<Obstacle | null> {
    if (refused.length === 0) return null
    // A replayed message was already written to the dead-letter topic when it was consumed the first time.
    if (at.isReplay) {
      for (const { whole } of refused) this.#settle(at, whole, 'replayed')
      return null
    }
    if (this.#deadLetters !== null) {
      const parts = refused.flatMap(({ whole, reason, text }) =>
        whole.parts.map((message) => ({ message, reason, text })),
      )
      if (!(await this.#deadLetters.send(at, parts)))
        return {
          offset: lowest(refused.map((r) => r.message.offset)),
          retryAfterS: DEAD_LETTER_RETRY_S,
          message: 'the dead-letter topic takes nothing',
        }
    }
    for (const one of refused) {
      if (this.#deadLetters === null) this.#report.lost(at, one)
      this.#settle(at, one.whole, this.#deadLetters === null ? 'refused' : 'dead_lettered')
    }
    return null
  }

  #settle(at: MessageBatch, whole: WholeMessage, outcome: MessageOutcome): void {
    this.chunks.done(whole)
    this.#report.count(at.topic, outcome, whole.parts.length)
  }
}

const lowest = (offsets: readonly bigint[]): bigint =>
  offsets.reduce((a, b) => (b < a ? b : a), offsets[0] ?? 0n)

function first(found: readonly (Obstacle | null)[]): Obstacle | null {
  let out: Obstacle | null = null
  for (const one of found) if (one !== null && (out === null || one.offset < out.offset)) out = one
  return out
}

/** Joins payloads. Protobuf messages of one type may be concatenated, and lines are joined. A JSON document cannot be joined. */
const JOINABLE: ReadonlySet<PayloadFormat> = new Set<PayloadFormat>([
  'otlp-proto',
  'ndjson',
  'events',
])
const LINE_FEED = Buffer.from('\n')

function joinedPayload({ format }: Form, messages: readonly WholeMessage[]): Buffer {
  const values = messages.map((l) => l.message.value)
  if (values.length === 1) return values[0] as Buffer
  if (format === 'otlp-proto') return Buffer.concat(values)
  return Buffer.concat(values.flatMap((value) => [value, LINE_FEED]))
}
