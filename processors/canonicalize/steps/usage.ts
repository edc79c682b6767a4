// Token semantics: after this step input_tokens includes cache reads and writes, output_tokens includes
// reasoning, the total is known, and given cost is marked as given (specification, section 2.5).

import { Literal } from '../../../core/arena.ts'
import { N, R } from '../../../core/fields.ts'
import { orZero } from '../span/body-facts.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { StepContext } from './step.ts'

export function decideUsage(span: CurrentSpan, { dialects }: StepContext): void {
  if (dialects.isCacheExtra) span.usage.markCacheExtra()
  const isOutputFixed = countOutput(span)
  const isInputFixed = countInput(span)
  countTotal(span, isOutputFixed || isInputFixed)
  decideCost(span)
}

function get(span: CurrentSpan, field: number): number {
  return span.events.num(span.event, field)
}

function set(span: CurrentSpan, field: number, value: number): void {
  span.events.setNum(span.event, field, value)
}

/** Google reports candidates without thoughts; an early SDK reported the total as output. True when a count was wrong. */
function countOutput(span: CurrentSpan): boolean {
  const output = get(span, N.output_tokens)
  if (Number.isNaN(output)) return false
  const thoughts = span.usage.thoughtsBeside
  if (!Number.isNaN(thoughts)) {
    const input = get(span, N.input_tokens)
    const isTotal = output === span.usage.totalBeside && !Number.isNaN(input)
    set(span, N.output_tokens, isTotal ? output - input : output + thoughts)
    return false
  }
  const reasoning = get(span, N.reasoning_tokens)
  if (!(reasoning > output)) return false
  set(span, N.output_tokens, output + reasoning)
  span.entries.addMetadata('usage_fixed', 'reasoning_added')
  return true
}

/** Adds the cached tokens when the count leaves them out. True when it did. */
function countInput(span: CurrentSpan): boolean {
  const input = get(span, N.input_tokens)
  if (Number.isNaN(input)) return false
  const cache = orZero(get(span, N.cache_read_tokens)) + orZero(get(span, N.cache_write_tokens))
  if (cache === 0) return false
  if (!span.usage.isCacheExtra) {
    if (cache <= input) return false
    // The parts cannot be more than the whole: this source left them out.
    span.entries.addMetadata('usage_fixed', 'cache_added')
  }
  set(span, N.input_tokens, input + cache)
  return true
}

/** A total that was given before the counts were put right may be less than their sum. */
function countTotal(span: CurrentSpan, isFixed: boolean): void {
  const input = get(span, N.input_tokens)
  const output = get(span, N.output_tokens)
  if (Number.isNaN(input) && Number.isNaN(output)) return
  const sum = orZero(input) + orZero(output)
  const total = get(span, N.total_tokens)
  if (Number.isNaN(total) || (isFixed && total < sum)) set(span, N.total_tokens, sum)
}

function decideCost(span: CurrentSpan): void {
  const input = get(span, N.cost_input_usd)
  const output = get(span, N.cost_output_usd)
  if (Number.isNaN(get(span, N.cost_usd)) && !(Number.isNaN(input) && Number.isNaN(output)))
    set(span, N.cost_usd, orZero(input) + orZero(output))
  span.setConstant(R.cost_source, Number.isNaN(get(span, N.cost_usd)) ? NONE : GIVEN)
}
const NONE = new Literal('none')
const GIVEN = new Literal('given')
