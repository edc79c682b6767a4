// Makes one canonical event of each span, log record or legacy event of a batch. One pass over the attribute
// rows finds which rules they trigger; then each target is filled by the best candidate that has a value.
// What dialects mean is in `dialects/`, how values are read in `how-*.ts`; what is known only with the whole
// span in view is settled by `settle.ts`, what needs the whole batch by `double-count.ts` and `legacy.ts`.

import type { Arena } from '../../core/arena.ts'
import { ATTR, ATTR_STRIDE, SPAN, SPAN_STRIDE, type SpanBatch, VALUE } from '../../core/batch.ts'
import type { ChainContext } from '../../core/component.ts'
import type { EventTable, Provenance } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { keyName, UNKNOWN_KEY } from '../../core/keys.ts'
import { attrValue } from './any-value.ts'
import type { Rule, Tables } from './compile.ts'
import { Detection } from './detect.ts'
import { DoubleCount } from './double-count.ts'
import { changed, explainRest, snapshot } from './explain.ts'
import { BatchFrame } from './frame.ts'
import { inheritLegacyIds } from './legacy.ts'
import { ProviderNames } from './provider-names.ts'
import { jsonOf } from './resource.ts'
import { settle, settleBare } from './settle.ts'
import {
  type EventFate,
  type EventSink,
  keptEvents,
  keptLinks,
  readSpanEvent,
  spanEvents,
} from './span-events.ts'
import { Work } from './work.ts'

export interface EngineSettings {
  readonly keepAttributes: boolean
  readonly keepResourceAttributes: boolean
  readonly attributeBytesMax: number
  readonly providerAliases: Readonly<Record<string, string>>
}

/** Slots are filled in this order: what later ones depend on first. */
const PHASES = 4
const PHASE_OF: Readonly<Record<string, number>> = {
  kind: 0,
  operation: 1,
  usage_aggregate: 1,
  request_params: 3,
  input_messages: 3,
  output_messages: 3,
  name: 3,
  drop: 3,
}
/** Every candidate of these slots counts, not only the best. */
const TAKES_ALL = new Set([
  'metadata',
  'io.input',
  'io.output',
  'drop',
  'usage_aggregate',
  'request_params',
  'flag.failure',
  'flag.arguments',
  'flag.virtual',
  'flag.events',
])

export class Engine {
  readonly #tables: Tables
  readonly #settings: EngineSettings
  readonly #work: Work
  readonly #detection: Detection
  readonly #frame: BatchFrame
  readonly #doubles = new DoubleCount()
  // Candidates of the span at hand: linked lists by slot, best first.
  #hitCount = 0
  #hitRule: Rule[] = []
  #hitAttr = new Int32Array(512)
  #hitNext = new Int32Array(512)
  readonly #head: Int32Array
  readonly #tail: Int32Array
  readonly #stamp: Int32Array
  readonly #touched: number[][] = []
  readonly #phase: Uint8Array
  readonly #takesAll: Uint8Array
  #generation = 0
  /** Attribute rows that no rule took. */
  readonly #kept: number[] = []
  readonly #keptEvents: number[] = []
  /** Attribute rows that won a field, to tell losers from winners. */
  #used = new Int32Array(4096)
  readonly #losers: number[] = []
  readonly #treesTouched: number[][] = []
  readonly #loserRules: Rule[] = []
  /** Attribute rows with nothing usable for their rule. */
  readonly #failed: number[] = []
  #isExplaining = false
  #ctx: ChainContext | null = null

