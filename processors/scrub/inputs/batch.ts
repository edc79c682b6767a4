// Every place of a batch where text can stand: names, messages, trace state, attribute keys and values of all
// types, events, links, resources, scopes, schema URLs, log bodies. Decides what is looked at; `Inspector` decides what is
// a secret. A value without candidates and without a telling key costs a few comparisons.

import type { Arena } from '../../../core/arena.ts'
import { Arena as NewArena } from '../../../core/arena.ts'
import {
  ATTR,
  ATTR_STRIDE,
  EVENT_ROW,
  EVENT_ROW_STRIDE,
  LINK,
  LINK_STRIDE,
  RESOURCE,
  RESOURCE_STRIDE,
  SCOPE,
  SCOPE_STRIDE,
  type SecretNote,
  SPAN,
  SPAN_STRIDE,
  type SpanBatch,
  VALUE,
} from '../../../core/batch.ts'
import type { ChainContext } from '../../../core/component.ts'
import { internKey, key } from '../../../core/keys.ts'
import type { Inspectors } from '../create.ts'
import { replacementIn } from '../judge/actions.ts'
import type { Inspector } from '../judge/inspector.ts'
import { isPrivateInteger } from '../matchers/numbers.ts'
import type { Scanner } from '../search/scanner.ts'
import type { Finding } from '../value/finding.ts'
import type { KeyMeaning } from '../value/key-meaning.ts'
import { NO_MEANING } from '../value/key-meaning.ts'
import { ValueRange } from '../value/value-range.ts'
import { isPlainStrings, type LeafRules, scrubList, whole } from './any-value.ts'
import { Cursor } from './cursor.ts'
import { KeyTable } from './key-table.ts'

/** Where payloads begin: below are kernels and literals. */
const PAYLOAD_START = new NewArena(0).top
const LOG_BODY = key('log.body')

/** Where a secret stood, for the audit counter. */
export type Place =
  | 'span_name'
  | 'status_message'
  | 'trace_state'
  | 'attribute'
  | 'attribute_key'
  | 'event_name'
  | 'event_attribute'
  | 'link_attribute'
  | 'resource'
  | 'scope'
  | 'log_body'

/** Scrubs one batch after another; keeps its tables between them. */
export class BatchScrubber {
  readonly #inspectors: Inspectors
  /** Of the tenant whose span, resource or scope is being looked at. */
  #inspector: Inspector
  readonly keys: KeyTable
  /** Attributes of the span whose keys count up, as far as they were looked at. */
  counted = 0
  #scanner: Scanner | null = null
  #arena: Arena | null = null
  batch!: SpanBatch
  #ctx!: ChainContext
  tenant = ''
  readonly #cursor = new Cursor()
  readonly #range = new ValueRange()
  /** Where the payloads end; behind are values that were replaced. */
  #scannedTo = 0
  /** Finds of the span, resource or scope being looked at; null until there is one. */
  #tally: Map<string, number> | null = null
  /** Column of the spans that points at what is looked at when it is a resource or scope, and its index; -1 = a span. */
  #sharedBy = -1
  #sharedIndex = 0
  #dropAttribute = false
  #dropEvent = false
  #leafPlace: Place = 'attribute'
  /** What `explain` shows of the span, resource or scope being looked at, and the key it stands under. */
  #notes: Map<string, SecretNote> | null = null
  #noteKey: string | null = null

  constructor(inspectors: Inspectors) {
    this.#inspectors = inspectors
    this.#inspector = inspectors.base
    this.keys = new KeyTable(inspectors.base.engine)
  }

  /** What finds and replaces for the span being looked at. */
  get inspector(): Inspector {
    return this.#inspector
  }

  begin(batch: SpanBatch, ctx: ChainContext): void {
    this.batch = batch
    this.#ctx = ctx
    if (this.#scanner === null || this.#arena !== batch.arena) {
      this.#scanner = this.#inspector.engine.scanner(batch.arena)
      this.#arena = batch.arena
    }
    this.#scannedTo = batch.arena.top
    this.#scanner.scan(PAYLOAD_START, this.#scannedTo)
    this.#cursor.begin(this.#scanner, batch.arena)
  }

