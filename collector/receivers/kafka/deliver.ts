// Takes a batch of messages of one partition to the pipelines: joins those of one tenant to a request, and goes on only when the
// request is durable. A request that is refused is halved until the message is found that is at fault.

import type { Clock } from '../../../core/clock.ts'
import type { Intake, IntakeVerdict, ReceiverContext } from '../../../core/component.ts'
import type { PayloadFormat, TelemetryKind } from '../../../core/task.ts'
import { shareKey } from '../../../core/tenant.ts'
import type { Handled, MessageBatch, TopicPartition } from '../../../storage/kafka/consumer.ts'
import { ChunkAssembler, type Letter } from './chunks.ts'
import type { Config } from './config.ts'
import type { DeadLetterTopic, Refused } from './dead-letter-topic.ts'
import { type Form, formOf } from './message-form.ts'

/** What became of messages; the label `outcome` of their metric. */
export type Outcome = 'accepted' | 'replayed' | 'ignored' | 'dead_lettered' | 'refused' | 'retried'

export interface DeliveryReport {
  count(topic: string, outcome: Outcome, messages: number): void
  accepted(telemetry: TelemetryKind, verdict: IntakeVerdict & { readonly kind: 'accepted' }): void
  /** A message that is refused and for which there is no dead-letter topic. */
  lost(at: TopicPartition, refused: Refused): void
  /** A partition cannot go on now. */
  waiting(at: TopicPartition, message: string, retryAfterS: number): void
}

/** What is not yet done: the first message that must come again, and when. */
interface Obstacle {
  readonly offset: bigint
  readonly retryAfterS: number
  readonly message: string
}

interface Group {
  readonly form: Form
  readonly letters: Letter[]
}

