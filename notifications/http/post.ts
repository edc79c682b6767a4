// One HTTP request to a target: to a checked address, without redirects, within 10 s, of the answer at most 64 kB. Whether a failure
// is worth another try is decided here.

import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { ObservaError } from '../../core/errors.ts'
import { ADDRESS_REFUSED, type AddressGuard } from './address-guard.ts'

export interface Post {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** What became of a request. `text` is the beginning of the answer, never shown but to the tenant. */
export interface Outcome {
  readonly isDone: boolean
  /** Another try may help. */
  readonly isRetryable: boolean
  readonly status: number | null
  readonly code: string | null
  readonly text: string
  /** How long the target asks to be left alone, ms. */
  readonly retryAfterMs: number | null
}

export const TIMEOUT_MS = 10_000
const ANSWER_BYTES_MAX = 64 * 1024
const RETRY_AFTER_MS_MAX = 3_600_000

/** Never rejects: what goes wrong is an outcome. */
export async function post(guard: AddressGuard, { url, headers, body }: Post): Promise<Outcome> {
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

function exchange(target: URL, body: Buffer, options: RequestOptions): Promise<Outcome> {
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

function outcomeOf(status: number, text: string, retryAfter: string | undefined): Outcome {
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

/** Seconds or a date, of which at most an hour is believed. */
function retryAfterOf(header: string | undefined): number | null {
  if (header === undefined) return null
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX) : null
}

/** For failures without an answer. */
export function failureOf(thrown: unknown): Outcome {
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
