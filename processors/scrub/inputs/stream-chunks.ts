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
import { ChunkFamilies, type Family } from './chunk-families.ts'
import type { Location, Owner } from './finding-log.ts'
import { type Chunk, carriedTexts } from './joined-text.ts'
import { hasSuspectSeam, mayCross } from './seams.ts'
import type { ValueScrubber } from './value-scrubber.ts'

/** Bytes of one stream that are looked at together. */
const BYTES_MAX = 4 * 1024 * 1024

export class StreamScrubber {
  readonly #attributes: AttributeScrubber
  readonly #values: ValueScrubber
  readonly #value = new ValueRange()
  readonly #families: ChunkFamilies
  #view: SpanView | null = null

  constructor(attributes: AttributeScrubber, values: ValueScrubber) {
    this.#attributes = attributes
    this.#values = values
    this.#families = new ChunkFamilies(attributes.keys)
  }

  before(batch: SpanBatch, span: number, owner: Owner): Map<number, Finding[]> | null {
    const view = this.#viewOf(batch).at(span)
    const { eventCount } = view
    const families = this.#families
    families.open(batch)
    if (eventCount > 1) families.addEvents(view.firstEvent, eventCount)
    families.addAttributes(view.firstAttr, view.attrCount)
    let out: Map<number, Finding[]> | null = null
    for (const family of families.ofSeveral()) out = this.#join(batch, family, owner, out)
    return out
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

  /** Adds what crosses a seam of the chunks to `found`, by the values they lie in. */
  #join(
    batch: SpanBatch,
    family: Family,
    owner: Owner,
    found: Map<number, Finding[]> | null,
  ): Map<number, Finding[]> | null {
    const { judge } = owner
    const b = batch.arena.bytes
    const chunks = this.#chunksOf(family, owner)
    if (!mayCross(b, chunks)) return found
    const parts = carriedTexts(b, chunks)
    if (parts !== chunks && !hasSuspectSeam(b, parts)) return found
    if (this.#isQuiet(b, chunks, parts, owner)) return found
    const key = this.#attributes.nameOf(family.attrs[0] ?? 0)
    const pieces = new JoinedPieces(b, parts)
    let out = found
    for (const f of judge.findJoined(b, parts, key)) {
      const all = pieces.partsOf(f)
      const isStream = all.every((c) => c.piece.isDelta) || this.#families.isStream(family)
      // Texts that only stand one after another were judged alone.
      if (all.length < 2 && !isStream) continue
      const isWhole = (c: Crossed<Chunk>): boolean => this.#isFoundAlone(b, c, owner)
      out ??= new Map()
      for (const c of isStream ? all : pieces.withoutNeighbours(all, isWhole)) {
        const part = { start: c.from, end: c.to, type: f.type, rank: f.rank }
        const list = out.get(c.piece.off)
        if (list === undefined) out.set(c.piece.off, [part])
        else list.push(part)
      }
    }
    return out
  }

  /** The texts of a family whose keys may not pass, as far as they are looked at together. */
  #chunksOf(family: Family, owner: Owner): Chunk[] {
    const chunks: Chunk[] = []
    let bytes = 0
    for (let i = 0; i < family.size; i++) {
      const off = family.offsets[i] as number
      const len = family.lengths[i] as number
      if (owner.judge.letsKey(this.#attributes.nameOf(family.attrs[i] as number))) continue
      bytes += len
      if (bytes > BYTES_MAX) break
      chunks.push({ off, from: off, to: off + len, isDelta: false })
    }
    return chunks
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
