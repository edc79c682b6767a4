// Makes one HTTP request to a target: to a checked address, without redirects, within 10 s, reading at most 64 kB of the
// response. It also decides whether a failure is retryable.

import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { ObservaError } from '../../core/errors.ts'
import { ADDRESS_REFUSED, type AddressGuard } from './address-guard.ts'

export interface Post {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** The outcome of a request. `text` is the beginning of the response, which only the tenant may see. */
export interface PostOutcome {
  readonly isDone: boolean
  /** Whether a retry may succeed. */
  readonly isRetryable: boolean
  readonly status: number | null
  readonly code: string | null
  readonly text: string
  /** How long the target asks the sender to wait, ms. */
  readonly retryAfterMs: number | null
}

export const TIMEOUT_MS = 10_000
const ANSWER_BYTES_MAX = 64 * 1024
const RETRY_AFTER_MS_MAX = 3_600_000

/** Never rejects; a failure is an outcome. */
export async function post(
  guard: AddressGuard,
  { url, headers, body }: Post,
): Promise<PostOutcome> {
  try {
    const target = new URL(url)
    guard.checkLiteral(target.hostname)
    const bytes = Buffer.from(body)
    return await exchange(target, bytes, {
      method: 'POST',
      lookup: guard.lookup,
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'observa',
        'content-length': bytes.length,
        ...headers,
      },
    })
  } catch (thrown) {
    return failureOf(thrown)
  }
}

function exchange(target: URL, body: Buffer, options: RequestOptions): Promise<PostOutcome> {
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const req = send(target, options, (res) => {
      const chunks: Buffer[] = []
      let size = 0
      const settle = (): void => {
        const text = Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8')
        resolve(outcomeOf(res.statusCode ?? 0, text, res.headers['retry-after']))
        res.destroy()
      }
      res.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size >= ANSWER_BYTES_MAX) settle()
      })
      res.on('end', settle)
      res.on('error', reject)
    })
    req.on('error', reject)
    req.end(body)
  })
}

function outcomeOf(status: number, text: string, retryAfter: string | undefined): PostOutcome {
  const isDone = status >= 200 && status < 300
  const isRedirect = status >= 300 && status < 400
  return {
    isDone,
    isRetryable: !isDone && !isRedirect && status !== 410,
    status,
    code: isDone ? null : isRedirect ? 'OBS_NOTIFY_REDIRECT' : 'OBS_NOTIFY_STATUS',
    text,
    retryAfterMs: retryAfterOf(retryAfter),
  }
}

/** The header holds seconds or a date. At most an hour is accepted. */
function retryAfterOf(header: string | undefined): number | null {
  if (header === undefined) return null
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX) : null
}

/** The outcome of a request without a response. */
export function failureOf(thrown: unknown): PostOutcome {
  const code = thrown instanceof ObservaError ? thrown.code : codeOf(thrown)
  return {
    isDone: false,
    isRetryable: code !== ADDRESS_REFUSED,
    status: null,
    code,
    text: thrown instanceof ObservaError ? thrown.message : '',
    retryAfterMs: null,
  }
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'OBS_NOTIFY_FAILED'
  if (thrown.name === 'TimeoutError' || thrown.name === 'AbortError') return 'OBS_NOTIFY_TIMEOUT'
  const { code } = thrown as NodeJS.ErrnoException
  return typeof code === 'string' ? code : 'OBS_NOTIFY_FAILED'
}
