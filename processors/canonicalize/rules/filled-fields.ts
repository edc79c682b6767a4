// Records which rules filled the fields of the current span. The event gets the ids of these rules, one after another
// (`field_sources`). Spans of one plan nearly always have the same list, so its text is made once for each plan and
// written once for each batch. Further events refer to the same text.

import { R } from '../../../core/fields.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { DialectRule } from './dialect.ts'
import { type PlanSources, type SourcesText, StepSet } from './plan-sources.ts'

/** More rules than this are not named. A span with so many is probably hostile. */
const RULES_MAX = 64

export class FilledFields {
  readonly #steps = new StepSet()
  #count = 0
  #ids = ''
  #batch = 0

  /** Positions from earlier batches are no longer valid. */
  beginBatch(): void {
    this.#batch++
  }

  begin(): void {
    this.#steps.clear()
    this.#count = 0
    this.#ids = ''
  }

  /** Notes that a step of the plan filled its target. */
  step(index: number): void {
    this.#steps.add(index)
  }

  /** Notes that a rule filled its target, on a span without a plan. */
  rule({ id }: DialectRule): void {
    if (id !== '' && this.#count++ < RULES_MAX) this.#ids += id
  }

  /** Writes the list after calls of `rule`. */
  write(span: CurrentSpan): void {
    if (this.#ids === '') return
    const off = span.arena.appendAscii(this.#ids)
    span.events.setRange(span.event, R.field_sources, off, this.#ids.length)
  }

  /** Writes the list after calls of `step`. The text is the same as that of `write`. */
  writePlanned(span: CurrentSpan, sources: PlanSources, rules: readonly DialectRule[]): void {
    const known = sources.find(this.#steps) ?? this.#learn(sources, rules)
    const { text } = known
    if (text === '') return
    if (known.batch !== this.#batch) {
      known.off = span.arena.appendAscii(text)
      known.batch = this.#batch
    }
    span.events.setRange(span.event, R.field_sources, known.off, text.length)
  }

  #learn(sources: PlanSources, rules: readonly DialectRule[]): SourcesText {
    const text = rules
      .filter(({ id }, step) => id !== '' && this.#steps.has(step))
      .slice(0, RULES_MAX)
      .map(({ id }) => id)
      .join('')
    return sources.add(this.#steps.copy(), text)
  }
}
