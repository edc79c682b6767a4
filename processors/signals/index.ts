// Applies deterministic rules to every event; what they find are signals. The rules are rows of the tables in `rules/`.
// Rules over traces and over time are in `detection/`.

import type { z } from 'zod'
import type { SpanBatch } from '../../core/batch.ts'
import type {
  ChainContext,
  Processor,
  ProcessorFactory,
  RevisedEvents,
} from '../../core/component.ts'
import { type EventTable, isRecordOfSpan } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { counter } from '../../core/metrics.ts'
import { Pauses } from '../../core/signals/rule-pauses.ts'
import type { SignalType } from '../../core/signals/signal.ts'
import { ScopedSettings, type ScopeLabel } from '../../core/signals/signal-scopes.ts'
import { type SignalsConfig, signalsSchema } from './config.ts'
import { type ClearedTexts, clearedTexts } from './injection/cleared-texts.ts'
import { JUDGED } from './injection/judge.ts'
import { OwnRule } from './own-rules/own-rule.ts'
import { RULES } from './rules/all-rules.ts'
import { RepeatedFailures } from './rules/repeated-failures.ts'
import type { Finding, SignalRule } from './rules/rule.ts'
import { signalFrom } from './signal-from.ts'

export { type SignalsConfig, signalsSchema } from './config.ts'
export { RULE_CATALOGUE } from './rule-catalogue.ts'

const RULE_ERRORS = 'observa_signal_rule_errors_total'

export const signals: ProcessorFactory<SignalsConfig> = {
  kind: 'processor',
  type: 'signals',
  stability: 'beta',
  summary:
    'Finds signals by deterministic rules: latency, errors, cost, tokens, secrets, injection; with `detection/` also loops and trends.',
  schema: signalsSchema as z.ZodType<SignalsConfig>,
  metrics: [
    counter('observa_signals_total', 'Signals raised.', ['type', 'severity']),
    counter(
      RULE_ERRORS,
      'Events for which the condition of a rule of your own had no value; they are no match.',
      ['rule'],
    ),
    counter(
      'observa_signals_texts_total',
      'Texts that looked like prompt injection: judged, or known from before.',
      ['outcome'],
    ),
    counter(
      'observa_signals_text_bytes_total',
      'Bytes of texts in which prompt injection was looked for: searched, or known from a text before in the same task.',
      ['outcome'],
    ),
  ],
  create: (config) => new SignalsProcessor(config),
}

class SignalsProcessor implements Processor {
  readonly #settings: ScopedSettings<SignalsConfig>
  readonly #rules: readonly SignalRule[]
  readonly #usageRules: readonly SignalRule[]
  readonly #ownRules: readonly OwnRule[]
  readonly #pauses: Pauses

  constructor(config: SignalsConfig) {
    this.#settings = new ScopedSettings(config)
    // What is left out everywhere is not looked for.
    const everywhere = [config, ...config.overrides].flatMap(({ disabled }) => disabled ?? [])
    const isSought = (type: SignalType): boolean =>
      !everywhere.includes(type) ||
      !config.disabled.includes(type) ||
      config.overrides.some(({ disabled }) => disabled !== undefined && !disabled.includes(type))
    this.#rules = RULES.filter((rule) => rule.types.some(isSought))
    this.#usageRules = this.#rules.filter((rule) => rule.perUsage)
    this.#ownRules = config.rules
      .filter((rule) => rule.enabled && isSought(rule.type))
      .map((rule) => new OwnRule(rule))
    this.#pauses = new Pauses(config.pauses)
  }

