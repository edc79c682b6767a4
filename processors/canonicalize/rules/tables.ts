// Compiles the dialect tables for `steps/event-maker.ts`: for each key id the rules that it triggers and the dialects
// that it reveals. It is computed once for each new key and is then one array look-up.

import { Literal } from '../../../core/arena.ts'
import { NO_FIELD, numberIndex, rangeIndex } from '../../../core/fields.ts'
import { grownInts } from '../../../core/grow.ts'
import { keyCount, keyName } from '../../../core/keys.ts'
import { INDEX_MAX } from '../span/indexed-families.ts'
import { checkDialect, checkRow, placeOf } from './check-table.ts'
import {
  type AnyDialect,
  type DialectRule,
  RANK_UNIT,
  type Row,
  type Transform,
  type Words,
} from './dialect.ts'
import { ruleId } from './rule-ids.ts'
import { fillsOf, type TransformName } from './transform-names.ts'

interface Pattern {
  readonly prefix: string
  /** True if a number must follow the prefix. */
  readonly isIndexed: boolean
  readonly rule: DialectRule
}

interface Marker {
  readonly prefix: string
  readonly isPrefix: boolean
  readonly dialect: number
}

const CONTENT = new Set([
  'input_messages',
  'output_messages',
  'io.input',
  'io.output',
  'tool_definitions',
  'system_instructions',
  'request_params',
])

/** Two words of 31 bits, because `detection.ts` keeps the dialects of a span as bits. */
const DIALECTS_MAX = 62

/** How values are read, as far as all dialects share it. */
export interface Transforms {
  readonly named: Readonly<Record<TransformName, Transform>>
  ofWords(to: 'kind' | 'operation', words: Words<string>, isFirstWord: boolean): Transform
}

export class Tables {
  readonly dialects: readonly AnyDialect[]
  readonly rules: DialectRule[] = []
  readonly slots: string[] = []
  readonly families: string[] = []
  /** Dialects that are named only if no other was found. */
  readonly isGeneral: readonly boolean[]
  readonly #exact = new Map<string, DialectRule[]>()
  readonly #patterns: Pattern[] = []
  readonly #exactMarkers = new Map<string, number[]>()
  readonly #prefixMarkers: Marker[] = []
  readonly #slotOf = new Map<string, number>()
  readonly #drops: { readonly text: string; readonly isPrefix: boolean }[] = []
  /** By key id: the position of its rules in `lists` + 1; 0 if not looked up yet, -1 for none. */
  #state = new Int32Array(4096)
  /** By key id: the bits of the dialects that the key reveals. */
  #lo = new Int32Array(4096)
  #hi = new Int32Array(4096)
  readonly #lists: DialectRule[][] = []

