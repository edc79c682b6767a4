// Sends OTLP requests. It joins the parts of a batch into one request for each telemetry kind, posts them, and decides from
// the response what is done, what is retried and what is refused for good.

import type { Host, SendBatch, Sender } from '../../core/component.ts'
import { counter } from '../../core/metrics.ts'
import type { EncodedPart, TelemetryKind } from '../../core/task.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import type { Settings } from './config.ts'
import { Poster, type PostResult } from './http.ts'
import { partialSuccess, retryAfterMs, statusMessage } from './response.ts'
import { halves } from './split.ts'

/** The only status codes that may be retried (OTLP specification, Retryable Response Codes). */
const RETRYABLE = new Set([429, 502, 503, 504])
/** A learned size limit never falls below this, because one odd refusal must not make all requests tiny. */
const LEARNED_BYTES_MIN = 256 * 1024

const TOO_LARGE = 'request_too_large'
/** Failures that single items may cause. Any other failure would affect every request alike. */
const ABOUT_DATA = new Set(['http_400', 'http_413', 'http_422', TOO_LARGE])

interface Request {
  readonly stream: TelemetryKind
  readonly parts: EncodedPart[]
  items: number
  bytes: number
}

/** What became of a request. `refused` is the number of items that are lost for good. */
interface Done {
  readonly kind: 'done'
  readonly refused: number
  readonly code: string
  readonly message: string
}
type Outcome = Done | Extract<SendVerdict, { kind: 'retry' | 'rejected' }>

const DONE: Done = { kind: 'done', refused: 0, code: '', message: '' }

export const METRICS = [
  counter('observa_otlp_http_requests_total', 'Requests to OTLP destinations, by outcome.', [
    'exporter',
    'stream',
    'outcome',
  ]),
]

export class OtlpHttpSender implements Sender {
  readonly #settings: Settings
  readonly #host: Host
  readonly #poster: Poster
  /**
   * Parts that the destination accepted while others of their batch failed, with its remark on them. A retry of the batch, or
   * of half of it, leaves them out. They are known by object identity, so that no part is mistaken for another.
   */
  readonly #taken = new WeakMap<EncodedPart, Outcome>()
  readonly #refusedWhole = new WeakSet<EncodedPart>()
  #bytesMax: number
  #running: Promise<unknown> = Promise.resolve()

  constructor(settings: Settings, host: Host) {
    this.#settings = settings
    this.#host = host
    this.#poster = new Poster(settings)
    this.#bytesMax = settings.requestBytesMax
  }

