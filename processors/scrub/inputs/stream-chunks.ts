// Secrets that were cut in chunks: chunks of a stream in ordered events or counted attributes, and a key id
// in one attribute with its secret in another. Looks at the chunks joined; what crosses a seam is masked in
// each chunk.

import {
  ATTR,
  ATTR_STRIDE,
  EVENT_ROW,
  EVENT_ROW_STRIDE,
  SPAN,
  SPAN_STRIDE,
  type SpanBatch,
  VALUE,
} from '../../../core/batch.ts'
import type { Finding } from '../value/finding.ts'
import { NO_MEANING } from '../value/key-meaning.ts'
import { isAwsSecretLike } from '../value/randomness.ts'
import { ValueRange } from '../value/value-range.ts'
import type { AttributeScrubber } from './attributes.ts'
import type { Location, Owner } from './finding-log.ts'
import { type Chunk, carriedTexts, joinedText } from './joined-text.ts'
import type { ValueScrubber } from './value-scrubber.ts'

/** Chunks of one stream looked at together, and their bytes. */
const CHUNKS_MAX = 10_000
const BYTES_MAX = 4 * 1024 * 1024

export class StreamScrubber {
  readonly #attributes: AttributeScrubber
  readonly #values: ValueScrubber
  readonly #value = new ValueRange()

  constructor(attributes: AttributeScrubber, values: ValueScrubber) {
    this.#attributes = attributes
    this.#values = values
  }

  /** After the values of a span were scrubbed one by one. */
  span(batch: SpanBatch, span: number, owner: Owner): void {
    const row = span * SPAN_STRIDE
    const s = batch.spans
    let edited = false
    if ((s[row + SPAN.EVENT_COUNT] as number) > 1) edited = this.#events(batch, row, owner)
    if (this.#attributes.counted > 1) edited = this.#counted(batch, row, owner) || edited
    if (this.#values.log.tally?.has('aws_access_key_id') === true)
      edited = this.#awsSecrets(batch, row, owner) || edited
    if (edited) batch.markEdited(span)
  }

  /** String attributes of the same key over the span's events, in order. */
  #events(batch: SpanBatch, row: number, owner: Owner): boolean {
    const first = batch.spans[row + SPAN.EVENT_FIRST] as number
    const count = Math.min(batch.spans[row + SPAN.EVENT_COUNT] as number, CHUNKS_MAX)
    const byKey = new Map<number, number[]>()
    for (let e = first; e < first + count; e++) {
      const event = e * EVENT_ROW_STRIDE
      const from = batch.events[event + EVENT_ROW.ATTR_FIRST] as number
      const to = from + (batch.events[event + EVENT_ROW.ATTR_COUNT] as number)
      for (let i = from; i < to; i++) collect(batch, byKey, i)
    }
    let edited = false
    for (const attrs of byKey.values())
      if (attrs.length > 1)
        edited =
          this.#joined(batch, attrs, { owner, place: 'event_attribute', key: null }) || edited
    return edited
  }

  /** `...chunk.0`, `...chunk.1`: attributes of a family by their number. */
  #counted(batch: SpanBatch, row: number, owner: Owner): boolean {
    const first = batch.spans[row + SPAN.ATTR_FIRST] as number
    const count = batch.spans[row + SPAN.ATTR_COUNT] as number
    const families = new Map<string, { attr: number; index: number }[]>()
    for (let i = first; i < first + count; i++) {
      const series = this.#attributes.keys.seriesOf(batch.attrs[i * ATTR_STRIDE] as number)
      if (series === null || batch.attrs[i * ATTR_STRIDE + ATTR.TYPE] !== VALUE.STRING) continue
      const list = families.get(series.family)
      if (list === undefined) families.set(series.family, [{ attr: i, index: series.index }])
      else list.push({ attr: i, index: series.index })
    }
    let edited = false
    for (const list of families.values()) {
      if (list.length < 2) continue
      list.sort((a, b) => a.index - b.index)
      const attrs = list.map((x) => x.attr)
      edited = this.#joined(batch, attrs, { owner, place: 'attribute', key: null }) || edited
    }
    return edited
  }

