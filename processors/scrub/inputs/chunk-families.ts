// Sorts the texts of a span into families that may be chunks of one text: the same attribute over ordered events, keys that
// differ in one number, and the texts of a list or map.

import { type SpanBatch, VALUE } from '../../../core/batch.ts'
import { SpanEventView } from '../../../core/span-view.ts'
import { KeyTable } from './key-table.ts'
import { addNestedTexts, type NestedText } from './nested-texts.ts'

/** Texts of one span that are looked at together. */
const TEXTS_MAX = 10_000

interface Text {
  readonly attr: number
  readonly off: number
  readonly len: number
  readonly index: number
}

/** What streams call their chunks; other texts may only stand one after another. */
const STREAM = /chunk|delta|stream|piece|fragment|token|segment|partial/i

export class Family {
  readonly name: string
  readonly texts: Text[] = []
  readonly #eventNames: () => readonly string[]

  constructor(name: string, eventNames: () => readonly string[]) {
    this.name = name
    this.#eventNames = eventNames
  }

  /** Its texts are chunks of a stream by their name. */
  isStream(): boolean {
    return STREAM.test(this.name) || this.#eventNames().some((name) => STREAM.test(name))
  }
}

export class ChunkFamilies {
  readonly #batch: SpanBatch
  readonly #keys: KeyTable
  readonly #families = new Map<string, Family>()
  #count = 0

  constructor(batch: SpanBatch, keys: KeyTable) {
    this.#batch = batch
    this.#keys = keys
  }

  /** Families of more than one text, each in the order of its texts. */
  *ofSeveral(): Iterable<Family> {
    for (const family of this.#families.values()) if (family.texts.length > 1) yield family
  }

  /** Attributes of the same key over events, in the order of the events. */
  addEvents(first: number, count: number): void {
    const { arena } = this.#batch
    const event = new SpanEventView(this.#batch)
    const rows = Array.from({ length: Math.min(count, TEXTS_MAX) }, (_, i) => first + i)
    const names = (): readonly string[] =>
      rows.map((e) => arena.text(event.at(e).nameOffset, Math.max(0, event.nameLength)))
    for (const e of rows) {
      const { firstAttr, attrCount } = event.at(e)
      for (let attr = firstAttr; attr < firstAttr + attrCount; attr++)
        this.#addValue(`event:${this.#keyOf(attr).name}`, attr, 0, names)
    }
  }

  /** Attributes whose keys count up, by their number, and the texts inside lists and maps. */
  addAttributes(first: number, count: number): void {
    const infos = this.#keys.ready()
    const seen = this.#families.size
    for (let attr = first; attr < first + count; attr++) {
      const counts = ((infos[this.#batch.attrKey(attr)] as number) & KeyTable.SERIES) !== 0
      const holds = mayHoldPieces(this.#batch, attr)
      if (!counts && !holds) continue
      const { name, series } = this.#keyOf(attr)
      if (holds) this.#addValue(name, attr, 0, NO_NAMES)
      for (const { family, index } of series) this.#addValue(family, attr, index, NO_NAMES)
    }
    for (const family of [...this.#families.values()].slice(seen))
      family.texts.sort((a, b) => a.index - b.index)
  }

  #keyOf(attr: number): ReturnType<KeyTable['entry']> {
    const batch = this.#batch
    const [key, off] = [batch.attrKey(attr), batch.attrKeyOffset(attr)]
    return this.#keys.entry(key, batch.arena.bytes, off, batch.attrKeyLength(attr))
  }

  #addValue(family: string, attr: number, index: number, names: () => readonly string[]): void {
    const batch = this.#batch
    const type = batch.attrType(attr)
    const off = batch.attrOffset(attr)
    const len = batch.attrLength(attr)
    if (type === VALUE.STRING || type === VALUE.BYTES)
      this.#add(family, { attr, off, len, index }, names)
    else if (isList(type)) {
      const texts: NestedText[] = []
      const isMap = type === VALUE.KVLIST
      addNestedTexts(texts, batch.arena.bytes, off, off + len, isMap, TEXTS_MAX)
      for (const t of texts) this.#add(`${family}${t.path}`, { ...t, attr }, names)
    }
  }

  #add(name: string, text: Text, eventNames: () => readonly string[]): void {
    if (text.len === 0 || this.#count++ >= TEXTS_MAX) return
    let family = this.#families.get(name)
    if (family === undefined) {
      family = new Family(name, eventNames)
      this.#families.set(name, family)
    }
    family.texts.push(text)
  }
}

const NO_NAMES = (): readonly string[] => []

function isList(type: number): boolean {
  return type === VALUE.ARRAY || type === VALUE.KVLIST
}

/** A shorter list has no room for a token in two pieces. */
const LIST_MIN = 28

/** A list or map that may hold pieces of a token. */
export function mayHoldPieces(batch: SpanBatch, attr: number): boolean {
  return isList(batch.attrType(attr)) && batch.attrLength(attr) >= LIST_MIN
}