  async start(): Promise<void> {
    if (!this.#settings.tls.rejectUnauthorized)
      this.#host.log.warn('certificates are not verified: anybody on the path can read the data')
  }

  /** Waits for running requests as long as the configuration allows, then closes the connections. */
  async stop(): Promise<void> {
    const patience = new AbortController()
    await Promise.race([
      this.#running.catch(() => undefined),
      this.#host.clock
        .sleep(this.#settings.waitForInFlightMs, patience.signal)
        .catch(() => undefined),
    ])
    patience.abort()
    this.#poster.close()
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<SendVerdict> {
    const before = batch.parts.flatMap((part) => this.#taken.get(part) ?? [])
    const sending = this.#sendAll(this.#requests(batch.parts), before, signal)
    this.#running = sending
    return sending
  }

  /**
   * Splits a part into halves between items. Null for a single item, and when the refusal was not about the data: thousands
   * of requests with one span each would not fix a wrong API key.
   */
  split(part: EncodedPart): EncodedPart[] | null {
    if (this.#refusedWhole.has(part)) return null
    const cut = halves(part.bytes, part.stream as TelemetryKind)
    return cut === null ? null : cut.map((half) => ({ ...part, ...half }))
  }

  /**
   * Groups parts by telemetry kind. A request exceeds the size limit only if a single part does. Empty parts make no request.
   */
  #requests(parts: readonly EncodedPart[]): Request[] {
    const out: Request[] = []
    const open = new Map<string, Request>()
    for (const part of parts) {
      if (part.items === 0 || part.bytes.length === 0 || this.#taken.has(part)) continue
      const stream = part.stream as TelemetryKind
      if (this.#settings.urls[stream] === undefined) continue
      let request = open.get(stream)
      if (request === undefined || request.bytes + part.bytes.length > this.#bytesMax) {
        request = { stream, parts: [], items: 0, bytes: 0 }
        open.set(stream, request)
        out.push(request)
      }
      request.parts.push(part)
      request.items += part.items
      request.bytes += part.bytes.length
    }
    return out
  }

  /** Sends as many requests at a time as there are connections. All end before the verdict is given. */
  async #sendAll(
    requests: readonly Request[],
    before: readonly Outcome[],
    signal: AbortSignal,
  ): Promise<SendVerdict> {
    const outcomes: Outcome[] = [...before]
    for (let at = 0; at < requests.length; at += this.#settings.connectionsMax) {
      const some = requests.slice(at, at + this.#settings.connectionsMax)
      outcomes.push(...(await Promise.all(some.map((r) => this.#sendOne(r, signal)))))
      // A destination that is down gets no further requests of this batch.
      if (outcomes.some((o) => o.kind === 'retry')) break
    }
    return verdictOf(outcomes)
  }

  async #sendOne(request: Request, signal: AbortSignal): Promise<Outcome> {
    const outcome = await this.#deliver(request, signal)
    if (outcome.kind === 'done')
      // The remark is kept with one part only, so that it is counted once.
      for (const [i, part] of request.parts.entries())
        this.#taken.set(part, i === 0 ? outcome : DONE)
    else if (outcome.kind === 'rejected' && !ABOUT_DATA.has(outcome.code))
      for (const part of request.parts) this.#refusedWhole.add(part)
    return outcome
  }

  async #deliver(request: Request, signal: AbortSignal): Promise<Outcome> {
    const { stream, parts, items, bytes } = request
    if (bytes > this.#settings.requestBytesMax)
      return { kind: 'rejected', code: TOO_LARGE, message: 'larger than request_bytes_max' }
    const url = this.#settings.urls[stream] as URL
    const result = await this.#poster.post(url, joined(parts, bytes), signal)
    if (result.kind === 'answer' && result.status === 413)
      this.#bytesMax = Math.max(LEARNED_BYTES_MIN, Math.min(this.#bytesMax, bytes >> 1))
    const outcome = this.#judge(result, items)
    this.#count(stream, result, outcome)
    return outcome
  }

  #judge(result: PostResult, items: number): Outcome {
    if (result.kind === 'no_answer')
      return { kind: 'retry', code: result.code, message: result.message }
    if (result.kind === 'refused_address')
      return { kind: 'retry', code: 'address_refused', message: result.message, afterMs: 30_000 }
    if (result.kind === 'answer_too_large') return tooLarge(result.status, items)
    const { status, body, contentType } = result
    if (status >= 200 && status < 300) return partial(partialSuccess(body, contentType), items)
    const reason = statusMessage(body, contentType)
    const message = reason === '' ? `HTTP ${status}` : `HTTP ${status}: ${reason}`
    if (!RETRYABLE.has(status)) return { kind: 'rejected', code: `http_${status}`, message }
    const afterMs = retryAfterMs(result.retryAfter, this.#host.clock.nowMs())
    return {
      kind: 'retry',
      code: `http_${status}`,
      message,
      ...(afterMs === undefined ? {} : { afterMs }),
    }
  }

  #count(stream: TelemetryKind, result: PostResult, outcome: Outcome): void {
    const what = result.kind === 'answer' ? String(result.status) : result.kind
    const labels = `exporter="${this.#host.id}",stream="${stream}",outcome="${what}"`
    this.#host.metrics.add('observa_otlp_http_requests_total', labels)
    if (outcome.kind === 'done' && (outcome.refused > 0 || outcome.message !== ''))
      this.#host.log.warn(
        { stream, rejected: outcome.refused, reason: outcome.message },
        'the destination accepted the request with a remark',
      )
  }
}

/** An OTLP request consists of repeated fields at its top level, so several requests concatenated are one request. */
function joined(parts: readonly EncodedPart[], bytes: number): Uint8Array {
  if (parts.length === 1) return (parts[0] as EncodedPart).bytes
  const out = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    out.set(part.bytes, at)
    at += part.bytes.length
  }
  return out
}

/** A partial success is never retried, as the specification demands. */
function partial(found: ReturnType<typeof partialSuccess>, items: number): Outcome {
  if (found === null) return DONE
  const refused = Math.min(found.rejected, items)
  return { kind: 'done', refused, code: 'partial_success', message: found.message }
}

/**
 * A response above the size limit is not retryable. After a success status all items count as refused, because how many
 * really were cannot be known.
 */
function tooLarge(status: number, items: number): Outcome {
  const message = `HTTP ${status} with a response larger than response_bytes_max`
  if (status >= 300) return { kind: 'rejected', code: 'response_too_large', message }
  return { kind: 'done', refused: items, code: 'response_too_large', message }
}

function summed(outcomes: readonly Outcome[]): Done {
  const done = outcomes.filter((o) => o.kind === 'done')
  const remark = done.find((o) => o.refused > 0) ?? done[0] ?? DONE
  return { ...remark, refused: done.reduce((sum, o) => sum + o.refused, 0) }
}

/**
 * One verdict for all requests of a batch. If any must be retried, the batch is retried; if any was refused, the caller looks
 * for the bad item. Parts that were accepted are left out of both.
 */
function verdictOf(outcomes: readonly Outcome[]): SendVerdict {
  const retry = outcomes.find((o) => o.kind === 'retry')
  if (retry !== undefined) return retry
  const rejected = outcomes.find((o) => o.kind === 'rejected')
  if (rejected !== undefined) return rejected
  const all = summed(outcomes)
  if (all.refused === 0) return { kind: 'sent' }
  return { kind: 'sent', rejected: { items: all.refused, code: all.code, message: all.message } }
}