  #joined(batch: SpanBatch, attrs: readonly number[], at: Location): boolean {
    const { judge } = at.owner
    const b = batch.arena.bytes
    const chunks: Chunk[] = []
    let bytes = 0
    for (const attr of attrs) {
      if (judge.letsKey(this.#attributes.nameOf(attr))) continue
      const row = attr * ATTR_STRIDE
      const off = batch.attrs[row + ATTR.OFF] as number
      const len = batch.attrs[row + ATTR.LEN] as number
      bytes += len
      if (bytes > BYTES_MAX) break
      chunks.push({ owner: attr, off, from: off, to: off + len })
    }
    if (!hasSuspectSeam(b, chunks) || this.#isQuiet(b, chunks, at)) return false
    const key = this.#attributes.nameOf(chunks[0]?.owner ?? 0)
    const byAttribute = joinedText(b, chunks, (parts) => judge.findJoined(b, parts, key))
    for (const [attr, found] of byAttribute) this.#attributes.replaceIn(at, attr, found)
    return byAttribute.size > 0
  }

  /** Nothing in any chunk and nothing around the seams: most streams. */
  #isQuiet(b: Uint8Array, chunks: readonly Chunk[], at: Location): boolean {
    for (const p of chunks) if (!this.#values.isQuiet(at, p.from, p.to)) return false
    return at.owner.judge.isQuietAtSeams(b, carriedTexts(b, chunks))
  }

  /** A 40-character value beside an access key id, whatever its key is called. */
  #awsSecrets(batch: SpanBatch, row: number, owner: Owner): boolean {
    const rule = owner.judge.awsSecret
    if (rule === null) return false
    const first = batch.spans[row + SPAN.ATTR_FIRST] as number
    const count = batch.spans[row + SPAN.ATTR_COUNT] as number
    let edited = false
    for (let i = first; i < first + count; i++) {
      const r = i * ATTR_STRIDE
      if (batch.attrs[r + ATTR.TYPE] !== VALUE.STRING || batch.attrs[r + ATTR.LEN] !== 40) continue
      const off = batch.attrs[r + ATTR.OFF] as number
      const { bytes } = batch.arena
      if (!isAwsSecretLike(bytes, off, off + 40)) continue
      const found: Finding = { start: off, end: off + 40, type: rule.type, rank: rule.rank }
      const value = this.#value
        .set(bytes, off, off + 40)
        .under(NO_MEANING, this.#attributes.nameOf(i))
      if (owner.judge.withoutExcused(value, [found]).length === 0) continue
      const at: Location = { owner, place: 'attribute', key: null }
      this.#attributes.replaceIn(at, i, [{ ...found, start: 0, end: 40 }])
      edited = true
    }
    return edited
  }
}

/** Adds a text attribute to those of its key. */
function collect(batch: SpanBatch, byKey: Map<number, number[]>, attr: number): void {
  const row = attr * ATTR_STRIDE
  if (batch.attrs[row + ATTR.TYPE] !== VALUE.STRING || batch.attrs[row + ATTR.LEN] === 0) return
  const keyId = batch.attrs[row] as number
  const list = byKey.get(keyId)
  if (list === undefined) byKey.set(keyId, [attr])
  else list.push(attr)
}

/** Chunks this short may be parts of anything. */
const SHORT = 24

/** True when some chunk ends and the next begins in the middle of a word: otherwise nothing can cross. */
function hasSuspectSeam(b: Uint8Array, chunks: readonly Chunk[]): boolean {
  if (!chunks.some((p) => holdsMark(b, p))) return false
  for (let i = 1; i < chunks.length; i++) {
    const left = chunks[i - 1] as Chunk
    const right = chunks[i] as Chunk
    if (right.to - right.from < SHORT || left.to - left.from < SHORT) return true
    if (isWordByte(b[left.to - 1] as number) && isWordByte(b[right.from] as number)) return true
    if (b[right.from] === 0x7b) return true
  }
  return false
}

/** No secret is made of plain letters alone: roles and finish reasons need not be joined. */
function holdsMark(b: Uint8Array, p: Chunk): boolean {
  for (let i = p.from; i < p.to; i++) {
    const c = b[i] as number
    if ((c >= 48 && c <= 57) || c === 0x40 || c === 0x5f || c === 0x2d) return true
  }
  return false
}

function isWordByte(c: number): boolean {
  return c > 0x20 && c < 0x7f && c !== 0x21 && c !== 0x3f && c !== 0x2c && c !== 0x3b
}
