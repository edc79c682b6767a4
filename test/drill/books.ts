// The bookkeeping of a drill, and its checker. It records which numbered spans were sent and acknowledged, and compares them
// with what arrived: how often, and unchanged? The content of a span follows from its number, so nothing else is recorded.

import { hash } from 'node:crypto'

export const SPANS_PER_REQUEST = 20

export interface Findings {
  readonly delivered: number
  readonly deadLettered: number
  /** Spans that were acknowledged but neither delivered nor accounted for. */
  readonly lost: number
  /** Deliveries beyond the first of each span. */
  readonly doubled: number
  /** Spans that arrived changed, or that were never sent. */
  readonly corrupt: number
}

/** The spans that a destination has received. */
export class Arrivals {
  readonly times = new Map<number, number>()
  corrupt = 0

  /** Adds a span as it arrived. Its name says which number it claims to have. */
  add(name: unknown, payload: unknown): void {
    const n = Number(/^drill (\d+)$/.exec(String(name))?.[1] ?? -1)
    if (n < 0 || payload !== payloadOf(n)) this.corrupt++
    if (n >= 0) this.count(n)
  }

  count(number: number, times = 1): void {
    this.times.set(number, (this.times.get(number) ?? 0) + times)
  }
}

export class Books {
  issued = 0
  #unsent = 0
  #acknowledged = new Set<number>()

  /** The number of the first span of a new request. */
  next(): number {
    const first = this.issued
    this.issued += SPANS_PER_REQUEST
    return first
  }

  /** The number of the first span of so many requests, for a client that numbers them itself. */
  reserve(requests: number): number {
    const first = this.issued
    this.issued += requests * SPANS_PER_REQUEST
    return first
  }

  /** The number of reserved requests that were not sent. */
  unsent(requests: number): void {
    this.#unsent += requests * SPANS_PER_REQUEST
  }

  /** Spans that were sent. */
  get sent(): number {
    return this.issued - this.#unsent
  }

  acknowledge(first: number): void {
    for (let i = 0; i < SPANS_PER_REQUEST; i++) this.#acknowledged.add(first + i)
  }

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  /** What is acknowledged now, for `backTo`. */
  mark(): ReadonlySet<number> {
    return new Set(this.#acknowledged)
  }

  /** Forgets what was acknowledged after the mark, because the instance was restored from a backup of that moment. */
  backTo(mark: ReadonlySet<number>): void {
    this.#acknowledged = new Set(mark)
  }

  /** `accounted` is the number of items that the product itself reports as dead letters or as destroyed on the disk. */
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

/** The content that a span with this number must have when it arrives. */
function payloadOf(number: number): string {
  return `payload ${hash('sha256', String(number)).slice(0, 24)} of ${number}`
}

/** Trace id of the request that begins with this number. All spans of a request are one trace. */
export function traceIdOf(first: number): string {
  return hash('sha256', `trace ${first}`).slice(0, 32)
}

const spanIdOf = (number: number): string => hash('sha256', `span ${number}`).slice(0, 16)
const nameOf = (number: number): string => `drill ${number}`

/**
 * An OTLP request with the spans from `first` on, always with the same bytes. `padding` adds that many bytes to each span.
 */
export function requestOf(first: number, padding = 0): string {
  const more =
    padding === 0
      ? []
      : [{ key: 'drill.padding', value: { stringValue: 'x '.repeat(padding / 2) } }]
  const spans = Array.from({ length: SPANS_PER_REQUEST }, (_, i) => ({
    traceId: traceIdOf(first),
    spanId: spanIdOf(first + i),
    name: nameOf(first + i),
    startTimeUnixNano: '1790000000000000000',
    endTimeUnixNano: '1790000000100000000',
    attributes: [{ key: 'drill.payload', value: { stringValue: payloadOf(first + i) } }, ...more],
  }))
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
}

/**
 * The bytes of `requestOf` for many requests with much padding, of which only the ids and numbers are written anew. */
export class NumberedBodies {
  readonly #padding: number
  /** Where the ids and numbers lie, for numbers of the same length. */
  #places: readonly Place[] = []
  #digits = 0
  #template = Buffer.alloc(0)

  constructor(padding: number) {
    this.#padding = padding
  }

  of(first: number): Buffer {
    const last = first + SPANS_PER_REQUEST - 1
    const { length: digits } = String(first)
    if (String(last).length !== digits) return Buffer.from(requestOf(first, this.#padding))
    if (digits !== this.#digits) this.#prepare(first, digits)
    const body = Buffer.from(this.#template)
    const traceId = traceIdOf(first)
    for (const [i, at] of this.#places.entries()) {
      const number = first + i
      body.write(traceId, at.traceId, 'latin1')
      body.write(spanIdOf(number), at.spanId, 'latin1')
      body.write(nameOf(number), at.name, 'latin1')
      body.write(payloadOf(number), at.payload, 'latin1')
    }
    return body
  }

  #prepare(first: number, digits: number): void {
    this.#template = Buffer.from(requestOf(first, this.#padding))
    this.#digits = digits
    let top = 0
    const find = (text: string): number => {
      const at = this.#template.indexOf(text, top)
      top = at + text.length
      return at
    }
    this.#places = Array.from({ length: SPANS_PER_REQUEST }, (_, i) => ({
      traceId: find(traceIdOf(first)),
      spanId: find(spanIdOf(first + i)),
      name: find(nameOf(first + i)),
      payload: find(payloadOf(first + i)),
    }))
  }
}

interface Place {
  readonly traceId: number
  readonly spanId: number
  readonly name: number
  readonly payload: number
}
