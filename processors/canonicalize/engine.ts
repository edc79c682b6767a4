// Makes one canonical event of each span, log record or legacy event of a batch. One pass over the attribute
// rows finds which rules they trigger; then each target is filled by the best candidate that has a value.
// What dialects mean is in `dialects/`, how values are read in `how-*.ts`; what is known only with the whole
// span in view is settled by `settle.ts`, what needs the whole batch by `double-count.ts` and `legacy.ts`.

import { ATTR, ATTR_STRIDE, SPAN, SPAN_STRIDE, type SpanBatch } from '../../core/batch.ts'
import type { ChainContext } from '../../core/component.ts'
import type { EventTable, Provenance } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { keyName, UNKNOWN_KEY } from '../../core/keys.ts'
import { Candidates } from './candidates.ts'
import type { Rule, Tables } from './compile.ts'
import { Detection } from './detect.ts'
import { DoubleCount } from './double-count.ts'
import { changed, explainRest, snapshot } from './explain.ts'
import { BatchFrame } from './frame.ts'
import { Leftovers } from './leftovers.ts'
import { inheritLegacyIds } from './legacy.ts'
import { ProviderNames } from './provider-names.ts'
import { settle, settleBare } from './settle.ts'
import { type EventFate, type EventSink, readSpanEvent, spanEvents } from './span-events.ts'
import { Work } from './work.ts'

export interface EngineSettings {
  readonly keepAttributes: boolean
  readonly keepResourceAttributes: boolean
  readonly attributeBytesMax: number
  readonly providerAliases: Readonly<Record<string, string>>
}

export class Engine {
  readonly #tables: Tables
  readonly #settings: EngineSettings
  readonly #work: Work
  readonly #detection: Detection
  readonly #frame: BatchFrame
  readonly #doubles = new DoubleCount()
  readonly #candidates: Candidates
  readonly #leftovers: Leftovers
  readonly #treesTouched: number[][] = []
  #isExplaining = false
  #ctx: ChainContext | null = null

  constructor(tables: Tables, settings: EngineSettings) {
    this.#tables = tables
    this.#work = new Work(new ProviderNames(settings.providerAliases))
    this.#settings = settings
    this.#detection = new Detection(tables)
    this.#frame = new BatchFrame(settings.keepResourceAttributes)
    this.#candidates = new Candidates(tables.slots)
    this.#leftovers = new Leftovers(this.#work, settings.attributeBytesMax)
    for (let i = 0; i < tables.trees.length; i++) this.#work.trees.push([])
  }

  process(batch: SpanBatch, events: EventTable, ctx: ChainContext): void {
    this.#ctx = ctx
    this.#work.batch = batch
    this.#work.events = events
    this.#frame.begin(batch)
    this.#detection.begin(batch)
    this.#doubles.begin()
    this.#leftovers.beginBatch(batch.attrCount)
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
    this.#begin()
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

  #begin(): void {
    this.#candidates.begin()
    this.#leftovers.begin()
    for (const rows of this.#treesTouched) rows.length = 0
    this.#treesTouched.length = 0
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
            this.#addCandidate(rule, attr)
            isTaken = true
          }
      if (!isTaken) this.#leftovers.unknown(attr)
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

  #addCandidate(rule: Rule, attr: number): void {
    // On the list of dropped keys.
    if (rule.slot < 0) return this.#leftovers.markUsed(attr)
    if (rule.tree >= 0) {
      const rows = this.#work.trees[rule.tree] as number[]
      rows.push(attr)
      if (rows.length > 1) return
      this.#treesTouched.push(rows)
    }
    this.#candidates.add(rule, attr)
  }

  readonly #filled = (attr: number, field: string): void =>
    this.#explain(attr, field, 'content by kind')

  #readEvents(batch: SpanBatch, span: number): void {
    const { first, count } = spanEvents(batch, span)
    if (count === 0) return
    this.#candidates.fromEvents()
    const sink = { collectDetails: (from: number, n: number) => this.#collect(from, n) }
    for (let event = first; event < first + count; event++)
      if (this.#readEvent(event, sink) === 'kept') this.#leftovers.unreadEvent(event)
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
    for (const slots of this.#candidates.touched) for (const slot of slots) this.#fillSlot(slot)
  }

  #fillSlot(slot: number): void {
    const c = this.#candidates
    const takesAll = c.takesAll[slot] === 1
    let isFilled = false
    for (let n = c.first(slot); n >= 0; n = c.next(n)) {
      const rule = c.rules[n] as Rule
      const attr = c.attrs[n] as number
      if (isFilled && !takesAll) this.#leftovers.lost(attr, rule)
      else if (this.#isExplaining ? this.#applyExplained(rule, attr) : this.#apply(rule, attr)) {
        if (!isFilled && rule.isContent) this.#work.filledContent(rule.range, c.rankOf(n))
        isFilled = true
        this.#leftovers.markUsed(attr)
      } else this.#failed(attr, rule)
    }
  }

  /** Nothing usable: the attribute stays, and so do all of an indexed family. */
  #failed(attr: number, rule: Rule): void {
    const attrs = rule.tree >= 0 ? (this.#work.trees[rule.tree] as number[]) : [attr]
    for (const a of attrs) if (!this.#work.isNull(a)) this.#leftovers.failed(a)
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

  #keepRest(events: EventTable, e: number): void {
    this.#leftovers.writeMetadata(events, e)
    if (!this.#settings.keepAttributes) return
    this.#leftovers.write(events, e)
    this.#frame.keepRest(events, e)
    const cut = this.#leftovers.truncated
    if (cut > 0) this.#ctx?.count('observa_canonicalize_truncated_total', '', cut)
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
      const project = this.#frame.project(batch, events.spanOf[e] as number)
      if (!hasUsage || events.num(e, N.usage_aggregate) === 1) {
        this.#doubles.link(events, e, project)
        continue
      }
      const claim = this.#frame.spanClaim(batch, events, e)
      const at = claim === null ? events.off(e, R.event_id) : 0
      this.#doubles.claim(events, e, project, claim ?? batch.arena.bytes, at)
    }
    this.#doubles.finish(events, (e) => this.#frame.project(batch, events.spanOf[e] as number))
  }
}
