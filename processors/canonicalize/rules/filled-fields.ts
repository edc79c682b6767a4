// Records which rules filled the fields of the current span. The event gets the ids of these rules, one after another
// (`field_sources`). Spans of one plan nearly always have the same list, so its text is made once for each plan and
// written once for each batch. Further events refer to the same text.

import { R } from '../../../core/fields.ts'
import { grownInts } from '../../../core/grow.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { Rule } from './dialect.ts'
import type { PlanSources } from './plan-sources.ts'

/** More rules than this are not named. A span with so many is probably hostile. */
const RULES_MAX = 64

export class FilledFields {
  #steps = new Int32Array(64)
  #count = 0
  #ids = ''
  #batch = 0

  /** Positions from earlier batches are no longer valid. */
  beginBatch(): void {
    this.#batch++
  }

  begin(): void {
    this.#count = 0
    this.#ids = ''
  }

  /** Notes that a step of the plan filled its target. */
  step(index: number): void {
    if (this.#count === this.#steps.length) this.#steps = grownInts(this.#steps, this.#count + 1)
    this.#steps[this.#count++] = index
  }

  /** Notes that a rule filled its target, on a span without a plan. */
  rule({ id }: Rule): void {
    if (id !== '' && this.#count++ < RULES_MAX) this.#ids += id
  }

  /** Writes the list after calls of `rule`. */
  write(span: CurrentSpan): void {
    if (this.#ids === '') return
    const off = span.arena.appendAscii(this.#ids)
    span.events.setRange(span.event, R.field_sources, off, this.#ids.length)
  }

  /** Writes the list after calls of `step`. The text is the same as that of `write`. */
  writePlanned(span: CurrentSpan, sources: PlanSources, rules: readonly Rule[]): void {
    if (!this.#isAsBefore(sources.steps)) this.#learn(sources, rules)
    const { text } = sources
    if (text === '') return
    if (sources.batch !== this.#batch) {
      sources.off = span.arena.appendAscii(text)
      sources.batch = this.#batch
    }
    span.events.setRange(span.event, R.field_sources, sources.off, text.length)
  }

  #isAsBefore(steps: Int32Array): boolean {
    const count = this.#count
    if (steps.length !== count) return false
    for (let i = 0; i < count; i++) if (steps[i] !== this.#steps[i]) return false
    return true
  }

  #learn(sources: PlanSources, rules: readonly Rule[]): void {
    const steps = this.#steps.slice(0, this.#count)
    sources.steps = steps
    sources.text = Array.from(steps, (step) => rules[step]?.id ?? '')
      .filter((id) => id !== '')
      .slice(0, RULES_MAX)
      .join('')
    sources.batch = -1
  }
}