  run(batch: SpanBatch, ctx: ChainContext, after: (span: number, found: boolean) => void): void {
    this.begin(batch, ctx)
    this.#sharedNotes.clear()
    const resources = this.#shared(batch.resourceCount, SPAN.RESOURCE, (i) => this.#resource(i))
    const scopes = this.#shared(batch.scopeCount, SPAN.SCOPE, (i) => this.#scope(i))
    this.#sharedBy = -1
    for (let i = 0; i < batch.spanCount; i++) {
      if (batch.isDropped(i)) continue
      const row = i * SPAN_STRIDE
      const request = batch.requests[batch.spans[row + SPAN.REQUEST] as number]
      this.tenant = request?.tenant.tenantId ?? ''
      if (this.#inspectors.varies) this.#inspector = this.#inspectors.of(this.tenant)
      this.#tally = null
      this.#notes = null
      this.#dropEvent = false
      this.counted = 0
      const edited = this.#span(row)
      if (edited) batch.markEdited(i)
      this.#addShared(resources, batch.spans[row + SPAN.RESOURCE] as number)
      this.#addShared(scopes, batch.spans[row + SPAN.SCOPE] as number)
      after(i, edited)
      if (this.#tally !== null) batch.secrets.set(i, this.#tally)
      if (ctx.explain) this.#keepNotes(i, batch.spans, row)
      if (this.#dropEvent) {
        batch.drop(i)
        ctx.count('observa_scrub_dropped_total', '', 1)
      }
    }
  }

  #shared(
    count: number,
    column: number,
    scrub: (i: number) => void,
  ): Map<number, Map<string, number>> | null {
    let finds: Map<number, Map<string, number>> | null = null
    this.#sharedBy = column
    for (let i = 0; i < count; i++) {
      this.#tally = null
      this.#notes = null
      this.#sharedIndex = i
      if (this.#inspectors.varies) this.#inspector = this.#inspectors.of(this.#owner())
      scrub(i)
      if (this.#tally !== null) (finds ??= new Map()).set(i, this.#tally)
      this.#keepShared(`${column}/${i}`)
    }
    return finds
  }

  readonly #sharedNotes = new Map<string, readonly SecretNote[]>()

  #keepShared(at: string): void {
    if (this.#notes !== null) this.#sharedNotes.set(at, [...this.#notes.values()])
  }

  /** Own notes of a span, then those of its resource and scope. */
  #keepNotes(i: number, spans: Int32Array, row: number): void {
    const notes: Map<string, SecretNote> | null = this.#notes
    const all: SecretNote[] = notes === null ? [] : [...notes.values()]
    for (const column of [SPAN.RESOURCE, SPAN.SCOPE])
      all.push(...(this.#sharedNotes.get(`${column}/${spans[row + column] as number}`) ?? []))
    if (all.length > 0) this.batch.secretNotes.set(i, all)
  }

  #note(f: Finding, type: string, place: Place, action: string): void {
    const key = place === 'attribute_key' ? null : this.#noteKey
    this.#notes ??= new Map()
    const at = `${type}/${place}/${key ?? ''}`
    const known = this.#notes.get(at)
    if (known !== undefined) known.count++
    else {
      const by = f.type >= this.#inspector.engine.compiled.extraFrom ? 'rule' : 'detector'
      this.#notes.set(at, { type, by, place, key, action, count: 1 })
    }
  }

  #addShared(finds: Map<number, Map<string, number>> | null, index: number): void {
    const tally = finds?.get(index)
    if (tally === undefined) return
    this.#tally ??= new Map()
    for (const [type, n] of tally) this.#tally.set(type, (this.#tally.get(type) ?? 0) + n)
  }

  #resource(i: number): void {
    const r = this.batch.resources
    const row = i * RESOURCE_STRIDE
    // Written from its column whether the resource was edited or not.
    this.#text(r, row + RESOURCE.SCHEMA_OFF, 'resource')
    if (this.attributes(r, row + RESOURCE.ATTR_FIRST, row + RESOURCE.ATTR_COUNT, 'resource'))
      this.batch.resources[row + RESOURCE.FLAGS] = (r[row + RESOURCE.FLAGS] as number) | 1
  }

  #scope(i: number): void {
    const s = this.batch.scopes
    const row = i * SCOPE_STRIDE
    this.#text(s, row + SCOPE.SCHEMA_OFF, 'scope')
    let edited = this.#text(s, row + SCOPE.NAME_OFF, 'scope')
    edited = this.#text(s, row + SCOPE.VERSION_OFF, 'scope') || edited
    edited = this.attributes(s, row + SCOPE.ATTR_FIRST, row + SCOPE.ATTR_COUNT, 'scope') || edited
    if (edited) s[row + SCOPE.FLAGS] = (s[row + SCOPE.FLAGS] as number) | 1
  }

