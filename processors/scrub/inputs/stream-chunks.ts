// Secrets that were cut in chunks: chunks of a stream in ordered events, counted attributes, lists and maps, and a key id
// in one attribute with its secret in another. Chunks are looked at joined before each is scrubbed alone: a chunk that
// begins a token may be one by itself, and once it is replaced nothing says what the rest in the next chunk is.

import { type SpanBatch, VALUE } from '../../../core/batch.ts'
import { SpanView } from '../../../core/span-view.ts'
import type { Finding } from '../value/finding.ts'
import { NO_MEANING } from '../value/key-meaning.ts'
import { type Crossed, JoinedPieces } from '../value/pieces.ts'
import { isAwsSecretLike } from '../value/randomness.ts'
import { ValueRange } from '../value/value-range.ts'
import type { AttributeScrubber } from './attributes.ts'
import { ChunkFamilies, type Family, mayHoldPieces } from './chunk-families.ts'
import type { Location, Owner } from './finding-log.ts'
import { type Chunk, carriedTexts, isFramed } from './joined-text.ts'
import { KeyTable } from './key-table.ts'
import type { ValueScrubber } from './value-scrubber.ts'

/** Bytes of one stream that are looked at together. */
const BYTES_MAX = 4 * 1024 * 1024

export class StreamScrubber {
  readonly #attributes: AttributeScrubber
  readonly #values: ValueScrubber
  readonly #value = new ValueRange()
  #view: SpanView | null = null

  constructor(attributes: AttributeScrubber, values: ValueScrubber) {
    this.#attributes = attributes
    this.#values = values
  }

  before(batch: SpanBatch, span: number, owner: Owner): Map<number, Finding[]> | null {
    const view = this.#viewOf(batch).at(span)
    const { eventCount } = view
    const isCounted = this.#mayCount(view)
    if (eventCount < 2 && !isCounted) return null
    const families = new ChunkFamilies(batch, this.#attributes.keys)
    if (eventCount > 1) families.addEvents(view.firstEvent, eventCount)
    if (isCounted) families.addAttributes(view.firstAttr, view.attrCount)
    const out = new Map<number, Finding[]>()
    for (const family of families.ofSeveral()) this.#join(batch, family, owner, out)
    return out.size === 0 ? null : out
  }

  after(batch: SpanBatch, span: number, owner: Owner): void {
    if (this.#values.log.tally?.has('aws_access_key_id') !== true) return
    const view = this.#viewOf(batch).at(span)
    if (this.#awsSecrets(view, owner)) view.markEdited()
  }

  #viewOf(batch: SpanBatch): SpanView {
    if (this.#view?.batch !== batch) this.#view = new SpanView(batch)
    return this.#view
  }

  /** Two keys that count up, or a list or map with room for two pieces. */
  #mayCount(view: SpanView): boolean {
    const infos = this.#attributes.keys.ready()
    const { batch, firstAttr } = view
    const end = firstAttr + view.attrCount
    let counting = 0
    for (let i = firstAttr; i < end; i++) {
      if (mayHoldPieces(batch, i)) return true
      const info = infos[batch.attrKey(i)] as number
      if ((info & KeyTable.SERIES) !== 0 && ++counting > 1) return true
    }
    return false
  }

  /** Adds what crosses a seam of the chunks to `out`, by the values they lie in. */
  #join(batch: SpanBatch, family: Family, owner: Owner, out: Map<number, Finding[]>): void {
    const { judge } = owner
    const b = batch.arena.bytes
    const chunks: Chunk[] = []
    let bytes = 0
    for (const { attr, off, len } of family.texts) {
      if (judge.letsKey(this.#attributes.nameOf(attr))) continue
      bytes += len
      if (bytes > BYTES_MAX) break
      chunks.push({ off, from: off, to: off + len, isDelta: false })
    }
    if (!hasSuspectSeam(b, chunks)) return
    const parts = carriedTexts(b, chunks)
    if (this.#isQuiet(b, chunks, parts, owner)) return
    const key = this.#attributes.nameOf(family.texts[0]?.attr ?? 0)
    const pieces = new JoinedPieces(b, parts)
    for (const f of judge.findJoined(b, parts, key)) {
      const all = pieces.crossed(f)
      const isStream = all.every((c) => c.piece.isDelta) || family.isStream()
      const isWhole = (c: Crossed<Chunk>): boolean => this.#isFoundAlone(b, c, owner)
      for (const c of isStream ? all : pieces.withoutNeighbours(all, isWhole)) {
        const found = { start: c.from, end: c.to, type: f.type, rank: f.rank }
        const list = out.get(c.piece.off)
        if (list === undefined) out.set(c.piece.off, [found])
        else list.push(found)
      }
    }
  }

  /** A look at the piece by itself finds all of the part. */
  #isFoundAlone(b: Uint8Array, part: Crossed<Chunk>, owner: Owner): boolean {
    const value = this.#value.set(b, part.piece.from, part.piece.to)
    return owner.judge.find(value).some((f) => f.start <= part.from && f.end >= part.to)
  }

  /** Nothing in any chunk and nothing around the seams: most streams. */
  #isQuiet(
    b: Uint8Array,
    chunks: readonly Chunk[],
    parts: readonly Chunk[],
    owner: Owner,
  ): boolean {
    for (const p of chunks) if (!this.#values.isQuiet(owner, p.from, p.to)) return false
    return owner.judge.isQuietAtSeams(b, parts)
  }

  /** A 40-character value beside an access key id, whatever its key is called. */
  #awsSecrets(view: SpanView, owner: Owner): boolean {
    const rule = owner.judge.awsSecret
    if (rule === null) return false
    const { batch, firstAttr } = view
    const end = firstAttr + view.attrCount
    let edited = false
    for (let i = firstAttr; i < end; i++) {
      if (batch.attrType(i) !== VALUE.STRING || batch.attrLength(i) !== 40) continue
      const off = batch.attrOffset(i)
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

/** Chunks this short may be parts of anything. */
const SHORT = 24
/** More capitals in a row may belong to a token. */
const CAPITALS = 4

/** True when some chunk ends and the next begins in the middle of a word: otherwise nothing can cross. */
function hasSuspectSeam(b: Uint8Array, chunks: readonly Chunk[]): boolean {
  if (!chunks.some((p) => holdsMark(b, p))) return false
  for (let i = 1; i < chunks.length; i++) {
    const left = chunks[i - 1] as Chunk
    const right = chunks[i] as Chunk
    if (right.to - right.from < SHORT || left.to - left.from < SHORT) return true
    if (isWordByte(b[left.to - 1] as number) && isWordByte(b[right.from] as number)) return true
    if (isFramed(b, right)) return true
  }
  return false
}

/** No secret is made of plain letters alone, unless of capitals: roles and finish reasons need not be joined. */
function holdsMark(b: Uint8Array, p: Chunk): boolean {
  let capitals = 0
  for (let i = p.from; i < p.to; i++) {
    const c = b[i] as number
    if ((c >= 48 && c <= 57) || c === 0x40 || c === 0x5f || c === 0x2d) return true
    capitals = c >= 65 && c <= 90 ? capitals + 1 : 0
    if (capitals > CAPITALS) return true
  }
  return false
}

function isWordByte(c: number): boolean {
  return c > 0x20 && c < 0x7f && c !== 0x21 && c !== 0x3f && c !== 0x2c && c !== 0x3b
}
