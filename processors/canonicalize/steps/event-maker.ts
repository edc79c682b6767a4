// Makes one canonical event of each span, log record or legacy event of a batch. One pass over the attribute rows
// finds the rules that they trigger. Then each target is filled by the best candidate that has a usable value.
// `dialects/` has the meaning of attributes, `readers/` reads values. The steps of `finishing.ts` decide what needs
// the whole span, `double-count.ts` and `legacy-events.ts` what needs the whole batch.

import type { SpanBatch } from '../../../core/batch.ts'
import type { ChainContext } from '../../../core/component.ts'
import type { EventTable, Provenance } from '../../../core/event.ts'
import { N } from '../../../core/fields.ts'
import { keyName, UNKNOWN_KEY } from '../../../core/keys.ts'
import { SpanView } from '../../../core/span-view.ts'
import type { LedgerCorrection } from '../../../core/task.ts'
import { applyCorrections, DoubleCount } from '../counting/double-count.ts'
import { PLAIN } from '../counting/report-rows.ts'
import { fillCanonical } from '../readers/canonical-events.ts'
import { joinLegacyTraces } from '../readers/legacy-events.ts'
import {
  type EventFate,
  type EventSink,
  hasDetails,
  readSpanEvent,
} from '../readers/span-events.ts'
import { statesUsage, takeParts } from '../readers/unread-usage.ts'
import { Candidates } from '../rules/candidates.ts'
import { Detection } from '../rules/detection.ts'
import type { DialectRule } from '../rules/dialect.ts'
import {
  copyNames,
  eventReaders,
  frameworksOf,
  resourceRules,
  scopeFrameworks,
} from '../rules/dialect-facts.ts'
import { FilledFields } from '../rules/filled-fields.ts'
import {
  hasRoom,
  makePlan,
  type Plan,
  Plans,
  planOf,
  type Shape,
  STEP_FLAG,
} from '../rules/plans.ts'
import type { Tables } from '../rules/tables.ts'
import { CurrentSpan } from '../span/current-span.ts'
import { SpanOrigin } from '../span/origin.ts'
import { factsOfKind } from '../vocabulary/kinds-and-operations.ts'
import { ProviderNames } from '../vocabulary/provider-names.ts'
import { isDone } from './direct-ops.ts'
import { changed, explainRest, snapshot } from './explain.ts'
import { Leftovers } from './leftovers.ts'
import type { Finishing, StepContext } from './step.ts'

export interface EventMakerSettings {
  readonly keepAttributes: boolean
  readonly keepResourceAttributes: boolean
  readonly attributeBytesMax: number
  /** True if events record which rules filled their fields. */
  readonly namesSources: boolean
  readonly providerAliases: Readonly<Record<string, string>>
  /** False only in tests. Spans are then processed without plans, and the events must be the same. */
  readonly plans: boolean
}

export class EventMaker {
  readonly #tables: Tables
  readonly #settings: EventMakerSettings
  readonly #span: CurrentSpan
  readonly #detection: Detection
  readonly #origin: SpanOrigin
  readonly #doubles: DoubleCount
  readonly #eventReaders: ReturnType<typeof eventReaders>
  readonly #candidates: Candidates
  readonly #leftovers: Leftovers
  readonly #plans = new Plans()
  readonly #filled = new FilledFields()
  #shape: Shape | null = null
  #unplanned = 0
  readonly #finishing: Finishing
  readonly #stepContext: StepContext
  #isExplaining = false
  #ctx: ChainContext | null = null

