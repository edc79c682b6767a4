// Secrets that were cut in pieces: chunks of a stream in ordered events or counted attributes, and a key id
// in one attribute with its secret in another. Looks at the pieces joined; what crosses a seam is masked in
// each piece.

import {
  ATTR,
  ATTR_STRIDE,
  EVENT_ROW,
  EVENT_ROW_STRIDE,
  SPAN,
  SPAN_STRIDE,
  VALUE,
} from '../../../core/batch.ts'
import type { Finding } from '../value/finding.ts'
import { NO_MEANING } from '../value/key-meaning.ts'
import { isAwsSecretLike } from '../value/randomness.ts'
import { ValueRange } from '../value/value-range.ts'
import type { BatchScrubber } from './batch.ts'
import { carriedTexts, joinedText, type Piece } from './joined-text.ts'

/** Pieces of one stream looked at together, and their bytes. */
const PIECES_MAX = 10_000
const BYTES_MAX = 4 * 1024 * 1024

export class StreamScrubber {
  readonly #places: BatchScrubber
  readonly #value = new ValueRange()

  constructor(places: BatchScrubber) {
    this.#places = places
  }

  /** After the values of a span were scrubbed one by one. */
  span(span: number): void {
    const { batch } = this.#places
    const row = span * SPAN_STRIDE
    const s = batch.spans
    if ((s[row + SPAN.EVENT_COUNT] as number) > 1)
      this.#events(span, s[row + SPAN.EVENT_FIRST] as number, s[row + SPAN.EVENT_COUNT] as number)
    if (this.#places.counted > 1)
      this.#counted(span, s[row + SPAN.ATTR_FIRST] as number, s[row + SPAN.ATTR_COUNT] as number)
    if (this.#places.tally?.has('aws_access_key_id') === true) this.#awsSecrets(span, row)
  }

  /** String attributes of the same key over the span's events, in order. */
  #events(span: number, first: number, count: number): void {
    const { batch } = this.#places
    const byKey = new Map<number, number[]>()
    for (let e = first; e < Math.min(first + count, first + PIECES_MAX); e++) {
      const row = e * EVENT_ROW_STRIDE
      const from = batch.events[row + EVENT_ROW.ATTR_FIRST] as number
      const to = from + (batch.events[row + EVENT_ROW.ATTR_COUNT] as number)
      for (let i = from; i < to; i++)
        this.#collect(byKey, batch.attrs[i * ATTR_STRIDE] as number, i)
    }
    for (const attrs of byKey.values())
      if (attrs.length > 1) this.#joined(span, attrs, 'event_attribute')
  }

  #collect(byKey: Map<number, number[]>, keyId: number, attr: number): void {
    const { batch } = this.#places
    const row = attr * ATTR_STRIDE
    if (batch.attrs[row + ATTR.TYPE] !== VALUE.STRING || batch.attrs[row + ATTR.LEN] === 0) return
    const list = byKey.get(keyId)
    if (list === undefined) byKey.set(keyId, [attr])
    else list.push(attr)
  }

