// Finds the dialects of a span. Scope names and marker keys set bits, and the first dialect in the order of the
// tables names the span. General conventions name it only if nothing more specific was found.

import { Literal } from '../../../core/arena.ts'
import { type SpanBatch, VALUE } from '../../../core/batch.ts'
import { key, UNKNOWN_KEY } from '../../../core/keys.ts'
import { ScopeView, type SpanView } from '../../../core/span-view.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { DetectedDialects, DialectNames, Valued, ValueMarker } from './detected.ts'
import type { AnyDialect, Hooks } from './dialect.ts'
import type { Tables } from './tables.ts'

const SCOPES_MAX = 4096

/** How a span arrived, as far as that reveals its dialect. */
interface Arrival {
  readonly isLegacy: boolean
  readonly isLegacyTrace: boolean
  readonly resource: { readonly sdkName: string }
}

/** The context of a span as a number: three dialects + 1, of the scope, the SDK and the form of arrival. */
const SDK_SHIFT = 8
const LEGACY_SHIFT = 16

interface Hook<Call> {
  readonly dialect: number
  readonly call: Call
}

export class Detection implements DetectedDialects {
  readonly #tables: Tables
  readonly #names: readonly Literal[]
  /** By key id: markers that depend on the value too. */
  readonly #valueMarkers = new Map<number, ValueMarker[]>()
  /** Scope names so far. The number is bounded, because clients choose them. */
  readonly #learned = new Map<string, number>()
  readonly #scopeNames = new Map<string, number>()
  readonly #scopePrefixes: { readonly prefix: string; readonly dialect: number }[] = []
  /** By scope row of the batch: the index of the dialect, -1 for none, -2 if not looked up yet. */
  #scopes = new Int32Array(64)
  #lo = 0
  #hi = 0
  #scopeDialect = -1
  #known: DialectNames | null = null
  #batch: SpanBatch | null = null
  #span = 0
  readonly #generalLo: number
  readonly #generalHi: number
  readonly #extraLo: number
  readonly #extraHi: number
  readonly #anthropicLo: number
  readonly #anthropicHi: number
  readonly #sdks = new Map<string, number>()
  readonly #legacy = { event: -1, trace: -1 }
  #ofLogRecords = -1
  readonly #older: { readonly dialect: number; readonly successorKeys: readonly number[] }[] = []
  readonly #virtual: Hook<NonNullable<Hooks['isVirtual']>>[] = []
  readonly #readNames: Hook<NonNullable<Hooks['readName']>>[] = []
  readonly #readOtherNames: Hook<NonNullable<Hooks['readOtherName']>>[] = []
  readonly #named: number[] = []
  readonly #strong: number[] = []

  constructor(tables: Tables) {
    this.#tables = tables
    this.#names = tables.dialects.map((x) => new Literal(x.name))
    let generalLo = 0
    let generalHi = 0
    let extraLo = 0
    let extraHi = 0
    let anthropicLo = 0
    let anthropicHi = 0
    for (const [d, dialect] of tables.dialects.entries()) {
      this.#addFacts(dialect, d)
      this.#addHooks(dialect.hooks ?? {}, d)
      if (dialect.isGeneral === true) {
        if (d < 31) generalLo |= 1 << d
        else generalHi |= 1 << (d - 31)
      }
      if (dialect.cacheIsExtra === true) {
        if (d < 31) extraLo |= 1 << d
        else extraHi |= 1 << (d - 31)
      }
      if (dialect.passesAnthropicOn === true) {
        if (d < 31) anthropicLo |= 1 << d
        else anthropicHi |= 1 << (d - 31)
      }
      if (dialect.names !== undefined) this.#named.push(d)
      if (dialect.isStrong === true) this.#strong.push(d)
      for (const scope of dialect.scopes ?? []) {
        if (scope.endsWith('*'))
          this.#scopePrefixes.push({ prefix: scope.slice(0, -1), dialect: d })
        else this.#scopeNames.set(scope, d)
      }
      for (const marker of dialect.markers ?? []) this.#addValueMarker(marker, d)
    }
    this.#generalLo = generalLo
    this.#generalHi = generalHi
    this.#extraLo = extraLo
    this.#extraHi = extraHi
    this.#anthropicLo = anthropicLo
    this.#anthropicHi = anthropicHi
  }

