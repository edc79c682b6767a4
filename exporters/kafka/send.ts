// The part of the `kafka` exporter that runs on the main thread: cuts messages out of the parts, keeps every produce request
// below the broker's limit, sends several requests at a time, and decides from a failure what is retried.

import { once } from 'node:events'
import type { Host, SendBatch, Sender } from '../../core/component.ts'
import { messageOf } from '../../core/errors.ts'
import { counter, labelValue } from '../../core/metrics.ts'
import type { EncodedPart } from '../../core/task.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import { DriverError, type KafkaProducer } from '../../storage/kafka/driver.ts'
import type { KafkaMessage } from '../../storage/kafka/message.ts'
import { SCORES_STREAM, SIGNALS_STREAM } from './encode.ts'
import { BATCH_BYTES, messageBytes, type OversizeRule, shrunk } from './oversize.ts'
import { halves, readRecords } from './records.ts'

/** Somebody must first create a topic or fix a password, so frequent retries would be pointless. */
const BLOCKED_RETRY_MS = 10_000
/** A broker's "too large" is ignored for messages smaller than this, because it cannot be about their size. */
const MESSAGE_BYTES_MIN = 2048
/** Incompressible data grows a little in gzip, and the size computations are estimates. */
const HEADROOM = 0.98

export interface SenderSettings {
  readonly topic: string
  /** Topic of signals; null when they are not sent. */
  readonly signalsTopic: string | null
  /** Topic of scores; null when they are not sent. */
  readonly scoresTopic: string | null
  readonly messageBytesMax: number
  readonly requestsMax: number
  readonly oversize: OversizeRule
  readonly offloadDir: string
}

const INTERRUPTED = {
  kind: 'retry' as const,
  code: 'interrupted',
  message: 'aborted before the brokers had answered',
} satisfies SendVerdict

/** The messages of one produce request. */
interface Request {
  readonly topic: string
  readonly messages: readonly KafkaMessage[]
}

export const METRICS = [
  counter('observa_kafka_messages_total', 'Messages acknowledged by brokers.', [
    'exporter',
    'topic',
  ]),
  counter('observa_kafka_oversized_total', 'Events above the size limit, by rule.', [
    'exporter',
    'rule',
  ]),
  counter('observa_kafka_failures_total', 'Failed produce requests, by code.', [
    'exporter',
    'code',
  ]),
]

/**
 * The last batch and what of it still has to be sent. Kept across retries, so that acknowledged requests are not repeated,
 * even if a call was aborted in between.
 */
interface Progress {
  readonly parts: readonly EncodedPart[]
  readonly open: Set<Request>
}

export class KafkaSender implements Sender {
  readonly #settings: SenderSettings
  readonly #producer: KafkaProducer
  readonly #host: Host
  #progress: Progress | null = null
  /** Lowered when the broker accepts less than the configuration says. */
  #bytesMax: number
  #blockedBy = ''
  /** Sends a request. Never rejects, because failures become verdicts. */
  #running: Promise<unknown> = Promise.resolve()

  constructor(settings: SenderSettings, producer: KafkaProducer, host: Host) {
    this.#settings = settings
    this.#producer = producer
    this.#host = host
    this.#bytesMax = Math.floor(settings.messageBytesMax * HEADROOM)
  }

  /** Connects with the first send, because an unreachable broker must not keep the process from starting. */
  async start(): Promise<void> {}

