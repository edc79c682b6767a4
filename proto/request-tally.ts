// The counts and limits of a request while it is indexed: what was accepted, what was refused by itself and why, and
// the limits for the whole request.

import { SPAN, type SpanBatch } from '../core/batch.ts'
import type { DecodeLimits } from './limits.ts'
import { tooLarge } from './refusal.ts'

const REJECTED_ITEMS_MAX = 100
const REASONS_MAX = 5
/**
 * How many distinct sentences are counted. Bad lines state where they are bad, so there could be as many as lines.
 */
const REASONS_COUNTED_MAX = 64

export class RequestTally {
  readonly batch: SpanBatch
  readonly limits: DecodeLimits
  /** The index of the request in `batch.requests`. */
  readonly request: number
  accepted = 0
  rejected = 0
  readonly rejectedItems: { item: number; reason: string }[] = []
  readonly #counts = new Map<string, number>()
  /** The number of resources, scopes and values so far; see `DecodeLimits`. */
  envelopes = 0
  values = 0
  /**
   * The number of fields that OTLP does not know where items could have been. They were skipped, as the specification
   * demands.
   */
  unknownFields = 0
  /** Whether notes of edge instances are trusted in this request (`otlp/edge-note.ts`). */
  readsNotes = false
  readonly #firstRows: number

  constructor(batch: SpanBatch, limits: DecodeLimits, request: number) {
    this.batch = batch
    this.limits = limits
    this.request = request
    this.#firstRows = this.#rows()
  }

  /** The position of the next item in the request. */
  get ordinal(): number {
    return this.accepted + this.rejected
  }

  /** Refuses the request if one more item exceeds the limit. */
  admitItem(): void {
    if (this.ordinal >= this.limits.spansMax)
      throw tooLarge(`The request has more than ${this.limits.spansMax} items.`)
  }

  /** Adds a span row for this request. */
  addSpan(): number {
    const row = this.batch.addSpan()
    const spans = this.batch.spans
    spans[row + SPAN.REQUEST] = this.request
    spans[row + SPAN.ORDINAL] = this.ordinal
    return row
  }

  acceptItem(): void {
    this.accepted++
    this.checkRows()
  }

  checkRows(): void {
    if (this.#rows() - this.#firstRows > this.limits.rowsMax)
      throw tooLarge(`The request has more than ${this.limits.rowsMax} attributes.`)
  }

  addEnvelope(): void {
    if (++this.envelopes > this.limits.envelopesMax)
      throw tooLarge(`The request has more than ${this.limits.envelopesMax} resources and scopes.`)
  }

  addValues(n: number): void {
    this.values += n
    if (this.values > this.limits.valuesMax)
      throw tooLarge(`The request has more than ${this.limits.valuesMax} nested values.`)
  }

  /** Counts an item that is refused by itself. `item` is the line or index that the client knows it by. */
  rejectItem(item: number, reason: string): void {
    this.rejected++
    this.#note(reason)
    if (this.rejectedItems.length < REJECTED_ITEMS_MAX) this.rejectedItems.push({ item, reason })
  }

  /** Adds a note for the client although nothing was refused. */
  warn(reason: string): void {
    this.#note(reason)
  }

  /** The distinct reasons with their counts, at most a few. */
  reasons(): string[] {
    const out: string[] = []
    for (const [reason, n] of this.#counts) {
      if (out.length === REASONS_MAX) break
      out.push(n === 1 ? reason : `${reason} (${n} times)`)
    }
    return out
  }

  #note(reason: string): void {
    const n = this.#counts.get(reason) ?? 0
    if (n > 0 || this.#counts.size < REASONS_COUNTED_MAX) this.#counts.set(reason, n + 1)
  }

  #rows(): number {
    return this.batch.attrCount + this.batch.eventCount + this.batch.linkCount
  }
}