  constructor(tables: Tables, finishing: Finishing, settings: EventMakerSettings) {
    this.#finishing = finishing
    this.#tables = tables
    this.#span = new CurrentSpan(
      new ProviderNames(settings.providerAliases, frameworksOf(tables.dialects)),
      tables.families.length,
    )
    this.#settings = settings
    this.#detection = new Detection(tables)
    this.#origin = new SpanOrigin({
      keepsResource: settings.keepResourceAttributes,
      resourceRules: resourceRules(tables.dialects),
      scopeFrameworks: scopeFrameworks(tables.dialects),
    })
    this.#stepContext = {
      dialects: this.#detection,
      origin: this.#origin,
      filled: (attr, field) => this.#explain(attr, field, 'content by kind'),
      count: (metric, labels, by) => this.#ctx?.count(metric, labels, by),
    }
    this.#doubles = new DoubleCount(copyNames(tables.dialects))
    this.#eventReaders = eventReaders(tables.dialects)
    this.#candidates = new Candidates(tables.slots)
    this.#leftovers = new Leftovers(this.#span, settings.attributeBytesMax)
  }

  process(batch: SpanBatch, events: EventTable, ctx: ChainContext): void {
    this.#ctx = ctx
    this.#span.beginBatch(batch, events)
    this.#origin.begin(batch)
    this.#detection.begin(batch)
    this.#doubles.begin()
    this.#leftovers.beginBatch(batch.attrCount)
    this.#filled.beginBatch()
    let hasLegacy = false
    for (let index = 0; index < batch.spanCount; index++) {
      if (batch.isDropped(index)) continue
      const e = events.add(index)
      if (batch.canonical.size > 0 && fillCanonical(batch, events, e, this.#row(batch, index)))
        continue
      this.#makeEvent(batch, events, e, index)
      this.#countUsageOnce(events, e)
      hasLegacy ||= this.#origin.isLegacy
    }
    if (hasLegacy) joinLegacyTraces(batch, events)
    if (this.#unplanned > 0) ctx.count('observa_canonicalize_unplanned_total', '', this.#unplanned)
    this.#unplanned = 0
    this.#doubles.finish(events)
    this.#ctx = null
  }

  #row(batch: SpanBatch, index: number): SpanView {
    return new SpanView(batch).at(index)
  }

  applyLedger(events: EventTable, corrections: readonly LedgerCorrection[]): void {
    applyCorrections(events, corrections)
  }

  #makeEvent(batch: SpanBatch, events: EventTable, e: number, index: number): void {
    const span = this.#span
    span.begin(e, index)
    this.#isExplaining = events.explain !== null
    if (events.explain !== null) events.explain[e] = []
    this.#leftovers.begin()
    this.#filled.begin()
    this.#origin.describe(span)
    const { firstAttr: first, attrCount: count } = span.received
    const context = this.#detection.start(span.received, this.#origin)
    const plan = this.#planFor(batch, first, count, context)
    if (plan !== null) this.#runPlan(plan, first)
    else {
      this.#unplanned++
      this.#candidates.begin()
      this.#collect(first, count)
      this.#learn(batch, first, count, context)
      this.#readEvents()
      this.#fill()
      if (this.#settings.namesSources) this.#filled.write(span)
    }
    if (this.#span.hasUsage()) this.#leftovers.someUnknown(takeParts)
    this.#finish()
    this.#noteUnreadUsage()
    if (this.#isExplaining) explainRest(events, e)
    this.#keepRest(events, e)
    this.#count()
  }

  /** The plan for spans like this one, or null when there is none. The dialects are found in both cases. */
  #planFor(batch: SpanBatch, first: number, count: number, context: number): Plan | null {
    const d = this.#detection
    this.#shape = null
    const isPlannable =
      this.#settings.plans && !this.#isExplaining && !hasDetails(this.#span.received)
    const shape = isPlannable ? this.#plans.find(batch, first, count, context) : null
    if (shape === null) {
      d.byKeys(first, count)
      d.byValues(first, d.valued(first, count))
      return null
    }
    d.startKnown(shape.lo, shape.hi)
    d.byValues(first, shape.valued)
    this.#shape = shape
    const plan = planOf(shape, d.lo, d.hi)
    if (plan === undefined) return null
    d.named(plan)
    return plan
  }

  /** Called after `#collect`: remembers its result as a plan when spans like this one are repeated. */
  #learn(batch: SpanBatch, first: number, count: number, context: number): void {
    const d = this.#detection
    if (this.#shape === null) {
      if (!this.#plans.isWorthIt) return
      const valued = d.valued(first, count)
      const { lo, hi } = d
      d.start(this.#span.received, this.#origin)
      d.byKeys(first, count)
      this.#shape = this.#plans.add(batch, first, count, context, { lo: d.lo, hi: d.hi, valued })
      d.startKnown(lo, hi)
    }
    if (!hasRoom(this.#shape)) return
    const names = { lo: d.lo, hi: d.hi, dialect: d.primary(), dialects: d.several() }
    const families = this.#span.families.all
    this.#shape.plans.push(
      makePlan(this.#candidates, first, this.#leftovers.kept.values(), families, names),
    )
  }

  #runPlan(plan: Plan, first: number): void {
    const span = this.#span
    span.families.plan(plan.families, first)
    this.#readEvents()
    const { rules, ops, fields, positions, flags } = plan
    const filled = this.#filled
    const leftovers = this.#leftovers
    let isFilled = false
    for (let i = 0; i < rules.length; i++) {
      const flag = flags[i] ?? 0
      const attr = first + (positions[i] ?? 0)
      if ((flag & STEP_FLAG.BEGINS) !== 0) isFilled = false
      if (isFilled && (flag & STEP_FLAG.TAKES_ALL) === 0) {
        leftovers.lost(attr, ruleAt(rules, i))
        continue
      }
      if (
        !isDone(span, attr, fields[i] ?? 0, ops[i] ?? 0) &&
        !this.#apply(ruleAt(rules, i), attr)
      ) {
        this.#failed(attr, ruleAt(rules, i))
        continue
      }
      if (!isFilled && (flag & STEP_FLAG.CONTENT) !== 0) this.#rank(ruleAt(rules, i))
      isFilled = true
      if ((flag & STEP_FLAG.NAMED) !== 0) filled.step(i)
      leftovers.markUsed(attr)
    }
    if (this.#settings.namesSources) filled.writePlanned(span, plan.sources, rules)
    leftovers.planned(plan.kept, first)
  }

  #rank({ range, rank }: DialectRule): void {
    this.#span.content.setRank(range, rank)
  }

  /** Finds the rules that these attributes trigger. */
  #collect(first: number, count: number): void {
    const { batch } = this.#span
    for (let attr = first; attr < first + count; attr++) {
      const id = batch.attrKey(attr)
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

  #applies(rule: DialectRule): boolean {
    if (rule.when === 'always') return true
    return rule.when === 'own' ? this.#detection.hasIndex(rule.dialect) : this.#detection.isGenAi
  }

  #keyText(attr: number): string {
    const { batch } = this.#span
    const id = batch.attrKey(attr)
    return id === UNKNOWN_KEY ? batch.attrKeyText(attr) : keyName(id)
  }

  #addCandidate(rule: DialectRule, attr: number): void {
    // The key is on the list of dropped keys.
    if (rule.slot < 0) return this.#leftovers.markUsed(attr)
    if (rule.family >= 0 && !this.#span.families.add(rule.family, attr)) return
    this.#candidates.add(rule, attr)
  }

  #readEvents(): void {
    const { firstEvent: first, eventCount: count } = this.#span.received
    if (count === 0) return
    this.#candidates.fromEvents()
    const sink = {
      collectDetails: (from: number, n: number) => this.#collect(from, n),
      readUnknown: (from: number, n: number) =>
        this.#eventReaders.some((read) => read(this.#span, from, n)),
    }
    for (let event = first; event < first + count; event++)
      if (this.#readEvent(event, sink) === 'kept') this.#leftovers.unreadEvent(event)
  }

  #readEvent(event: number, sink: EventSink): EventFate {
    try {
      return readSpanEvent(this.#span, event, sink)
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
      const rule = c.rules[n] as DialectRule
      const attr = c.attrs[n] as number
      if (isFilled && !takesAll) this.#leftovers.lost(attr, rule)
      else if (this.#isExplaining ? this.#applyExplained(rule, attr) : this.#apply(rule, attr)) {
        if (!isFilled && rule.isContent) this.#span.content.setRank(rule.range, c.rankOf(n))
        isFilled = true
        this.#filled.rule(rule)
        this.#leftovers.markUsed(attr)
      } else this.#failed(attr, rule)
    }
  }

  /** No candidate was usable. The attribute is kept, and so are all attributes of an indexed family. */
  #failed(attr: number, rule: DialectRule): void {
    const attrs = rule.family >= 0 ? this.#span.families.rowsOf(rule.family) : [attr]
    for (const a of attrs) if (!this.#span.isNull(a)) this.#leftovers.failed(a)
  }

  #applyExplained(rule: DialectRule, attr: number): boolean {
    const before = snapshot(this.#span)
    const isDone = this.#apply(rule, attr)
    const dialect = this.#tables.dialects[rule.dialect]?.name ?? ''
    for (const field of changed(before, snapshot(this.#span)))
      this.#explain(attr, field, `${dialect}: ${rule.key} -> ${rule.how}`)
    return isDone
  }

  /**
   * Runs a transform. If it throws (nesting deeper than the stack), the attribute stays unchanged and the failure is
   * counted.
   */
  #apply(rule: DialectRule, attr: number): boolean {
    try {
      return rule.transform(this.#span, attr, rule)
    } catch {
      this.#failedAt(rule.how)
      return false
    }
  }

  #finish(): void {
    let at = ''
    try {
      for (const step of this.#finishing.steps) {
        at = step.name
        step.run(this.#span, this.#stepContext)
      }
    } catch {
      this.#failedAt(at)
      this.#finishing.afterFailure(this.#span, this.#stepContext)
    }
  }

  /** A dialect that nobody knows may state its counts where no rule looks: they are not counted, and the event says so. */
  #noteUnreadUsage(): void {
    const span = this.#span
    if (span.hasAnyCount() || !this.#leftovers.someUnknown(statesUsage)) return
    span.addQuality('unread_usage')
    this.#ctx?.count('observa_usage_unread_total', this.#origin.scopeLabel(span.received), 1)
  }

  #failedAt(step: string): void {
    this.#ctx?.count('observa_canonicalize_failed_total', `step="${step}"`, 1)
  }

  #explain(attr: number, field: string, rule: string): void {
    const list = this.#span.events.explain?.[this.#span.event]
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
    this.#origin.keepRest(events, e)
    const cut = this.#leftovers.truncated
    if (cut > 0) this.#ctx?.count('observa_canonicalize_truncated_total', '', cut)
  }

  #count(): void {
    if (this.#detection.isGenAi || this.#span.kind !== 'span') return
    const label = this.#origin.scopeLabel(this.#span.received)
    this.#ctx?.count('observa_canonicalize_unknown_total', label, 1)
  }

  /** Notes what the event reports and its parent, while the event is the current one. */
  #countUsageOnce(events: EventTable, e: number): void {
    const doubles = this.#doubles
    const { seed } = this.#origin
    const { kind } = this.#span
    const hasUsage =
      events.num(e, N.input_tokens) > 0 ||
      events.num(e, N.output_tokens) > 0 ||
      events.num(e, N.total_tokens) > 0 ||
      !Number.isNaN(events.num(e, N.cost_usd))
    // One that reports something is not passed over: the calls below it may be what it adds up.
    if (kind === PLAIN && !hasUsage) doubles.plain(events, e, seed)
    if (doubles.isRepeated(events, e)) return
    const { isAggregate: isContainer, isKindGuessed: isGuessed } = this.#span
    const isReport = hasUsage || (!isContainer && factsOfKind(kind).isCall)
    if (!isReport || events.num(e, N.usage_aggregate) === 1) doubles.link(events, e, seed, kind)
    else {
      const ofSpan = this.#origin.spanClaim(events, e)
      doubles.claim(events, e, seed, { kind, isContainer, isGuessed, ofSpan })
    }
  }
}

const ruleAt = (rules: readonly DialectRule[], step: number): DialectRule =>
  rules[step] as DialectRule