  /** `...chunk.0`, `...chunk.1`: attributes of a family by their number. */
  #counted(span: number, first: number, count: number): void {
    const { batch, keys } = this.#places
    let families: Map<string, { attr: number; index: number }[]> | null = null
    for (let i = first; i < first + count; i++) {
      const series = keys.seriesOf(batch.attrs[i * ATTR_STRIDE] as number)
      if (series === null || batch.attrs[i * ATTR_STRIDE + ATTR.TYPE] !== VALUE.STRING) continue
      families ??= new Map()
      const list = families.get(series.family)
      if (list === undefined) families.set(series.family, [{ attr: i, index: series.index }])
      else list.push({ attr: i, index: series.index })
    }
    if (families === null) return
    for (const list of families.values()) {
      if (list.length < 2) continue
      list.sort((a, b) => a.index - b.index)
      this.#joined(
        span,
        list.map((x) => x.attr),
        'attribute',
      )
    }
  }

  #joined(span: number, attrs: readonly number[], place: 'attribute' | 'event_attribute'): void {
    const { batch, inspector } = this.#places
    const b = batch.arena.bytes
    const pieces: Piece[] = []
    let bytes = 0
    for (const attr of attrs) {
      if (inspector.letsKey(this.#places.nameOf(attr))) continue
      const row = attr * ATTR_STRIDE
      const off = batch.attrs[row + ATTR.OFF] as number
      const len = batch.attrs[row + ATTR.LEN] as number
      bytes += len
      if (bytes > BYTES_MAX) break
      pieces.push({ owner: attr, off, from: off, to: off + len })
    }
    if (!hasSuspectSeam(b, pieces) || this.#isQuiet(b, pieces)) return
    const byOwner = joinedText(inspector, b, pieces, this.#places.nameOf(pieces[0]?.owner ?? 0))
    for (const [attr, found] of byOwner) {
      this.#places.replaceIn(attr, found, place)
      batch.markEdited(span)
    }
  }

  /** Nothing in any piece and nothing around the seams: most streams. */
  #isQuiet(b: Uint8Array, pieces: readonly Piece[]): boolean {
    for (const p of pieces) if (!this.#places.isQuiet(p.from, p.to)) return false
    return this.#places.inspector.isQuietAtSeams(b, carriedTexts(b, pieces))
  }

  /** A 40-character value beside an access key id, whatever its key is called. */
  #awsSecrets(span: number, row: number): void {
    const { batch } = this.#places
    const { inspector } = this.#places
    const rule = inspector.engine.compiled.awsSecret
    if (rule === null) return
    const first = batch.spans[row + SPAN.ATTR_FIRST] as number
    const count = batch.spans[row + SPAN.ATTR_COUNT] as number
    for (let i = first; i < first + count; i++) {
      const r = i * ATTR_STRIDE
      if (batch.attrs[r + ATTR.TYPE] !== VALUE.STRING || batch.attrs[r + ATTR.LEN] !== 40) continue
      const off = batch.attrs[r + ATTR.OFF] as number
      if (!isAwsSecretLike(batch.arena.bytes, off, off + 40)) continue
      const found: Finding = { start: off, end: off + 40, type: rule.type, rank: 8 }
      const name = this.#places.nameOf(i)
      const value = this.#value.set(batch.arena.bytes, off, off + 40).under(NO_MEANING, name)
      if (inspector.withoutExcused(value, [found]).length === 0) continue
      this.#places.replaceIn(i, [{ ...found, start: 0, end: 40 }], 'attribute')
      batch.markEdited(span)
    }
  }
}

/** Pieces this short may be parts of anything. */
const SHORT = 24

/** True when some piece ends and the next begins in the middle of a word: otherwise nothing can cross. */
function hasSuspectSeam(b: Uint8Array, pieces: readonly Piece[]): boolean {
  if (!pieces.some((p) => holdsMark(b, p))) return false
  for (let i = 1; i < pieces.length; i++) {
    const left = pieces[i - 1] as Piece
    const right = pieces[i] as Piece
    if (right.to - right.from < SHORT || left.to - left.from < SHORT) return true
    if (isWordByte(b[left.to - 1] as number) && isWordByte(b[right.from] as number)) return true
    if (b[right.from] === 0x7b) return true
  }
  return false
}

/** No secret is made of plain letters alone: roles and finish reasons need not be joined. */
function holdsMark(b: Uint8Array, p: Piece): boolean {
  for (let i = p.from; i < p.to; i++) {
    const c = b[i] as number
    if ((c >= 48 && c <= 57) || c === 0x40 || c === 0x5f || c === 0x2d) return true
  }
  return false
}

function isWordByte(c: number): boolean {
  return c > 0x20 && c < 0x7f && c !== 0x21 && c !== 0x3f && c !== 0x2c && c !== 0x3b
}
