// Sorts the texts of a span into families that may be chunks of one text: the same attribute over ordered events, keys that
// differ in one number, and the texts of a list or map. One object for all spans: what it holds is of the span at hand, and a
// span without such texts costs a look at its keys.

import { type SpanBatch, VALUE } from '../../../core/batch.ts'
import { SpanEventView } from '../../../core/span-view.ts'
import { KeyTable, type SeriesFamily } from './key-table.ts'
import { addNestedTexts, type NestedText } from './nested-texts.ts'

/** Texts of one span that are looked at together. */
const TEXTS_MAX = 10_000

/** What streams call their chunks; other texts may only stand one after another. */
const STREAM = /chunk|delta|stream|piece|fragment|token|segment|partial/i

/** Texts that may be chunks of one text, in their order; text `i` has attribute `attrs[i]` and so on. */
export class Family {
  readonly name: string
  readonly attrs: number[] = []
  readonly offsets: number[] = []
  readonly lengths: number[] = []
  readonly #indexes: number[] = []
  /** Of the span that its texts are of. */
  round = 0
  isOfEvents = false
  #isSorted = true

  constructor(name: string) {
    this.name = name
  }

  get size(): number {
    return this.attrs.length
  }

  empty(round: number): void {
    this.round = round
    this.attrs.length = 0
    this.offsets.length = 0
    this.lengths.length = 0
    this.#indexes.length = 0
    this.#isSorted = true
  }

  add(attr: number, off: number, len: number, index: number): void {
    const before = this.#indexes.at(-1)
    if (before !== undefined && before > index) this.#isSorted = false
    this.attrs.push(attr)
    this.offsets.push(off)
    this.lengths.push(len)
    this.#indexes.push(index)
  }

  /** Puts the texts in the order of their numbers. */
  sort(): void {
    if (this.#isSorted) return
    const order = [...this.#indexes.keys()]
    order.sort((a, b) => (this.#indexes[a] as number) - (this.#indexes[b] as number))
    for (const column of [this.attrs, this.offsets, this.lengths, this.#indexes]) {
      const before = [...column]
      for (const [to, from] of order.entries()) column[to] = before[from] as number
    }
    this.#isSorted = true
  }
}

export class ChunkFamilies {
  readonly #keys: KeyTable
  /** By number of the key family; as many as there are keys that count up. */
  readonly #ofKeys: Family[] = []
  /** Those of events, lists and maps of the span at hand, whose names are not known beforehand. */
  readonly #named = new Map<string, Family>()
  /** Families of more than one text. */
  readonly #several: Family[] = []
  #batch!: SpanBatch
  #events: readonly number[] = []
  #round = 0
  #count = 0

  constructor(keys: KeyTable) {
    this.#keys = keys
  }

  /** Begins with a span. */
  open(batch: SpanBatch): void {
    this.#batch = batch
    this.#round++
    this.#count = 0
    this.#several.length = 0
    if (this.#named.size > 0) this.#named.clear()
  }

  /** Families of more than one text, each in the order of its texts. */
  ofSeveral(): readonly Family[] {
    for (const family of this.#several) if (!family.isOfEvents) family.sort()
    return this.#several
  }

  /** Its texts are chunks of a stream by their name. */
  isStream(family: Family): boolean {
    if (STREAM.test(family.name)) return true
    if (!family.isOfEvents) return false
    const { arena } = this.#batch
    const event = new SpanEventView(this.#batch)
    return this.#events.some((e) =>
      STREAM.test(arena.text(event.at(e).nameOffset, Math.max(0, event.nameLength))),
    )
  }

  /** Attributes of the same key over events, in the order of the events. */
  addEvents(first: number, count: number): void {
    const event = new SpanEventView(this.#batch)
    this.#events = Array.from({ length: Math.min(count, TEXTS_MAX) }, (_, i) => first + i)
    for (const e of this.#events) {
      const { firstAttr, attrCount } = event.at(e)
      for (let attr = firstAttr; attr < firstAttr + attrCount; attr++) {
        const name = `event:${this.#keyOf(attr).name}`
        if (isList(this.#batch.attrType(attr))) this.#addList(name, attr, true)
        else this.#addText(this.#familyOf(name, true), attr, 0)
      }
    }
  }

  /** Attributes whose keys count up, by their number, and the texts inside lists and maps. */
  addAttributes(first: number, count: number): void {
    const infos = this.#keys.ready()
    const batch = this.#batch
    for (let attr = first; attr < first + count; attr++) {
      const counts = ((infos[batch.attrKey(attr)] as number) & KeyTable.SERIES) !== 0
      if (!counts && !isList(batch.attrType(attr))) continue
      const holds = mayHoldPieces(batch, attr)
      if (!counts && !holds) continue
      const { name, series } = this.#keyOf(attr)
      if (holds) this.#addList(name, attr, false)
      for (const { family, index } of series) {
        if (isList(batch.attrType(attr))) this.#addList(family.name, attr, false)
        else this.#addText(this.#ofKey(family), attr, index)
      }
    }
  }

  #keyOf(attr: number): ReturnType<KeyTable['entry']> {
    const batch = this.#batch
    const [key, off] = [batch.attrKey(attr), batch.attrKeyOffset(attr)]
    return this.#keys.entry(key, batch.arena.bytes, off, batch.attrKeyLength(attr))
  }

  #addText(family: Family, attr: number, index: number): void {
    const type = this.#batch.attrType(attr)
    if (type !== VALUE.STRING && type !== VALUE.BYTES) return
    this.#add(family, attr, this.#batch.attrOffset(attr), this.#batch.attrLength(attr), index)
  }

  #addList(name: string, attr: number, isOfEvents: boolean): void {
    const batch = this.#batch
    const off = batch.attrOffset(attr)
    const isMap = batch.attrType(attr) === VALUE.KVLIST
    const texts: NestedText[] = []
    const { bytes } = batch.arena
    addNestedTexts(texts, bytes, off, off + batch.attrLength(attr), isMap, TEXTS_MAX)
    for (const t of texts)
      this.#add(this.#familyOf(`${name}${t.path}`, isOfEvents), attr, t.off, t.len, t.index)
  }

  #add(family: Family, attr: number, off: number, len: number, index: number): void {
    if (len === 0 || this.#count++ >= TEXTS_MAX) return
    family.add(attr, off, len, family.isOfEvents ? 0 : index)
    if (family.size === 2) this.#several.push(family)
  }

  #ofKey(key: SeriesFamily): Family {
    // Of a key that is not interned: its name is all that ties it to others.
    if (key.id < 0) return this.#familyOf(key.name, false)
    let family = this.#ofKeys[key.id]
    if (family === undefined) {
      family = new Family(key.name)
      this.#ofKeys[key.id] = family
    }
    if (family.round !== this.#round) family.empty(this.#round)
    return family
  }

  #familyOf(name: string, isOfEvents: boolean): Family {
    let family = this.#named.get(name)
    if (family === undefined) {
      family = new Family(name)
      family.isOfEvents = isOfEvents
      this.#named.set(name, family)
    }
    return family
  }
}

function isList(type: number): boolean {
  return type === VALUE.ARRAY || type === VALUE.KVLIST
}

/** A shorter list has no room for a token in two pieces. */
const LIST_MIN = 28

/** A list or map that may hold pieces of a token. */
function mayHoldPieces(batch: SpanBatch, attr: number): boolean {
  return isList(batch.attrType(attr)) && batch.attrLength(attr) >= LIST_MIN
}