/** The wait after the dead-letter topic took nothing. */
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

  /** Never rejects. */
  async handle(batch: MessageBatch): Promise<Handled> {
    const { groups, refused } = this.#sorted(batch)
    const found = await Promise.all([
      this.#giveUp(batch, refused),
      ...groups.map((group) => this.#send(batch, group.form, group.letters)),
    ])
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

  /** Messages by tenant, format and telemetry kind; in each group they keep their order. */
  #sorted(batch: MessageBatch): { groups: Group[]; refused: (Refused & { letter: Letter })[] } {
    const groups = new Map<string, Group>()
    const refused: (Refused & { letter: Letter })[] = []
    for (const message of batch.messages) {
      const letter = this.chunks.add(batch, message)
      if (letter === null) continue
      const verdict = formOf(letter.message, this.#config)
      if (verdict.kind === 'ignored') {
        this.#settle(batch, letter, 'ignored')
      } else if (verdict.kind === 'refused') {
        refused.push({ letter, message, reason: verdict.reason, text: verdict.message })
      } else {
        const { tenant, format, telemetry } = verdict.form
        const whose = [tenant.tenantId, tenant.projectId, tenant.environment ?? '']
        const key = [...whose, format, telemetry].join('\0')
        const group = groups.get(key)
        if (group === undefined) groups.set(key, { form: verdict.form, letters: [letter] })
        else group.letters.push(letter)
      }
    }
    const end = batch.messages.at(-1)?.offset ?? 0n
    for (const letter of this.chunks.overdue(batch, end))
      refused.push({
        letter,
        message: letter.message,
        reason: 'incomplete',
        text: `chunks of the message are missing: ${letter.parts.length} are here`,
      })
    return { groups: [...groups.values()], refused }
  }

  /** Null when all letters are durable or given up; otherwise what is in the way. */
  async #send(at: MessageBatch, form: Form, letters: readonly Letter[]): Promise<Obstacle | null> {
    const intake = this.#intake[form.telemetry]
    if (intake === null)
      return this.#giveUpAll(at, letters, 'unsupported', `no pipeline takes ${form.telemetry}`)
    if (letters.length > 1 && !JOINABLE.has(form.format)) return this.#halves(at, form, letters)
    const payload = joinedPayload(form, letters)
    const isTooLarge = payload.length > intake.bodyBytesMax
    if (isTooLarge && letters.length > 1) return this.#halves(at, form, letters)
    if (isTooLarge)
      return this.#giveUpAll(at, letters, 'too_large', 'the message is larger than the limit')
    const verdict = await this.#accept(intake, form, payload)
    switch (verdict.kind) {
      case 'retry':
        return { ...verdict, offset: letters[0]?.message.offset ?? 0n }
      case 'refused':
        return letters.length > 1
          ? this.#halves(at, form, letters)
          : this.#giveUpAll(at, letters, verdict.code, verdict.message)
      case 'accepted': {
        const isBad = verdict.rejected > 0
        // What is durable of it is recognised when it comes again.
        if (isBad && letters.length > 1) return this.#halves(at, form, letters)
        if (!at.isReplay) this.#report.accepted(form.telemetry, verdict)
        if (isBad) return this.#giveUpAll(at, letters, 'invalid_items', verdict.reasons.join('; '))
        for (const letter of letters)
          this.#settle(at, letter, at.isReplay ? 'replayed' : 'accepted')
        return null
      }
    }
  }

  /** One after the other, so that the messages keep their order. */
  async #halves(
    at: MessageBatch,
    form: Form,
    letters: readonly Letter[],
  ): Promise<Obstacle | null> {
    const middle = letters.length >> 1
    const obstacle = await this.#send(at, form, letters.slice(0, middle))
    return obstacle ?? this.#send(at, form, letters.slice(middle))
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
      }
      return await intake.accept(request, reservation, () => this.isStopping)
    } finally {
      reservation.release()
    }
  }

  #giveUpAll(
    at: MessageBatch,
    letters: readonly Letter[],
    reason: string,
    text: string,
  ): Promise<Obstacle | null> {
    return this.#giveUp(
      at,
      letters.map((letter) => ({ letter, message: letter.message, reason, text })),
    )
  }

  /** To the dead-letter topic, chunk by chunk where the message came in chunks. */
  async #giveUp(
    at: MessageBatch,
    refused: readonly (Refused & { readonly letter: Letter })[],
  ): Promise<Obstacle | null> {
    if (refused.length === 0) return null
    // It is in the dead-letter topic since it was read the first time.
    if (at.isReplay) {
      for (const { letter } of refused) this.#settle(at, letter, 'replayed')
      return null
    }
    if (this.#deadLetters !== null) {
      const parts = refused.flatMap(({ letter, reason, text }) =>
        letter.parts.map((message) => ({ message, reason, text })),
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
      this.#settle(at, one.letter, this.#deadLetters === null ? 'refused' : 'dead_lettered')
    }
    return null
  }

  #settle(at: MessageBatch, letter: Letter, outcome: Outcome): void {
    this.chunks.done(letter)
    this.#report.count(at.topic, outcome, letter.parts.length)
  }
}

const lowest = (offsets: readonly bigint[]): bigint =>
  offsets.reduce((a, b) => (b < a ? b : a), offsets[0] ?? 0n)

function first(found: readonly (Obstacle | null)[]): Obstacle | null {
  let out: Obstacle | null = null
  for (const one of found) if (one !== null && (out === null || one.offset < out.offset)) out = one
  return out
}

/** Protobuf messages of one type may be appended to each other, and lines are joined; a JSON document goes alone. */
const JOINABLE: ReadonlySet<PayloadFormat> = new Set<PayloadFormat>(['otlp-proto', 'ndjson'])
const LINE_FEED = Buffer.from('\n')

function joinedPayload({ format }: Form, letters: readonly Letter[]): Buffer {
  const values = letters.map((l) => l.message.value)
  if (values.length === 1) return values[0] as Buffer
  if (format === 'otlp-proto') return Buffer.concat(values)
  return Buffer.concat(values.flatMap((value) => [value, LINE_FEED]))
}