  async stop(): Promise<void> {
    try {
      await this.#producer.close()
    } catch (error) {
      this.#host.log.debug({ reason: messageOf(error) }, 'the producer did not disconnect cleanly')
    }
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<SendVerdict> {
    // An aborted call may still have requests under way; they must end before new ones begin.
    await orAborted(this.#running, signal)
    if (signal.aborted) return INTERRUPTED
    const running = this.#send(batch, signal)
    this.#running = running
    return (await orAborted(running, signal)) ?? INTERRUPTED
  }

  async #send(batch: SendBatch, signal: AbortSignal): Promise<SendVerdict> {
    try {
      if (this.#progress === null || !isSame(this.#progress.parts, batch.parts))
        this.#progress = { parts: batch.parts, open: new Set(await this.#requests(batch)) }
      await this.#sendOpen(this.#progress.open, signal)
      this.#noteState('')
      return { kind: 'sent' }
    } catch (error) {
      return this.#verdict(error)
    }
  }

  split(part: EncodedPart): EncodedPart[] | null {
    const cut = halves(part.bytes)
    if (cut === null) return null
    const [first, firstItems, second, secondItems] = cut
    return [
      { ...part, bytes: first, items: firstItems },
      { ...part, bytes: second, items: secondItems },
    ]
  }

  async #requests(batch: SendBatch): Promise<Request[]> {
    const batchId = Buffer.from(batch.batchId)
    const byTopic = new Map<string, KafkaMessage[]>()
    for (const part of batch.parts) {
      const topic = this.#topicOf(part.stream)
      if (topic === null) continue
      let list = byTopic.get(topic)
      if (list === undefined) byTopic.set(topic, (list = []))
      for (const m of readRecords(part.bytes)) {
        const message = { ...m, headers: [...m.headers, ['batch_id', batchId] as const] }
        list.push(...(await this.#fitting(message)))
      }
    }
    return [...byTopic].flatMap(([topic, messages]) => grouped(topic, messages, this.#bytesMax))
  }

  /** Null for what is not sent any more, because the configuration has changed since it was logged. */
  #topicOf(stream: string): string | null {
    const { topic, signalsTopic, scoresTopic } = this.#settings
    if (stream === SIGNALS_STREAM) return signalsTopic
    if (stream === SCORES_STREAM) return scoresTopic
    return topic
  }

  /** The message itself, or the messages that the oversize rule makes of it. */
  async #fitting(message: KafkaMessage): Promise<KafkaMessage[]> {
    if (messageBytes(message) + BATCH_BYTES <= this.#bytesMax) return [message]
    const { oversize, offloadDir } = this.#settings
    const labels = `exporter="${this.#host.id}",rule="${oversize}"`
    this.#host.metrics.add('observa_kafka_oversized_total', labels)
    return shrunk(message, oversize, this.#bytesMax, offloadDir)
  }

  /** Sends several requests at a time. After a failure it starts no new one, but waits for those under way. */
  async #sendOpen(open: Set<Request>, signal: AbortSignal): Promise<void> {
    const queue = [...open]
    const failures: unknown[] = []
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        if (failures.length > 0) return
        try {
          signal.throwIfAborted()
          await this.#sendOne(next, open)
        } catch (error) {
          failures.push(error)
        }
      }
    }
    await Promise.all(Array.from({ length: this.#settings.requestsMax }, work))
    if (failures.length > 0) throw failures[0]
  }

  async #sendOne(request: Request, open: Set<Request>): Promise<void> {
    try {
      await this.#producer.send(request.topic, request.messages)
    } catch (error) {
      if (!(error instanceof DriverError) || error.kind !== 'too_large') throw error
      const smaller = await this.#smaller(request)
      if (smaller === null) throw error
      open.delete(request)
      for (const part of smaller) open.add(part)
      for (const part of smaller) await this.#sendOne(part, open)
      return
    }
    open.delete(request)
    const labels = `exporter="${this.#host.id}",topic="${labelValue(request.topic)}"`
    this.#host.metrics.add('observa_kafka_messages_total', labels, request.messages.length)
  }

  /** The broker accepts less than configured: lowers the limit, and makes smaller requests with the same messages. */
  async #smaller(request: Request): Promise<Request[] | null> {
    const { topic, messages } = request
    const bytes = messages.reduce((sum, m) => sum + messageBytes(m), BATCH_BYTES)
    const bytesMax = Math.floor(bytes / 2)
    if (bytesMax < MESSAGE_BYTES_MIN) return null
    if (bytesMax < this.#bytesMax) {
      this.#bytesMax = bytesMax
      this.#host.log.warn(
        { topic, bytes, bytesMax },
        'the broker accepts only smaller batches than message_bytes_max',
      )
    }
    const fitting: KafkaMessage[] = []
    // All pieces of an event are made again together, so that their numbers match.
    for (const message of new Set(messages.map((m) => m.origin ?? m)))
      fitting.push(...(await this.#fitting(message)))
    return grouped(topic, fitting, this.#bytesMax)
  }

  #verdict(error: unknown): SendVerdict {
    if (!(error instanceof DriverError)) {
      // An abort, or a file that could not be written. The data itself is fine.
      return { ...INTERRUPTED, message: messageOf(error) }
    }
    const { kind, code, message } = error
    this.#host.metrics.add(
      'observa_kafka_failures_total',
      `exporter="${this.#host.id}",code="${labelValue(code)}"`,
    )
    if (kind === 'rejected' || kind === 'too_large') return { kind: 'rejected', code, message }
    if (kind !== 'blocked') return { kind: 'retry', code, message }
    this.#noteState(`${code}: ${message}`)
    return { kind: 'retry', code, message, afterMs: BLOCKED_RETRY_MS }
  }

  /** Logs once that somebody must act, and once that the problem is over. */
  #noteState(blockedBy: string): void {
    if (blockedBy === this.#blockedBy) return
    if (blockedBy === '') this.#host.log.info('the topic can be written again')
    else this.#host.log.error({ reason: blockedBy }, 'cannot write until this is fixed')
    this.#blockedBy = blockedBy
  }
}

/** The promise's value, or undefined if the signal aborts first. The promise itself continues. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined
  const done = new AbortController()
  const aborted = once(signal, 'abort', { signal: done.signal }).then(
    () => undefined,
    () => undefined,
  )
  try {
    return await Promise.race([promise, aborted])
  } finally {
    done.abort()
  }
}

const isSame = (a: readonly EncodedPart[], b: readonly EncodedPart[]): boolean =>
  a.length === b.length && a.every((part, i) => part === b[i])

/** Requests of at most `bytesMax`, in order. A single larger message becomes a request of its own. */
function grouped(topic: string, messages: readonly KafkaMessage[], bytesMax: number): Request[] {
  const out: Request[] = []
  let group: KafkaMessage[] = []
  let bytes = BATCH_BYTES
  for (const message of messages) {
    const more = messageBytes(message)
    if (group.length > 0 && bytes + more > bytesMax) {
      out.push({ topic, messages: group })
      group = []
      bytes = BATCH_BYTES
    }
    group.push(message)
    bytes += more
  }
  if (group.length > 0) out.push({ topic, messages: group })
  return out
}
