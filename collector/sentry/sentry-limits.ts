// When Sentry wants to be left alone: what `X-Sentry-Rate-Limits` and `Retry-After` say, by category. What belongs to a limited
// category is not sent and not kept, as the protocol demands: Sentry would refuse it anyway.

import type { SentryCategory } from './sentry-item.ts'

/** For a 429 that names no time. */
const DEFAULT_S = 60
/** An answer can silence a category no longer, however it was made. */
const LIMIT_S_MAX = 86_400

export class SentryLimits {
  readonly #untilMs: Record<SentryCategory, number> = { error: 0, transaction: 0 }

  isLimited(category: SentryCategory, nowMs: number): boolean {
    return nowMs < this.#untilMs[category]
  }

  /** `headers` with names in lower case, as node gives them. */
  learn(
    status: number,
    headers: Readonly<Record<string, string | readonly string[] | undefined>>,
    nowMs: number,
  ): void {
    const limits = headers['x-sentry-rate-limits']
    if (limits !== undefined) this.#learnAll(String(limits), nowMs)
    else if (status === 429) this.#limit([], retryAfterS(headers['retry-after'], nowMs), nowMs)
  }

  /** `60:error;transaction:organization:reason, 2700::key`: seconds, categories (none means all), and what is of no use here. */
  #learnAll(text: string, nowMs: number): void {
    for (const group of text.split(',').slice(0, 100)) {
      const [seconds = '', categories = ''] = group.trim().split(':')
      const s = /^\d{1,9}$/.test(seconds) ? Number(seconds) : DEFAULT_S
      const named = categories.split(';').filter((name) => name !== '')
      this.#limit(named, s, nowMs)
    }
  }

  #limit(categories: readonly string[], seconds: number, nowMs: number): void {
    const untilMs = nowMs + Math.min(seconds, LIMIT_S_MAX) * 1000
    for (const category of ['error', 'transaction'] satisfies SentryCategory[])
      if (categories.length === 0 || categories.includes(category))
        this.#untilMs[category] = Math.max(this.#untilMs[category], untilMs)
  }
}

function retryAfterS(header: string | readonly string[] | undefined, nowMs: number): number {
  const text = String(header ?? '')
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? DEFAULT_S : Math.max(0, Math.ceil((atMs - nowMs) / 1000))
}