  constructor(tables: Tables, settings: EngineSettings) {
    this.#tables = tables
    this.#work = new Work(new ProviderNames(settings.providerAliases))
    this.#settings = settings
    this.#detection = new Detection(tables)
    this.#frame = new BatchFrame(settings.keepResourceAttributes)
    const slots = tables.slots
    this.#head = new Int32Array(slots.length)
    this.#tail = new Int32Array(slots.length)
    this.#stamp = new Int32Array(slots.length)
    this.#phase = Uint8Array.from(
      slots,
      (s) => PHASE_OF[s] ?? (s.startsWith('flag.') || s.startsWith('io.') ? 3 : 2),
    )
    this.#takesAll = Uint8Array.from(slots, (s) => (TAKES_ALL.has(s) ? 1 : 0))
    for (let i = 0; i < PHASES; i++) this.#touched.push([])
    for (let i = 0; i < tables.trees.length; i++) this.#work.trees.push([])
  }

  process(batch: SpanBatch, events: EventTable, ctx: ChainContext): void {
    this.#ctx = ctx
    this.#work.batch = batch
    this.#work.events = events
    this.#frame.begin(batch)
    this.#detection.begin(batch)
    this.#doubles.begin()
    if (this.#used.length < batch.attrCount) this.#used = new Int32Array(batch.attrCount * 2)
    let hasLegacy = false
    for (let span = 0; span < batch.spanCount; span++) {
      if (batch.isDropped(span)) continue
      const e = events.add(span)
      this.#makeEvent(batch, events, e, span)
      hasLegacy ||= this.#frame.isLegacy
    }
    if (hasLegacy) inheritLegacyIds(batch, events)
    this.#countUsageOnce(batch, events)
    this.#ctx = null
  }

  #makeEvent(batch: SpanBatch, events: EventTable, e: number, span: number): void {
    const w = this.#work
    w.begin(e, span)
    this.#isExplaining = events.explain !== null
    if (events.explain !== null) events.explain[e] = []
    this.#startHits()
    this.#frame.describe(w)
    const row = span * SPAN_STRIDE
    const first = batch.spans[row + SPAN.ATTR_FIRST] as number
    const count = batch.spans[row + SPAN.ATTR_COUNT] as number
    this.#detection.start(batch, span, first, count, this.#frame)
    w.isStrands = this.#detection.has('strands')
    this.#collect(first, count)
    this.#readEvents(batch, span)
    this.#fill()
    this.#settle()
    if (this.#isExplaining) explainRest(events, e)
    this.#keepRest(events, e)
    this.#count(batch)
  }

  #startHits(): void {
    this.#hitCount = 0
    this.#generation++
    for (const list of this.#touched) list.length = 0
    this.#kept.length = 0
    this.#keptEvents.length = 0
    this.#losers.length = 0
    this.#loserRules.length = 0
    this.#failed.length = 0
    for (const rows of this.#treesTouched) rows.length = 0
    this.#treesTouched.length = 0
  }

  /** By attribute row: the generation in which it won a field. */
  #markUsed(attr: number): void {
    this.#used[attr] = this.#generation
  }

  #isUsed(attr: number): boolean {
    return this.#used[attr] === this.#generation
  }

  /** Which rules do these attributes trigger? */
  #collect(first: number, count: number): void {
    const batch = this.#work.batch
    const a = batch.attrs
    for (let attr = first; attr < first + count; attr++) {
      const id = a[attr * ATTR_STRIDE + ATTR.KEY] as number
      const rules =
        id === UNKNOWN_KEY
          ? this.#tables.rulesOfName(this.#keyText(attr))
          : this.#tables.rulesOf(id)
      let isTaken = false
      if (rules !== null)
        for (const rule of rules)
          if (this.#applies(rule)) {
            this.#addHit(rule, attr)
            isTaken = true
          }
      if (!isTaken) this.#kept.push(attr)
    }
  }

  #applies(rule: Rule): boolean {
    if (rule.when === 'always') return true
    return rule.when === 'own' ? this.#detection.hasIndex(rule.dialect) : this.#detection.isGenAi
  }

  #keyText(attr: number): string {
    const row = attr * ATTR_STRIDE
    const id = this.#work.batch.attrs[row] as number
    if (id !== UNKNOWN_KEY) return keyName(id)
    return this.#work.arena.text(
      this.#work.batch.attrs[row + ATTR.KEY_OFF] as number,
      this.#work.batch.attrs[row + ATTR.KEY_LEN] as number,
    )
  }

  #addHit(rule: Rule, attr: number): void {
    if (rule.slot < 0) {
      // On the list of dropped keys.
      this.#markUsed(attr)
      return
    }
    if (rule.tree >= 0) {
      const rows = this.#work.trees[rule.tree] as number[]
      rows.push(attr)
      if (rows.length > 1) return
      this.#treesTouched.push(rows)
    }
    const n = this.#hitCount++
    if (n >= this.#hitAttr.length) this.#growHits()
    this.#hitRule[n] = rule
    this.#hitAttr[n] = attr
    this.#link(rule, n)
  }

  #link(rule: Rule, n: number): void {
    const slot = rule.slot
    if (this.#stamp[slot] !== this.#generation) {
      this.#stamp[slot] = this.#generation
      this.#head[slot] = n
      this.#tail[slot] = n
      this.#hitNext[n] = -1
      ;(this.#touched[this.#phase[slot] as number] as number[]).push(slot)
      return
    }
    const rank = this.#rankOf(n)
    const last = this.#tail[slot] as number
    // The usual case, and what keeps a span of thousands of like keys linear.
    if (this.#rankOf(last) <= rank) {
      this.#hitNext[last] = n
      this.#hitNext[n] = -1
      this.#tail[slot] = n
      return
    }
    let before = -1
    let at = this.#head[slot] as number
    while (at >= 0 && this.#rankOf(at) <= rank) {
      before = at
      at = this.#hitNext[at] as number
    }
    this.#hitNext[n] = at
    if (before < 0) this.#head[slot] = n
    else this.#hitNext[before] = n
  }

  /** Hits from span events rank below all of the span's own. */
  #rankOf(n: number): number {
    return (this.#hitRule[n] as Rule).rank + (n >= this.#eventHits ? 1_000_000 : 0)
  }
  #eventHits = Number.MAX_SAFE_INTEGER
  readonly #filled = (attr: number, field: string): void =>
    this.#explain(attr, field, 'content by kind')

  #growHits(): void {
    const attr = new Int32Array(this.#hitAttr.length * 2)
    attr.set(this.#hitAttr)
    this.#hitAttr = attr
    const next = new Int32Array(attr.length)
    next.set(this.#hitNext)
    this.#hitNext = next
  }

  #readEvents(batch: SpanBatch, span: number): void {
    const { first, count } = spanEvents(batch, span)
    this.#eventHits = Number.MAX_SAFE_INTEGER
    if (count === 0) return
    this.#eventHits = this.#hitCount
    const sink = { collectDetails: (from: number, n: number) => this.#collect(from, n) }
    for (let event = first; event < first + count; event++)
      if (this.#readEvent(event, sink) === 'kept') this.#keptEvents.push(event)
  }

  #readEvent(event: number, sink: EventSink): EventFate {
    try {
      return readSpanEvent(this.#work, event, sink)
    } catch {
      this.#failedAt('span event')
      return 'kept'
    }
  }

  #fill(): void {
    for (const slots of this.#touched) for (const slot of slots) this.#fillSlot(slot)
  }

  #fillSlot(slot: number): void {
    const w = this.#work
    const takesAll = this.#takesAll[slot] === 1
    let isFilled = false
    for (let n = this.#head[slot] as number; n >= 0; n = this.#hitNext[n] as number) {
      const rule = this.#hitRule[n] as Rule
      const attr = this.#hitAttr[n] as number
      if (isFilled && !takesAll) {
        this.#losers.push(attr)
        this.#loserRules.push(rule)
      } else if (this.#isExplaining ? this.#applyExplained(rule, attr) : this.#apply(rule, attr)) {
        isFilled = true
        this.#markUsed(attr)
      } else if (!w.isNull(attr)) this.#failed.push(attr)
    }
  }

  #applyExplained(rule: Rule, attr: number): boolean {
    const before = snapshot(this.#work)
    const isDone = this.#apply(rule, attr)
    const dialect = this.#tables.dialects[rule.dialect]?.name ?? ''
    for (const field of changed(before, snapshot(this.#work)))
      this.#explain(attr, field, `${dialect}: ${rule.key} -> ${rule.how}`)
    return isDone
  }

  /** A transform that fails (nesting beyond the stack) leaves the attribute as it is, and is counted. */
  #apply(rule: Rule, attr: number): boolean {
    try {
      return rule.transform(this.#work, attr, rule)
    } catch {
      this.#failedAt(rule.how)
      return false
    }
  }

  #settle(): void {
    try {
      settle(this.#work, this.#detection, this.#frame, this.#filled)
    } catch {
      this.#failedAt('settle')
      settleBare(this.#work, this.#frame)
    }
  }

  #failedAt(step: string): void {
    this.#ctx?.count('observa_canonicalize_failed_total', `step="${step}"`, 1)
  }

  #explain(attr: number, field: string, rule: string): void {
    const list = this.#work.events.explain?.[this.#work.e]
    if (list === undefined) return
    const entry: Provenance = {
      field,
      source: `attr:${this.#keyText(attr)}`,
      rule,
    }
    list.push(entry)
  }

  /** A value that lost to another and says something else stays visible. */
  #keepLosers(): void {
    for (const attr of this.#failed) {
      if (this.#isUsed(attr)) continue
      this.#kept.push(attr)
      this.#markUsed(attr)
    }
    for (let i = 0; i < this.#losers.length; i++) {
      const attr = this.#losers[i] as number
      const rule = this.#loserRules[i] as Rule
      if (this.#isUsed(attr) || rule.isContent || this.#isSameAsField(attr, rule)) continue
      this.#kept.push(attr)
      this.#markUsed(attr)
    }
  }

  #isSameAsField(attr: number, rule: Rule): boolean {
    const w = this.#work
    if (rule.number >= 0) return w.number(attr) === w.events.num(w.e, rule.number)
    if (rule.range < 0 || rule.how === 'provider' || rule.how === 'finish')
      return rule.how !== 'text'
    const len = w.events.len(w.e, rule.range)
    if (w.type(attr) !== VALUE.STRING || w.len(attr) !== len) return false
    const b = w.arena.bytes
    const off = w.events.off(w.e, rule.range)
    const at = w.off(attr)
    for (let i = 0; i < len; i++) if (b[off + i] !== b[at + i]) return false
    return true
  }

  #keepRest(events: EventTable, e: number): void {
    this.#keepLosers()
    const m = this.#work.meta
    for (let i = 0; i < m.length; i += 4)
      if (isFirstOfKey(this.#work.arena, m, i))
        events.addMetadata(
          e,
          m[i] as number,
          m[i + 1] as number,
          m[i + 2] as number,
          m[i + 3] as number,
        )
    if (!this.#settings.keepAttributes) return
    for (const attr of this.#kept) this.#keepAttribute(events, e, attr)
    if (this.#keptEvents.length > 0)
      addText(events, e, 'otel.events', keptEvents(this.#work, this.#keptEvents), true)
    const links = keptLinks(this.#work)
    if (links !== null) addText(events, e, 'otel.links', links, true)
    this.#frame.keepRest(events, e)
  }

  #keepAttribute(events: EventTable, e: number, attr: number): void {
    const row = attr * ATTR_STRIDE
    const batch = this.#work.batch
    const keyOff = batch.attrs[row + ATTR.KEY_OFF] as number
    const keyLen = batch.attrs[row + ATTR.KEY_LEN] as number
    const type = batch.attrs[row + ATTR.TYPE] as number
    const max = this.#settings.attributeBytesMax
    if (type === VALUE.STRING) {
      const len = this.#work.len(attr)
      const cut = len > max ? charBoundary(batch.arena.bytes, this.#work.off(attr), max) : len
      if (cut < len) this.#ctx?.count('observa_canonicalize_truncated_total', '', 1)
      events.addAttribute(e, keyOff, keyLen, this.#work.off(attr), cut, false)
      return
    }
    const text =
      type === VALUE.INT || type === VALUE.BOOL
        ? String(attrValue(batch, attr))
        : jsonOf(attrValue(batch, attr))
    const isText = type === VALUE.BYTES
    const off = batch.arena.appendText(isText ? text.slice(1, -1) : text)
    events.addAttribute(e, keyOff, keyLen, off, batch.arena.lastLen, !isText)
  }

  #count(batch: SpanBatch): void {
    if (this.#detection.isGenAi || this.#work.kind !== 'span') return
    const scope = this.#frame.scopeLabel(batch, this.#work.span)
    this.#ctx?.count('observa_canonicalize_unknown_total', `scope="${scope}"`, 1)
  }

  #countUsageOnce(batch: SpanBatch, events: EventTable): void {
    for (let e = 0; e < events.count; e++) {
      if (this.#doubles.isRepeated(events, e)) continue
      const hasUsage =
        events.num(e, N.input_tokens) > 0 ||
        events.num(e, N.output_tokens) > 0 ||
        events.num(e, N.total_tokens) > 0 ||
        !Number.isNaN(events.num(e, N.cost_usd))
      if (!hasUsage || events.num(e, N.usage_aggregate) === 1) continue
      const span = events.spanOf[e] as number
      const claim = this.#frame.spanClaim(batch, events, e)
      const at = claim === null ? events.off(e, R.event_id) : 0
      this.#doubles.claim(
        events,
        e,
        span,
        this.#frame.project(batch, span),
        claim ?? batch.arena.bytes,
        at,
      )
    }
    this.#doubles.finish(events)
  }
}

/** More entries than this are not compared with each other; the writers cope with equal keys. */
const COMPARED_MAX = 4 * 128

/** The first of equal metadata keys stays. */
function isFirstOfKey(arena: Arena, m: readonly number[], at: number): boolean {
  if (at > COMPARED_MAX) return true
  const b = arena.bytes
  const off = m[at] as number
  const len = m[at + 1] as number
  for (let i = 0; i < at; i += 4) {
    if (m[i + 1] !== len) continue
    let n = 0
    while (n < len && b[(m[i] as number) + n] === b[off + n]) n++
    if (n === len) return false
  }
  return true
}

/** At most `max` bytes without cutting a character in two. */
function charBoundary(b: Uint8Array, off: number, max: number): number {
  let n = max
  while (n > 0 && ((b[off + n] as number) & 0xc0) === 0x80) n--
  return n
}

function addText(events: EventTable, e: number, name: string, text: string, json: boolean): void {
  const keyOff = events.arena.appendText(name)
  const keyLen = events.arena.lastLen
  const off = events.arena.appendText(text)
  events.addAttribute(e, keyOff, keyLen, off, events.arena.lastLen, json)
}
