// Applies deterministic rules to every event; what they find are signals. The rules are rows of the tables in `rules/`.
// Rules over traces and over time are in `detection/`.

import type { z } from 'zod'
import type { SpanBatch } from '../../core/batch.ts'
import type { ChainContext, Processor, ProcessorFactory } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { counter } from '../../core/metrics.ts'
import { type SignalsConfig, signalsSchema } from './config.ts'
import { RULES } from './rules/all-rules.ts'
import type { Rule } from './rules/rule.ts'
import { signalFrom } from './signal-from.ts'

export const signals: ProcessorFactory<SignalsConfig> = {
  kind: 'processor',
  type: 'signals',
  stability: 'beta',
  summary:
    'Finds signals by deterministic rules: latency, errors, cost, tokens, secrets, injection; with `detection/` also loops and trends.',
  schema: signalsSchema as z.ZodType<SignalsConfig>,
  metrics: [counter('observa_signals_total', 'Signals raised.', ['type', 'severity'])],
  create: (config) => new SignalsProcessor(config),
}

class SignalsProcessor implements Processor {
  readonly #config: SignalsConfig
  readonly #rules: readonly Rule[]

  constructor(config: SignalsConfig) {
    this.#config = config
    this.#rules = RULES.filter((rule) => rule.types.some((t) => !config.disabled.includes(t)))
  }

  process(_batch: SpanBatch, events: EventTable, ctx: ChainContext): void {
    for (let event = 0; event < events.count; event++) {
      // A second report of the same call raises only signals about its content. A container raises only signals about itself,
      // not about its calls.
      const isRepeated = events.has(event, R.usage_duplicate_of)
      const isAggregate = events.num(event, N.usage_aggregate) === 1
      const isRecord = isRecordOfSpan(events, event)
      for (const rule of this.#rules) {
        if ((isRepeated && rule.perContent !== true) || (isAggregate && rule.perCall)) continue
        if (isRecord && (rule.perCall || rule.perSpan)) continue
        const finding = rule.check(events, event, this.#config)
        if (finding === null || this.#config.disabled.includes(finding.type)) continue
        ctx.signal(signalFrom(events, event, finding, rule.id))
        ctx.count(
          'observa_signals_total',
          `type="${finding.type}",severity="${finding.severity}"`,
          1,
        )
      }
    }
  }
}

const LOG_PREFIX = 'log:'

/** Whether the event is a log record that belongs to a span. The span already reports the call's failure and figures. */
function isRecordOfSpan(events: EventTable, event: number): boolean {
  if (!events.has(event, R.span_id) || events.len(event, R.event_type) < LOG_PREFIX.length)
    return false
  return events.arena.equals(events.off(event, R.event_type), LOG_PREFIX.length, LOG_PREFIX)
}