  process(_batch: SpanBatch, events: EventTable, ctx: ChainContext): void {
    const labels = new EventLabels(events)
    let repeated: RepeatedFailures | null = null
    for (let event = 0; event < events.count; event++) {
      labels.event = event
      const config = this.#settings.of(labels.read)
      // A second report of the same call raises only signals about its content. A container raises only signals about itself,
      // not about its calls.
      const isRepeated = events.has(event, R.usage_duplicate_of)
      const isAggregate = events.num(event, N.usage_aggregate) === 1
      const isRecord = isRecordOfSpan(events, event)
      for (const rule of this.#rules) {
        if ((isRepeated && rule.perContent !== true) || (isAggregate && rule.perCall)) continue
        if (isRecord && (rule.perCall || rule.perSpan)) continue
        const finding = rule.check(events, event, config)
        if (finding === null) continue
        if (rule.perFault && (repeated ??= new RepeatedFailures(events)).has(event)) continue
        this.#raise(events, labels, finding, rule.id, config, ctx)
      }
      if (isRepeated || isRecord) continue
      for (const rule of this.#ownRules) {
        const onError = (): void => ctx.count(RULE_ERRORS, `rule="${rule.id}"`, 1)
        const finding = rule.check(events, event, onError)
        if (finding !== null) this.#raise(events, labels, finding, rule.id, config, ctx)
      }
    }
    countJudged(ctx)
    countBytes(clearedTexts(events.arena), ctx)
  }

  /** A signal whose figure was corrected to one within the limit is marked as superseded; a figure that passes it now raises one. */
  judgeRevised({ events, items }: RevisedEvents, ctx: ChainContext): void {
    const labels = new EventLabels(events)
    for (const { before, after } of items) {
      labels.event = after
      const config = this.#settings.of(labels.read)
      for (const rule of this.#usageRules) {
        const was = isCounted(events, before) ? rule.check(events, before, config) : null
        const is = isCounted(events, after) ? rule.check(events, after, config) : null
        if (is !== null && was === null) this.#raise(events, labels, is, rule.id, config, ctx)
        if (is !== null || was === null) continue
        const evidence = { ...was.evidence, superseded: true }
        labels.event = before
        this.#raise(events, labels, { ...was, evidence }, rule.id, config, ctx)
        labels.event = after
      }
    }
  }

  #raise(
    events: EventTable,
    labels: EventLabels,
    finding: Finding,
    rule: string,
    config: SignalsConfig,
    ctx: ChainContext,
  ): void {
    if (config.disabled.includes(finding.type)) return
    const { event } = labels
    if (this.#pauses.holdFor(finding.type, events.timeMs(event, R.end_time), labels.read)) return
    ctx.signal(signalFrom(events, event, finding, rule))
    ctx.count('observa_signals_total', `type="${finding.type}",severity="${finding.severity}"`, 1)
  }
}

/** Whether the usage of an event is its own. */
const isCounted = (events: EventTable, event: number): boolean =>
  events.num(event, N.usage_aggregate) !== 1

/** Reads the labels of the event that is being judged. */
class EventLabels {
  readonly #events: EventTable
  event = 0

  constructor(events: EventTable) {
    this.#events = events
  }

  readonly read = (label: ScopeLabel): string | null =>
    this.#events.text(this.event, LABEL_FIELDS[label])
}

const LABEL_FIELDS: Readonly<Record<ScopeLabel, number>> = {
  tenant: R.tenant_id,
  project: R.project_id,
  environment: R.environment,
  service: R.service_name,
  kind: R.kind,
  route: R.route,
  provider: R.provider,
  model: R.request_model,
  tool: R.tool_name,
  agent: R.agent_name,
}

function countJudged(ctx: ChainContext): void {
  const { asked, judged } = JUDGED
  if (asked === 0) return
  if (judged > 0) ctx.count('observa_signals_texts_total', 'outcome="judged"', judged)
  if (asked > judged) ctx.count('observa_signals_texts_total', 'outcome="known"', asked - judged)
  JUDGED.asked = 0
  JUDGED.judged = 0
}

function countBytes(texts: ClearedTexts, ctx: ChainContext): void {
  const { lookedUp, known } = texts
  const name = 'observa_signals_text_bytes_total'
  if (lookedUp > known) ctx.count(name, 'outcome="searched"', lookedUp - known)
  if (known > 0) ctx.count(name, 'outcome="known"', known)
  texts.lookedUp = 0
  texts.known = 0
}
