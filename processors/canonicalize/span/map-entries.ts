// The entries of the event's maps that the current span has: request parameters, usage details, metadata. They are
// ranges in the arena until `steps/` writes them.

import type { Arena, Literal } from '../../../core/arena.ts'
import { IntList } from '../bytes/int-list.ts'
import { unitOf } from '../vocabulary/usage-units.ts'

/** The most parameters or usage details of one span. More of them are hostile. */
const NAMES_MAX = 256

/** The numbers of a row: name offset and length, value offset and length. */
export const ENTRY = 4
const NAME_LITERAL_MAX = 32
const PLAIN_NAME = /^[a-z0-9_.]+$/

/** Names of parameters that tables or providers use are few. Others are not kept as literals. */
const plainNames = new Set<string>()
const PLAIN_NAMES_MAX = 256
function literalOfName(arena: Arena, name: string): number {
  if (!plainNames.has(name)) {
    if (plainNames.size >= PLAIN_NAMES_MAX || !PLAIN_NAME.test(name)) return -1
    plainNames.add(name)
  }
  return arena.literal(name)
}

export class MapEntries {
  /** Request parameters: names need no escaping, values are JSON. */
  readonly params = new IntList()
  /** Usage details in the same form. */
  readonly details = new IntList()
  readonly metadata = new IntList()
  #arena!: Arena

  reset(arena: Arena): void {
    this.#arena = arena
    this.params.clear()
    this.details.clear()
    this.metadata.clear()
  }

  /** Adds a request parameter as JSON text. The first value of a name is kept. */
  addParam(name: string, json: string): void {
    const off = this.#arena.appendText(json)
    this.#named(this.params, name, off, this.#arena.lastLen)
  }

  /** The same, and a value that the parameter has is replaced. */
  setParam(name: string, json: string): void {
    const row = this.paramNamed(name)
    if (row < 0) return this.addParam(name, json)
    this.params.set(row + 2, this.#arena.appendText(json))
    this.params.set(row + 3, this.#arena.lastLen)
  }

  /** Adds a number under the rule's name. */
  addNumberParam(rule: { readonly name: string; readonly literal: Literal }, n: number): void {
    const arena = this.#arena
    const literal = rule.literal.id(arena)
    if (literal < 0) return this.addParam(rule.name, String(n))
    const off = arena.appendAscii(String(n))
    const len = arena.lastLen
    this.#addTo(this.params, arena.literalOff(literal), arena.literalLen(literal), off, len)
  }

  /** Adds a parameter whose name and value are in JSON text in the arena. */
  addParamRange(keyOff: number, keyLen: number, off: number, len: number): void {
    this.#addTo(this.params, keyOff, keyLen, off, len)
  }

  /**
   * Adds a usage detail, under the standard name of its unit if the name reveals it. The first value of a name is
   * kept.
   */
  addDetail(name: string, value: number): void {
    if (!Number.isFinite(value)) return
    const unit = unitOf(name)
    const off = this.#arena.appendText(String(unit === null ? value : value * unit.factor))
    this.#named(this.details, unit?.name ?? name, off, this.#arena.lastLen)
  }

  /** The row of a parameter, or -1. */
  paramNamed(name: string): number {
    return this.#rowOf(this.params, name)
  }

  /** The value of a usage detail, 0 without it. */
  detailNamed(name: string): number {
    const row = this.#rowOf(this.details, name)
    return row < 0
      ? 0
      : Number(this.#arena.text(this.details.at(row + 2), this.details.at(row + 3)))
  }

  #rowOf(rows: IntList, name: string): number {
    for (let i = 0; i < rows.length; i += ENTRY)
      if (this.#arena.equals(rows.at(i), rows.at(i + 1), name)) return i
    return -1
  }

  #named(rows: IntList, name: string, off: number, len: number): void {
    const arena = this.#arena
    const literal = name.length <= NAME_LITERAL_MAX ? literalOfName(arena, name) : -1
    if (literal >= 0)
      return this.#addTo(rows, arena.literalOff(literal), arena.literalLen(literal), off, len)
    const keyOff = arena.appendText(JSON.stringify(name).slice(1, -1))
    this.#addTo(rows, keyOff, arena.lastLen, off, len)
  }

  #addTo(rows: IntList, keyOff: number, keyLen: number, off: number, len: number): void {
    if (rows.length >= NAMES_MAX * ENTRY) return
    const b = this.#arena.bytes
    for (let i = 0; i < rows.length; i += ENTRY) {
      if (rows.at(i + 1) !== keyLen) continue
      const at = rows.at(i)
      let n = 0
      while (n < keyLen && b[at + n] === b[keyOff + n]) n++
      if (n === keyLen) return
    }
    rows.push4(keyOff, keyLen, off, len)
  }

  addMetadata(name: string, value: string): void {
    const arena = this.#arena
    const keyOff = arena.appendText(name)
    const keyLen = arena.lastLen
    const off = arena.appendText(value)
    this.metadata.push4(keyOff, keyLen, off, arena.lastLen)
  }

  /** Adds an entry of metadata whose value is in the arena. */
  addMetadataRange(name: string, off: number, len: number): void {
    const keyOff = this.#arena.appendText(name)
    this.metadata.push4(keyOff, this.#arena.lastLen, off, len)
  }

  /** Adds an entry of metadata. Its values are strings: text unchanged, anything else as JSON. */
  addMetadataValue(name: string, value: unknown): void {
    if (value === null || value === undefined) return
    this.addMetadata(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
}