  constructor(dialects: readonly AnyDialect[], transforms: Transforms, drops: readonly string[]) {
    if (dialects.length > DIALECTS_MAX)
      throw new Error(`${dialects.length} dialects: detection has bits for ${DIALECTS_MAX}`)
    this.dialects = dialects
    this.isGeneral = dialects.map((x) => x.isGeneral === true)
    for (const text of drops)
      this.#drops.push(
        text.endsWith('*')
          ? { text: text.slice(0, -1), isPrefix: true }
          : { text, isPrefix: false },
      )
    const names = dialects.map((x) => x.name)
    for (const [d, dialect] of dialects.entries()) {
      checkDialect(dialect.name, names.slice(0, d), dialect.names ?? {})
      for (const marker of dialect.markers ?? []) this.#addMarker(marker, d)
      for (const [i, row] of dialect.rows.entries()) this.#addRow(row, i, d, transforms)
    }
    this.#patterns.sort((x, y) => y.prefix.length - x.prefix.length)
  }

  slot(to: string): number {
    let s = this.#slotOf.get(to)
    if (s === undefined) {
      s = this.slots.length
      this.slots.push(to)
      this.#slotOf.set(to, s)
    }
    return s
  }

  /** The rules of a key that was not interned, because the number of keys is bounded. They are computed each time. */
  rulesOfName(name: string): readonly DialectRule[] | null {
    return this.#find(name)
  }

  /** The rules of an interned key, or null. */
  rulesOf(keyId: number): readonly DialectRule[] | null {
    const state = keyId < this.#state.length ? (this.#state[keyId] as number) : 0
    if (state > 0) return this.#lists[state - 1] as DialectRule[]
    return state < 0 ? null : this.#learn(keyId)
  }

  /** The bits (0..30) of the dialects that the key reveals. `rulesOf` must have been called for the key before. */
  low(keyId: number): number {
    return this.#lo[keyId] as number
  }

  /** The bits from 31 on, likewise. */
  high(keyId: number): number {
    return this.#hi[keyId] as number
  }

  #learn(keyId: number): readonly DialectRule[] | null {
    this.#grow(Math.max(keyId + 1, keyCount()))
    const name = keyName(keyId)
    const list = this.#find(name)
    for (const d of this.#markersOf(name)) {
      if (d < 31) this.#lo[keyId] = (this.#lo[keyId] as number) | (1 << d)
      else this.#hi[keyId] = (this.#hi[keyId] as number) | (1 << (d - 31))
    }
    if (list === null) {
      this.#state[keyId] = -1
      return null
    }
    this.#lists.push(list as DialectRule[])
    this.#state[keyId] = this.#lists.length
    return list
  }

  #grow(count: number): void {
    if (count <= this.#state.length) return
    this.#state = grownInts(this.#state, count)
    this.#lo = grownInts(this.#lo, this.#state.length)
    this.#hi = grownInts(this.#hi, this.#state.length)
  }

  #find(name: string): readonly DialectRule[] | null {
    for (const drop of this.#drops)
      if (drop.isPrefix ? name.startsWith(drop.text) : name === drop.text) return DROPPED
    const list = this.#exact.get(name)
    if (list !== undefined) return list
    // The longest prefix is used. Several rows with the same prefix all apply.
    let found: DialectRule[] | null = null
    let length = -1
    for (const p of this.#patterns) {
      if (length >= 0 && p.prefix.length < length) break
      if (!name.startsWith(p.prefix) || name.length === p.prefix.length) continue
      if (p.isIndexed && !isIndexed(name, p.prefix.length)) continue
      found ??= []
      found.push(p.rule)
      length = p.prefix.length
    }
    return found
  }

  *#markersOf(name: string): Generator<number> {
    yield* this.#exactMarkers.get(name) ?? []
    for (const m of this.#prefixMarkers) if (name.startsWith(m.prefix)) yield m.dialect
  }

  #addMarker(marker: string, dialect: number): void {
    if (marker.endsWith('*')) {
      this.#prefixMarkers.push({ prefix: marker.slice(0, -1), isPrefix: true, dialect })
      return
    }
    const list = this.#exactMarkers.get(marker) ?? []
    list.push(dialect)
    this.#exactMarkers.set(marker, list)
  }

  #addRow(row: Row<string>, index: number, dialect: number, transforms: Transforms): void {
    const { name, transforms: own = {} } = this.dialects[dialect] as AnyDialect
    const [pattern, to, how = defaultTransform(to), options = {}] = row
    const where = placeOf(name, pattern, index)
    const ownTransform = typeof how === 'string' && Object.hasOwn(own, how) ? own[how] : undefined
    const fills =
      ownTransform !== undefined
        ? [ownTransform.fills]
        : typeof how === 'string'
          ? fillsOf(how)
          : null
    checkRow(where, {
      key: pattern,
      to,
      transform: how,
      options: { ...options },
      fills,
      own: Object.keys(own),
    })
    const transform =
      typeof how === 'object'
        ? // The check above ensures that words are given for kinds and operations only.
          transforms.ofWords(to as 'kind' | 'operation', how, options.firstWord === true)
        : (ownTransform?.read ?? transforms.named[how as TransformName])
    const howText = typeof how === 'object' ? 'words' : how
    for (const key of expand(pattern)) {
      const at = key.indexOf('<i>')
      const prefix = at >= 0 ? key.slice(0, at) : key.endsWith('*') ? key.slice(0, -1) : null
      const rule = this.#rule(
        key,
        to,
        howText,
        transform,
        dialect,
        options.rank ?? 50,
        options.when ?? 'always',
        prefix?.length ?? 0,
      )
      if (prefix !== null) this.#patterns.push({ prefix, isIndexed: at >= 0, rule })
      else {
        const list = this.#exact.get(key) ?? []
        // The same fact in two tables is one rule.
        const isKnown = list.some(
          (x) =>
            x.to === to &&
            x.how === howText &&
            howText !== 'words' &&
            x.when === 'always' &&
            rule.when === 'always',
        )
        if (!isKnown) list.push(rule)
        this.#exact.set(key, list)
      }
    }
  }

  #rule(
    key: string,
    to: string,
    how: string,
    transform: Transform,
    dialect: number,
    rank: number,
    when: DialectRule['when'],
    strip: number,
  ): DialectRule {
    const dot = to.indexOf('.')
    const index = this.rules.length
    const rule: DialectRule = {
      index,
      id: ruleId({ dialect: (this.dialects[dialect] as AnyDialect).name, key, to, how }),
      dialect,
      key,
      to,
      how,
      transform,
      slot: this.slot(dot >= 0 && to.startsWith('metadata.') ? 'metadata' : to),
      rank: rank * RANK_UNIT + index,
      when,
      range: rangeIndex(to),
      number: numberIndex(to),
      name: dot < 0 ? '' : to.slice(dot + 1),
      literal: new Literal(dot < 0 ? '' : to.slice(dot + 1)),
      strip,
      family: how.startsWith('indexed:') ? this.#family(`${to} ${key}`) : -1,
      isContent: CONTENT.has(to),
    }
    this.rules.push(rule)
    return rule
  }

  #family(name: string): number {
    this.families.push(name)
    return this.families.length - 1
  }
}

/** The rules of a dropped key: one rule that stores nothing. */
const DROPPED: readonly DialectRule[] = [
  {
    index: -1,
    id: '',
    dialect: 0,
    key: 'drop_keys',
    to: 'drop',
    how: 'drop',
    transform: () => true,
    slot: -1,
    rank: 0,
    when: 'always',
    range: NO_FIELD,
    number: NO_FIELD,
    name: '',
    literal: new Literal(''),
    strip: 0,
    family: -1,
    isContent: true,
  },
]

function isIndexed(name: string, from: number): boolean {
  let i = from
  while (i < name.length && name.charCodeAt(i) >= 48 && name.charCodeAt(i) <= 57) i++
  if (i === from || i - from > 6 || (i < name.length && name[i] !== '.')) return false
  return Number(name.slice(from, i)) < INDEX_MAX
}

function defaultTransform(to: string): TransformName {
  if (to === 'drop') return 'drop'
  if (to.startsWith('metadata.')) return 'meta'
  if (to.startsWith('request_params.')) return 'param'
  if (to.startsWith('usage_details.')) return 'detail'
  return 'text'
}

/** `a.{b,c}.d` gives `a.b.d` and `a.c.d`. */
function expand(pattern: string): string[] {
  const m = /^(.*?)\{([^}]*)\}(.*)$/.exec(pattern)
  if (m === null) return [pattern]
  return (m[2] as string).split(',').flatMap((x) => expand(`${m[1]}${x}${m[3]}`))
}
