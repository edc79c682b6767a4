// Sends one POST over a kept-alive connection, with limits on time, size of the response and addresses. It reports what
// happened; `send.ts` decides what that means.

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { promisify } from 'node:util'
import { createGunzip, createInflate, gzip } from 'node:zlib'
import { isLinkLocalHost } from '../../core/config/config-types.ts'
import { messageOf } from '../../core/errors.ts'
import { guardedLookup, REFUSED_CODE, refusalText } from '../../core/http/guarded-lookup.ts'

const gzipAsync = promisify(gzip)

export interface TlsSettings {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized: boolean
}

export interface PosterSettings {
  readonly headers: Readonly<Record<string, string>>
  readonly compression: 'gzip' | 'none'
  readonly timeoutMs: number
  readonly responseBytesMax: number
  readonly connectionsMax: number
  readonly allowLinkLocal: boolean
  readonly tls: TlsSettings
}

export type PostResult =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly contentType: string
      readonly retryAfter: string | undefined
      readonly body: Uint8Array
    }
  /** The response exceeded the size limit. `status` is from its headers. */
  | { readonly kind: 'answer_too_large'; readonly status: number }
  /** No response: connection refused, reset or timed out, or the name cannot be resolved. */
  | { readonly kind: 'no_answer'; readonly code: string; readonly message: string }
  /** Not attempted, because the address is not allowed. */
  | { readonly kind: 'refused_address'; readonly message: string }

export class Poster {
  readonly #settings: PosterSettings
  readonly #http: HttpAgent
  readonly #https: HttpsAgent

  constructor(settings: PosterSettings) {
    this.#settings = settings
    const common = {
      keepAlive: true,
      maxSockets: settings.connectionsMax,
      ...(settings.allowLinkLocal ? {} : { lookup: guardedLookup }),
    }
    this.#http = new HttpAgent(common)
    this.#https = new HttpsAgent({ ...common, minVersion: 'TLSv1.2', ...settings.tls })
  }

  /** Closes all connections, including those in use. */
  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  async post(url: URL, body: Uint8Array, signal: AbortSignal): Promise<PostResult> {
    if (!this.#settings.allowLinkLocal && isLinkLocalHost(url.hostname))
      return { kind: 'refused_address', message: refusalText(url.hostname) }
    const zip = this.#settings.compression === 'gzip'
    const wire = zip ? await gzipAsync(body, { level: 1 }) : body
    const headers = {
      ...this.#settings.headers,
      'content-type': 'application/x-protobuf',
      'content-length': String(wire.length),
      'accept-encoding': 'gzip',
      ...(zip ? { 'content-encoding': 'gzip' } : {}),
    }
    return this.#exchange(url, headers, wire, signal)
  }

  #exchange(
    url: URL,
    headers: Record<string, string>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<PostResult> {
    const secure = url.protocol === 'https:'
    const deadline = AbortSignal.timeout(this.#settings.timeoutMs)
    return new Promise((resolve) => {
      const fail = (error: unknown): void => {
        resolve(deadline.aborted ? timedOut(this.#settings.timeoutMs) : noAnswer(error))
      }
      const options = {
        method: 'POST',
        headers,
        agent: secure ? this.#https : this.#http,
        signal: AbortSignal.any([signal, deadline]),
      }
      let hasAnswer = false
      const request = (secure ? httpsRequest : httpRequest)(url, options, (response) => {
        hasAnswer = true
        readAnswer(response, this.#settings.responseBytesMax).then(resolve, fail)
      })
      request.on('error', fail)
      // A connection that switched to another protocol (status 101) closes without a response and without an error.
      request.on('close', () => {
        if (!hasAnswer) fail(new Error('the connection was closed without an answer'))
      })
      request.end(body)
    })
  }
}

/** Reads the body of the response, up to `bytesMax` after decompression. */
async function readAnswer(response: IncomingMessage, bytesMax: number): Promise<PostResult> {
  const status = response.statusCode ?? 0
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of decoded(response)) {
      bytes += (chunk as Uint8Array).length
      if (bytes > bytesMax) {
        response.destroy()
        return { kind: 'answer_too_large', status }
      }
      chunks.push(chunk as Uint8Array)
    }
  } catch (error) {
    // The status has arrived, and for an error that is enough. A success whose body is cut off does not count.
    if (status < 300) throw error
  }
  return {
    kind: 'answer',
    status,
    contentType: response.headers['content-type'] ?? '',
    retryAfter: response.headers['retry-after'],
    body: Buffer.concat(chunks),
  }
}

function decoded(response: IncomingMessage): AsyncIterable<unknown> {
  const encoding = response.headers['content-encoding'] ?? 'identity'
  if (encoding === 'gzip') return piped(response, createGunzip())
  return encoding === 'deflate' ? piped(response, createInflate()) : response
}

function piped(
  response: IncomingMessage,
  through: ReturnType<typeof createGunzip>,
): AsyncIterable<unknown> {
  response.on('error', (error) => through.destroy(error))
  return response.pipe(through)
}

function noAnswer(error: unknown): PostResult {
  const code = codeOf(error)
  if (code === REFUSED_CODE) return { kind: 'refused_address', message: messageOf(error) }
  return { kind: 'no_answer', code, message: messageOf(error) || code }
}

/**
 * When all addresses of a host fail, Node throws an AggregateError with an empty message. Its code is that of the attempts.
 */
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'connection'

const timedOut = (timeoutMs: number): PostResult => ({
  kind: 'no_answer',
  code: 'timeout',
  message: `no answer within ${timeoutMs} ms; the data may have arrived nevertheless`,
})