  #addFacts(dialect: AnyDialect, d: number): void {
    for (const sdk of dialect.sdks ?? []) this.#sdks.set(sdk, d)
    if (dialect.legacy !== undefined) this.#legacy[dialect.legacy] = d
    if (dialect.isOfLogRecords === true) this.#ofLogRecords = d
    if (dialect.successorKeys !== undefined)
      this.#older.push({ dialect: d, successorKeys: dialect.successorKeys.map(key) })
  }

  #addHooks({ isVirtual, readName, readOtherName }: Hooks, d: number): void {
    if (isVirtual !== undefined) this.#virtual.push({ dialect: d, call: isVirtual })
    if (readName !== undefined) this.#readNames.push({ dialect: d, call: readName })
    if (readOtherName !== undefined) this.#readOtherNames.push({ dialect: d, call: readOtherName })
  }

  begin(batch: SpanBatch): void {
    if (this.#scopes.length < batch.scopeCount + 1)
      this.#scopes = new Int32Array(batch.scopeCount * 2 + 1)
    this.#scopes.fill(-2)
  }

  /**
   * Begins a span with what its context reveals, and returns that as a number. Two spans with the same number and the
   * same keys have the same dialects, except for those that values reveal.
   */
  start(span: SpanView, origin: Arrival): number {
    const { batch } = span
    this.#batch = batch
    this.#span = span.index
    this.#lo = 0
    this.#hi = 0
    this.#known = null
    this.#scopeDialect = this.#ofScope(batch, span.scope)
    if (this.#scopeDialect >= 0) this.#set(this.#scopeDialect)
    let context = this.#scopeDialect + 1
    const sdk = this.#sdks.get(origin.resource.sdkName)
    if (sdk !== undefined) context |= this.#found(sdk) << SDK_SHIFT
    if (origin.isLegacy)
      context |=
        this.#found(origin.isLegacyTrace ? this.#legacy.trace : this.#legacy.event) << LEGACY_SHIFT
    return context
  }

  /** Adds the dialects that the keys reveal. */
  byKeys(first: number, count: number): void {
    const batch = this.#batch as SpanBatch
    for (let attr = first; attr < first + count; attr++) {
      const id = batch.attrKey(attr)
      if (id === UNKNOWN_KEY) continue
      this.#tables.rulesOf(id)
      this.#lo |= this.#tables.low(id)
      this.#hi |= this.#tables.high(id)
    }
  }

  /** The attributes whose values may reveal a dialect. */
  valued(first: number, count: number): readonly Valued[] {
    const batch = this.#batch as SpanBatch
    const out: Valued[] = []
    for (let position = 0; position < count; position++) {
      const markers = this.#valueMarkers.get(batch.attrKey(first + position))
      if (markers !== undefined) out.push({ position, markers })
    }
    return out
  }

  /** Adds the dialects that the values of these attributes reveal. */
  byValues(first: number, valued: readonly Valued[]): void {
    const batch = this.#batch as SpanBatch
    for (const { position, markers } of valued) this.#checkValue(batch, first + position, markers)
  }

  /** Replaces `byKeys` for keys whose result is known. */
  startKnown(lo: number, hi: number): void {
    this.#lo = lo
    this.#hi = hi
  }

  /** Sets the names of these dialects, so that `primary` and `several` need not compute them. */
  named(names: DialectNames): void {
    this.#known = names
  }

  get lo(): number {
    return this.#lo
  }

  get hi(): number {
    return this.#hi
  }

  /** Marks a log record without a dialect as one of the general convention. */
  addLogRecords(): void {
    this.#known = null
    if (this.#ofLogRecords >= 0) this.#set(this.#ofLogRecords)
  }

  /** True if the span does not represent its own call. */
  isVirtual(span: CurrentSpan): boolean {
    for (const { dialect, call } of this.#virtual)
      if (this.hasIndex(dialect) && call(span)) return true
    return false
  }

  /** True if a dialect reads names instead of all other readers, and has done so. */
  readName(span: CurrentSpan): boolean {
    for (const { dialect, call } of this.#readNames)
      if (this.hasIndex(dialect)) {
        call(span)
        return true
      }
    return false
  }

  readOtherName(span: CurrentSpan, name: string): void {
    for (const { dialect, call } of this.#readOtherNames)
      if (this.hasIndex(dialect)) return call(span, name)
  }

  hasIndex(d: number): boolean {
    return d < 31 ? (this.#lo & (1 << d)) !== 0 : (this.#hi & (1 << (d - 31))) !== 0
  }

  /** True if any GenAI dialect was found. */
  get isGenAi(): boolean {
    return this.#lo !== 0 || this.#hi !== 0
  }

  /** The dialect that names the span, or null. */
  primary(): Literal | null {
    if (this.#known !== null) return this.#known.dialect
    for (const d of this.#strong) if (this.hasIndex(d)) return this.#name(d)
    if (this.#scopeDialect >= 0 && !this.#tables.isGeneral[this.#scopeDialect])
      return this.#name(this.#scopeDialect)
    const own = this.#firstOf(this.#lo & ~this.#generalLo, this.#hi & ~this.#generalHi)
    if (own >= 0) return this.#name(own)
    // Both generations of the convention share most keys, so the keys that only one of them has decide.
    for (const { dialect, successorKeys } of this.#older)
      if (this.hasIndex(dialect) && !this.#hasAny(successorKeys)) return this.#name(dialect)
    const d = this.#firstOf(this.#lo, this.#hi)
    return d < 0 ? null : this.#name(d)
  }

  /** All dialects of the span if there are several specific ones, else null. */
  several(): readonly string[] | null {
    if (this.#known !== null) return this.#known.dialects
    const lo = this.#lo & ~this.#generalLo
    const hi = this.#hi & ~this.#generalHi
    // A single bit is the usual case, which needs no list.
    if ((hi === 0 && (lo & (lo - 1)) === 0) || (lo === 0 && (hi & (hi - 1)) === 0)) return null
    const out: string[] = []
    for (let d = 0; d < this.#tables.dialects.length; d++)
      if (this.hasIndex(d) && !this.#tables.isGeneral[d]) out.push(this.#name(d).text)
    return out
  }

  get isGeneral(): boolean {
    return (this.#lo & ~this.#generalLo) === 0 && (this.#hi & ~this.#generalHi) === 0
  }

  get isCacheExtra(): boolean {
    return (this.#lo & this.#extraLo) !== 0 || (this.#hi & this.#extraHi) !== 0
  }

  get isCacheExtraOfAnthropic(): boolean {
    return (this.#lo & this.#anthropicLo) !== 0 || (this.#hi & this.#anthropicHi) !== 0
  }

  /** The kind for a span name, by the dialects that were found. */
  kindOfName(name: string): string | null {
    for (const i of this.#named) {
      const names = this.#tables.dialects[i]?.names
      if (names === undefined || !this.hasIndex(i)) continue
      if (Object.hasOwn(names, name)) return names[name] as string
      const word = name.slice(0, name.indexOf(' ') + 1)
      if (word !== '' && Object.hasOwn(names, `${word}*`)) return names[`${word}*`] as string
    }
    return null
  }

  #hasAny(keys: readonly number[]): boolean {
    const batch = this.#batch
    return batch !== null && keys.some((id) => batch.findAttr(this.#span, id) >= 0)
  }

  /** Adds the dialect and returns its number + 1, for the context. */
  #found(dialect: number): number {
    if (dialect >= 0) this.#set(dialect)
    return dialect + 1
  }

  #firstOf(lo: number, hi: number): number {
    if (lo !== 0) return 31 - Math.clz32(lo & -lo)
    return hi === 0 ? -1 : 62 - Math.clz32(hi & -hi)
  }

  #name(d: number): Literal {
    return this.#names[d] as Literal
  }

  #set(d: number): void {
    if (d < 31) this.#lo |= 1 << d
    else this.#hi |= 1 << (d - 31)
  }

  #addValueMarker(marker: string, dialect: number): void {
    const eq = marker.indexOf('=')
    if (eq < 0) return
    const id = key(marker.slice(0, eq))
    const value = marker.slice(eq + 1)
    const list = this.#valueMarkers.get(id) ?? []
    list.push(
      value.endsWith('*')
        ? { text: value.slice(0, -1), isPrefix: true, dialect }
        : { text: value, isPrefix: false, dialect },
    )
    this.#valueMarkers.set(id, list)
  }

  #checkValue(batch: SpanBatch, attr: number, markers: readonly ValueMarker[]): void {
    if (batch.attrType(attr) !== VALUE.STRING) return
    const off = batch.attrOffset(attr)
    const len = batch.attrLength(attr)
    for (const m of markers) {
      // `#string` means that the type alone reveals the dialect: Micrometer writes numbers as text.
      if (m.text === '#string') this.#set(m.dialect)
      else if (m.isPrefix) {
        if (len >= m.text.length && batch.arena.equals(off, m.text.length, m.text))
          this.#set(m.dialect)
      } else if (batch.arena.equals(off, len, m.text)) this.#set(m.dialect)
    }
  }

  #ofScope(batch: SpanBatch, scope: number): number {
    if (scope < 0) return -1
    const known = this.#scopes[scope] as number
    if (known !== -2) return known
    const { nameOffset, nameLength } = new ScopeView(batch).at(scope)
    const name = nameLength > 0 ? batch.arena.text(nameOffset, nameLength) : ''
    let found = this.#learned.get(name)
    if (found === undefined) {
      found = this.#ofScopeName(name)
      if (this.#learned.size < SCOPES_MAX) this.#learned.set(name, found)
    }
    this.#scopes[scope] = found
    return found
  }

  #ofScopeName(name: string): number {
    if (name === '') return -1
    const exact = this.#scopeNames.get(name)
    if (exact !== undefined) return exact
    for (const p of this.#scopePrefixes) if (name.startsWith(p.prefix)) return p.dialect
    return -1
  }
}
