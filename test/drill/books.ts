// The books of a drill and its one checker: which numbered spans were issued and acknowledged, which arrived, how often and
// unchanged. A span's content follows from its number, so nothing else has to be remembered to check it.

import { hash } from 'node:crypto'

export const SPANS_PER_REQUEST = 20

export interface Findings {
  readonly delivered: number
  readonly deadLettered: number
  /** Acknowledged, and neither delivered nor accounted for. */
  readonly lost: number
  /** Deliveries beyond the first of each span. */
  readonly doubled: number
  /** Arrived changed, or never sent by anybody. */
  readonly corrupt: number
}

/** What a destination has. */
export class Arrivals {
  readonly times = new Map<number, number>()
  corrupt = 0

  /** A span as it arrived; its name says which it claims to be. */
  add(name: unknown, payload: unknown): void {
    const n = Number(/^drill (\d+)$/.exec(String(name))?.[1] ?? -1)
    if (n < 0 || payload !== payloadOf(n)) this.corrupt++
    if (n >= 0) this.count(n)
  }

  count(n: number, times = 1): void {
    this.times.set(n, (this.times.get(n) ?? 0) + times)
  }
}

export class Books {
  issued = 0
  readonly #acknowledged = new Set<number>()

  /** The number of the first span of a new request. */
  next(): number {
    const first = this.issued
    this.issued += SPANS_PER_REQUEST
    return first
  }

  acknowledge(first: number): void {
    for (let i = 0; i < SPANS_PER_REQUEST; i++) this.#acknowledged.add(first + i)
  }

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  /** `accounted`: items that the product itself says are dead letters or were destroyed on the disk. */
  check(
    arrivals: Arrivals,
    accounted: { readonly deadLettered?: number; readonly destroyed?: number } = {},
  ): Findings {
    const { deadLettered = 0, destroyed = 0 } = accounted
    let missing = 0
    for (const n of this.#acknowledged) if (!arrivals.times.has(n)) missing++
    let doubled = 0
    let unknown = 0
    for (const [n, times] of arrivals.times) {
      doubled += times - 1
      if (n >= this.issued) unknown++
    }
    return {
      delivered: arrivals.times.size - unknown,
      deadLettered,
      lost: Math.max(0, missing - deadLettered - destroyed),
      doubled,
      corrupt: arrivals.corrupt + unknown,
    }
  }
}

/** What a span with this number must hold when it comes out again. */
function payloadOf(n: number): string {
  return `payload ${hash('sha256', String(n)).slice(0, 24)} of ${n}`
}

/** Of the request that begins with this number; its spans are one trace. */
export function traceIdOf(first: number): string {
  return hash('sha256', `trace ${first}`).slice(0, 32)
}

/** An OTLP request with the spans from `first` on, the same bytes each time. `padding` adds so many bytes to each span. */
export function requestOf(first: number, padding = 0): string {
  const more =
    padding === 0
      ? []
      : [{ key: 'drill.padding', value: { stringValue: 'x '.repeat(padding / 2) } }]
  const spans = Array.from({ length: SPANS_PER_REQUEST }, (_, i) => ({
    traceId: traceIdOf(first),
    spanId: hash('sha256', `span ${first + i}`).slice(0, 16),
    name: `drill ${first + i}`,
    startTimeUnixNano: '1790000000000000000',
    endTimeUnixNano: '1790000000100000000',
    attributes: [{ key: 'drill.payload', value: { stringValue: payloadOf(first + i) } }, ...more],
  }))
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
}