  #span(row: number): boolean {
    const s = this.batch.spans
    let edited = this.#text(s, row + SPAN.NAME_OFF, 'span_name')
    edited = this.#text(s, row + SPAN.STATUS_MSG_OFF, 'status_message') || edited
    edited = this.#text(s, row + SPAN.STATE_OFF, 'trace_state') || edited
    edited = this.attributes(s, row + SPAN.ATTR_FIRST, row + SPAN.ATTR_COUNT, 'attribute') || edited
    const events = s[row + SPAN.EVENT_COUNT] as number
    const links = s[row + SPAN.LINK_COUNT] as number
    const firstEvent = s[row + SPAN.EVENT_FIRST] as number
    const firstLink = s[row + SPAN.LINK_FIRST] as number
    for (let e = firstEvent; e < firstEvent + events; e++) edited = this.#event(e) || edited
    for (let l = firstLink; l < firstLink + links; l++) edited = this.#link(l) || edited
    return edited
  }

  #event(e: number): boolean {
    const t = this.batch.events
    const row = e * EVENT_ROW_STRIDE
    const named = this.#text(t, row + EVENT_ROW.NAME_OFF, 'event_name')
    return (
      this.attributes(
        t,
        row + EVENT_ROW.ATTR_FIRST,
        row + EVENT_ROW.ATTR_COUNT,
        'event_attribute',
      ) || named
    )
  }

  #link(l: number): boolean {
    const t = this.batch.links
    const row = l * LINK_STRIDE
    const state = this.#text(t, row + LINK.STATE_OFF, 'trace_state')
    return (
      this.attributes(t, row + LINK.ATTR_FIRST, row + LINK.ATTR_COUNT, 'link_attribute') || state
    )
  }

  #append(now: Uint8Array): number {
    const at = this.batch.arena.append(now)
    this.#cursor.refresh(this.batch.arena)
    return at
  }

  /** A text in columns `col` (offset) and `col + 1` (length) of a table. */
  #text(table: Int32Array, col: number, place: Place): boolean {
    const off = table[col] as number
    const len = table[col + 1] as number
    if (len <= 0 || off < 0) return false
    if (!this.#cursor.reaches(off, len) && !this.#inspector.scansAll) return false
    this.#noteKey = null
    const now = this.#scrubbed(off, len, NO_MEANING, null, place)
    if (now === null) return false
    const at = this.#append(now)
    table[col] = at
    table[col + 1] = now.length
    return true
  }

  /** The attributes whose first row and count stand in columns of `table`. True when one was changed. */
  attributes(table: Int32Array, firstCol: number, countCol: number, place: Place): boolean {
    const first = table[firstCol] as number
    let count = table[countCol] as number
    let edited = false
    const infos = this.keys.ready()
    const cursor = this.#cursor
    const { scansAll } = this.#inspector
    for (let i = first; i < first + count; i++) {
      const row = i * ATTR_STRIDE
      const { attrs } = this.batch
      const info = infos[attrs[row] as number] as number
      if ((info & KeyTable.SERIES) !== 0) this.counted++
      // A rule that looks at every value looks at every key too.
      if ((info & KeyTable.PLAIN) !== 0 && !scansAll) {
        // Nearly all attributes of nearly all spans end here.
        const isIdle =
          attrs[row + ATTR.TYPE] === VALUE.STRING
            ? !cursor.reaches(attrs[row + ATTR.OFF] as number, attrs[row + ATTR.LEN] as number)
            : this.#isIdle(i, row)
        if (isIdle) continue
      }
      this.#dropAttribute = false
      if (this.#attribute(i, place)) edited = true
      if (this.#dropAttribute) {
        this.batch.attrs.copyWithin(row, row + ATTR_STRIDE, (first + count) * ATTR_STRIDE)
        this.batch.nums.copyWithin(i, i + 1, first + count)
        count--
        i--
        table[countCol] = count
      }
    }
    return edited
  }

  /** True when nothing can be in the value, no string, of an attribute with a plain key. */
  #isIdle(i: number, row: number): boolean {
    const a = this.batch.attrs
    const type = a[row + ATTR.TYPE] as number
    if (type === VALUE.BYTES) return this.#hasNone(row)
    if (type === VALUE.INT || type === VALUE.DOUBLE)
      return !isLongNumber(this.batch.nums[i] as number)
    if (type === VALUE.ARRAY) {
      const off = a[row + ATTR.OFF] as number
      const len = a[row + ATTR.LEN] as number
      return this.#hasNone(row) && isPlainStrings(this.batch.arena.bytes, off, off + len)
    }
    return type === VALUE.BOOL || type === VALUE.EMPTY
  }

  #hasNone(row: number): boolean {
    const a = this.batch.attrs
    return !this.#cursor.reaches(a[row + ATTR.OFF] as number, a[row + ATTR.LEN] as number)
  }

  /** One attribute: its key, then its value by type. */
  #attribute(i: number, place: Place): boolean {
    const a = this.batch.attrs
    const row = i * ATTR_STRIDE
    const keyId = a[row] as number
    const keyOff = a[row + ATTR.KEY_OFF] as number
    const keyLen = a[row + ATTR.KEY_LEN] as number
    const entry = this.keys.entry(keyId, this.batch.arena.bytes, keyOff, keyLen)
    this.#noteKey = entry.isDirty ? null : entry.name
    const at = keyId === LOG_BODY ? 'log_body' : place
    let edited = this.#value(i, row, entry.meaning, entry.name, at)
    if (entry.isDirty || this.#inspector.scansAll) edited = this.#key(row, keyOff, keyLen) || edited
    return edited
  }

  #key(row: number, off: number, len: number): boolean {
    const now = this.#standalone(
      this.batch.arena.bytes,
      off,
      off + len,
      NO_MEANING,
      null,
      'attribute_key',
    )
    if (now === null) return false
    const at = this.#append(now)
    const a = this.batch.attrs
    a[row] = internKey(this.batch.arena.bytes, at, now.length)
    // The new name may count up where the old one did not.
    this.counted += 2
    a[row + ATTR.KEY_OFF] = at
    a[row + ATTR.KEY_LEN] = now.length
    return true
  }

  #value(i: number, row: number, meaning: KeyMeaning, name: string, place: Place): boolean {
    const a = this.batch.attrs
    const off = a[row + ATTR.OFF] as number
    const len = a[row + ATTR.LEN] as number
    const type = a[row + ATTR.TYPE] as number
    switch (type) {
      case VALUE.STRING:
      case VALUE.BYTES: {
        this.#cursor.reaches(off, len)
        return this.#put(i, type, this.#scrubbed(off, len, meaning, name, place))
      }
      case VALUE.INT:
      case VALUE.DOUBLE: {
        const decimal = type === VALUE.INT ? this.#decimal(off) : whole(this.batch.arena.bytes, off)
        if (decimal === null) return false
        this.#leafPlace = place
        return this.#put(i, VALUE.STRING, this.#number(decimal, meaning, name))
      }
      case VALUE.ARRAY:
      case VALUE.KVLIST:
        this.#leafPlace = place
        return this.#list(i, type, off, len, meaning, name)
      default:
        return false
    }
  }

  #list(
    i: number,
    type: number,
    off: number,
    len: number,
    meaning: KeyMeaning,
    name: string,
  ): boolean {
    const b = this.batch.arena.bytes
    try {
      return this.#put(
        i,
        type,
        scrubList(this.#leaves, b, off, off + len, type === VALUE.KVLIST, meaning, name),
      )
    } catch {
      // Fail closed: a list that cannot be walked leaves as a marker.
      this.#count('scrub_failed', this.#leafPlace)
      return this.#put(i, VALUE.STRING, Buffer.from('[REDACTED:scrub_failed]'))
    }
  }

  #decimal(off: number): string {
    return this.batch.arena.view.getBigInt64(off, true).toString()
  }

  #put(i: number, type: number, now: Uint8Array | null): boolean {
    if (now === null) return this.#dropAttribute
    const at = this.#append(now)
    this.batch.setAttrRange(i, type, at, now.length)
    return true
  }

  #number(decimal: string, meaning: KeyMeaning, _name: string): Uint8Array | null {
    const rule = isPrivateInteger(decimal, meaning.hints, this.#inspector.numbers)
    const bytes = Buffer.from(decimal, 'latin1')
    if (rule !== null)
      return this.#replace(
        bytes,
        0,
        bytes.length,
        [{ start: 0, end: bytes.length, type: rule.type, rank: 9 }],
        this.#leafPlace,
      )
    if (meaning.kind !== 'password' || meaning.strength !== 'whole') return null
    return this.#standalone(bytes, 0, bytes.length, meaning, null, this.#leafPlace)
  }

  readonly #leaves: LeafRules = {
    text: (b, from, to, meaning, name) =>
      this.#standalone(b, from, to, meaning, name, this.#leafPlace),
    number: (decimal, meaning, name) => this.#number(decimal, meaning, name),
    key: (b, from, to) => this.#standalone(b, from, to, NO_MEANING, null, 'attribute_key'),
  }

  /** The new bytes of a range of the arena that has candidates under the cursor; null when it stays. */
  #scrubbed(
    off: number,
    len: number,
    meaning: KeyMeaning,
    name: string | null,
    place: Place,
  ): Uint8Array | null {
    const cursor = this.#cursor
    const last = cursor.behind(off + len)
    const b = this.batch.arena.bytes
    const value = this.#range.set(b, off, off + len).under(meaning, name)
    const found = this.#inspector.find(value.scanned(cursor.candidates, cursor.at, last))
    return this.#replace(b, off, off + len, found, place)
  }

  /** The same for bytes that were not part of the scan: nested values, keys, joined text. */
  #standalone(
    b: Uint8Array,
    from: number,
    to: number,
    meaning: KeyMeaning,
    name: string | null,
    place: Place,
  ): Uint8Array | null {
    const found = this.#inspector.find(this.#range.set(b, from, to).under(meaning, name))
    return this.#replace(b, from, to, found, place)
  }

  /** Replaces findings, counts them, notes the actions that remove more than the value. */
  #replace(
    b: Uint8Array,
    from: number,
    to: number,
    found: readonly Finding[],
    place: Place,
  ): Uint8Array | null {
    if (found.length === 0) return null
    const pieces: Uint8Array[] = []
    let last = from
    const { replacer } = this.#inspector
    for (const f of found) {
      const type = this.#inspector.engine.compiled.types[f.type] as string
      this.#count(type, place)
      const action = replacer.actionOf(f.type)
      if (this.#ctx.explain) this.#note(f, type, place, action)
      if (action === 'report') continue
      if (action === 'drop_event') this.#dropEvent = true
      if (action === 'drop_attribute') this.#dropAttribute = true
      pieces.push(b.subarray(last, f.start), replacementIn(replacer, b, from, to, f, this.#owner()))
      last = f.end
    }
    if (pieces.length === 0) return null
    pieces.push(b.subarray(last, to))
    return Buffer.concat(pieces)
  }

  /** Whose the value is; a resource or scope belongs to the tenant of the spans under it. */
  #owner(): string {
    if (this.#sharedBy < 0) return this.tenant
    const { spans, spanCount, requests } = this.batch
    for (let row = 0; row < spanCount * SPAN_STRIDE; row += SPAN_STRIDE)
      if (spans[row + this.#sharedBy] === this.#sharedIndex)
        return requests[spans[row + SPAN.REQUEST] as number]?.tenant.tenantId ?? ''
    return ''
  }

  #count(type: string, place: Place): void {
    this.#ctx.count('observa_scrub_findings_total', `type="${type}",place="${place}"`, 1)
    this.#tally ??= new Map()
    this.#tally.set(type, (this.#tally.get(type) ?? 0) + 1)
  }

  /** Name of an attribute's key. */
  nameOf(attr: number): string {
    const a = this.batch.attrs
    const row = attr * ATTR_STRIDE
    const b = this.batch.arena.bytes
    const off = a[row + ATTR.KEY_OFF] as number
    return this.keys.entry(a[row] as number, b, off, a[row + ATTR.KEY_LEN] as number).name
  }

  /** Types found so far in the span being looked at. */
  get tally(): ReadonlyMap<string, number> | null {
    return this.#tally
  }

  /** True when the range is as it came and the scan found nothing to look at in it. */
  isQuiet(from: number, to: number): boolean {
    return (
      to <= this.#scannedTo && !this.#inspector.scansAll && !this.#cursor.holds(from, to - from)
    )
  }

  /** Replaces parts of an attribute's text that a look at several values together found. */
  replaceIn(attr: number, found: readonly Finding[], place: Place): void {
    const row = attr * ATTR_STRIDE
    this.#noteKey = null
    const off = this.batch.attrs[row + ATTR.OFF] as number
    const len = this.batch.attrs[row + ATTR.LEN] as number
    const b = this.batch.arena.bytes
    const shifted = found.map((f) => ({ ...f, start: f.start + off, end: f.end + off }))
    this.#put(
      attr,
      this.batch.attrs[row + ATTR.TYPE] as number,
      this.#replace(b, off, off + len, shifted, place),
    )
  }
}

/** Twelve digits and more, or nine that a field name may give a meaning (those keys are not plain). */
function isLongNumber(n: number): boolean {
  return n >= 1e12 && n < 1e19
}
