// Sends one request to an OpenAI-compatible endpoint with a deadline and a limit on the size of the response, and classifies failures.
// It never retries, because each attempt costs money; `paid-call.ts` decides about retries. After several failures in a row a circuit
// breaker sends nothing for a while.

import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Clock } from '../../core/clock.ts'
import type { Secret } from '../../core/config/config-types.ts'
import { guardedLookup } from '../../core/http/guarded-lookup.ts'

export interface EndpointSettings {
  /** The base URL, such as `http://127.0.0.1:11434/v1`. It may contain credentials. */
  readonly url: string
  readonly key: Secret | null
  readonly allowLinkLocal: boolean
  readonly timeoutMs: number
}

export type FailureKind =
  /** The endpoint refused the request before it did any work. The attempt costs nothing and may be retried. */
  | 'busy'
  /** The server reported an error. The attempt costs nothing and may be retried. */
  | 'server_error'
  /** No response arrived. The attempt may have cost money and may be retried. */
  | 'no_answer'
  /** The endpoint does not support the form of the request; another form may work. */
  | 'refused'
  /** The API key, the model or the URL is wrong. A retry cannot help. */
  | 'forbidden'
  /** The circuit breaker is open; nothing was sent. */
  | 'open_circuit'

export class EndpointError extends Error {
  readonly kind: FailureKind
  readonly status: number | null
  /** How long the endpoint asks the client to wait (`Retry-After`), in ms. */
  readonly retryAfterMs: number | null

  constructor(
    kind: FailureKind,
    message: string,
    status: number | null,
    retryAfterMs: number | null,
  ) {
    super(message)
    this.name = 'EndpointError'
    this.kind = kind
    this.status = status
    this.retryAfterMs = retryAfterMs
  }

  get isRetryable(): boolean {
    return this.kind === 'busy' || this.kind === 'server_error' || this.kind === 'no_answer'
  }
}

const ANSWER_BYTES_MAX = 16 * 1024 * 1024
const RETRY_AFTER_MS_MAX = 60_000
const FAILURES_MAX = 5
const OPEN_MS = 30_000

export class EndpointClient {
  readonly #settings: EndpointSettings
  readonly #clock: Clock
  #failures = 0
  #openUntilMs = 0

  constructor(settings: EndpointSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Resolves with the parsed JSON of a 2xx response. Rejects with an `EndpointError` for every other outcome. */
  async post(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    if (this.#clock.monotonicMs() < this.#openUntilMs)
      throw new EndpointError('open_circuit', 'the endpoint failed repeatedly', null, null)
    try {
      const answer = await this.#send(path, Buffer.from(JSON.stringify(body)), signal)
      this.#failures = 0
      return answer
    } catch (thrown) {
      if (
        thrown instanceof EndpointError &&
        (thrown.kind === 'server_error' || thrown.kind === 'no_answer')
      ) {
        this.#failures++
        if (this.#failures >= FAILURES_MAX) {
          this.#failures = 0
          this.#openUntilMs = this.#clock.monotonicMs() + OPEN_MS
        }
      }
      throw thrown
    }
  }

  #send(path: string, body: Buffer, signal: AbortSignal): Promise<unknown> {
    const { url, timeoutMs } = this.#settings
    const target = new URL(`${url.replace(/\/$/, '')}${path}`)
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest
    return new Promise((resolve, reject) => {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      const lost = (): void =>
        reject(new EndpointError('no_answer', 'the endpoint gave no answer', null, null))
      const req = send(target, { ...this.#optionsOf(body.length), signal: deadline }, (res) => {
        const chunks: Buffer[] = []
        let size = 0
        res.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size <= ANSWER_BYTES_MAX) chunks.push(chunk)
          else {
            // It was paid for, and the next one would be as long: it counts as an answer without content or usage.
            resolve('')
            req.destroy()
          }
        })
        res.on('error', lost)
        res.on('aborted', lost)
        res.on('end', () => {
          const status = res.statusCode ?? 0
          if (status >= 300) reject(failureOf(status, res.headers['retry-after']))
          else resolve(answerOf(Buffer.concat(chunks).toString('utf8')))
        })
      })
      req.on('error', (thrown: NodeJS.ErrnoException) => {
        const isNever = thrown.code === 'ECONNREFUSED' || thrown.code === 'ENOTFOUND'
        if (isNever) reject(new EndpointError('server_error', thrown.code ?? '', null, null))
        else if (thrown.code === 'EADDRREFUSED_BY_POLICY')
          reject(new EndpointError('forbidden', thrown.message, null, null))
        else lost()
      })
      req.end(body)
    })
  }

  #optionsOf(length: number): RequestOptions {
    const { key, allowLinkLocal } = this.#settings
    return {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': length,
        accept: 'application/json',
        ...(key === null ? {} : { authorization: `Bearer ${key.reveal()}` }),
      },
      ...(allowLinkLocal ? {} : { lookup: guardedLookup }),
    }
  }
}

function failureOf(status: number, retryAfter: string | undefined): EndpointError {
  const message = `the endpoint answered ${status}`
  const afterMs = retryAfterMsOf(retryAfter)
  const of = (kind: FailureKind): EndpointError => new EndpointError(kind, message, status, afterMs)
  if (status === 429 || status === 408 || status === 409) return of('busy')
  if (status >= 500) return of('server_error')
  if (status === 401 || status === 403 || status === 404) return of('forbidden')
  return of('refused')
}

function retryAfterMsOf(header: string | undefined): number | null {
  const seconds = Number(header)
  if (header === undefined || !Number.isFinite(seconds) || seconds < 0) return null
  return Math.min(seconds * 1000, RETRY_AFTER_MS_MAX)
}

/** Parses a response. A response that is not JSON has been paid for as well, so it is returned as text and the caller may still use it. */
function answerOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
