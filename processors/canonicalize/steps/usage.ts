// Token semantics: after this step input_tokens includes cache reads and writes, output_tokens includes
// reasoning, the total is known, and given cost is marked as given (specification, section 2.5).

import { Literal } from '../../../core/arena.ts'
import { N, R } from '../../../core/fields.ts'
import { orZero } from '../readers/content.ts'
import { constant } from '../span/batch-frame.ts'
import type { Work } from '../span/work.ts'

export function settleUsage(w: Work): void {
  settleOutput(w)
  settleInput(w)
  settleTotal(w)
  settleCost(w)
}

function get(w: Work, field: number): number {
  return w.events.num(w.e, field)
}

function set(w: Work, field: number, value: number): void {
  w.events.setNum(w.e, field, value)
}

/** Google reports candidates without thoughts; an early SDK reported the total as output. */
function settleOutput(w: Work): void {
  const output = get(w, N.output_tokens)
  if (!Number.isNaN(w.extraThoughts) && !Number.isNaN(output)) {
    const isTotal = output === w.givenOutputTotal && !Number.isNaN(get(w, N.input_tokens))
    set(w, N.output_tokens, isTotal ? output - get(w, N.input_tokens) : output + w.extraThoughts)
    return
  }
  const reasoning = get(w, N.reasoning_tokens)
  if (!Number.isNaN(output) && reasoning > output) {
    set(w, N.output_tokens, output + reasoning)
    fixed(w, 'reasoning_added')
  }
}

function settleInput(w: Work): void {
  const input = get(w, N.input_tokens)
  if (Number.isNaN(input)) return
  const cache = orZero(get(w, N.cache_read_tokens)) + orZero(get(w, N.cache_write_tokens))
  if (cache === 0) return
  if (w.cacheIsExtra) set(w, N.input_tokens, input + cache)
  else if (cache > input) {
    // The parts cannot be more than the whole: this source left them out.
    set(w, N.input_tokens, input + cache)
    fixed(w, 'cache_added')
  } else return
  w.usageFix = w.usageFix === '' ? 'input' : w.usageFix
}

function fixed(w: Work, how: string): void {
  w.metaText('usage_fixed', how)
  w.usageFix = how
}

function settleTotal(w: Work): void {
  const input = get(w, N.input_tokens)
  const output = get(w, N.output_tokens)
  if (Number.isNaN(input) && Number.isNaN(output)) return
  const sum = orZero(input) + orZero(output)
  const total = get(w, N.total_tokens)
  if (Number.isNaN(total) || (w.usageFix !== '' && total < sum)) set(w, N.total_tokens, sum)
}

function settleCost(w: Work): void {
  const input = get(w, N.cost_input_usd)
  const output = get(w, N.cost_output_usd)
  if (Number.isNaN(get(w, N.cost_usd)) && !(Number.isNaN(input) && Number.isNaN(output)))
    set(w, N.cost_usd, orZero(input) + orZero(output))
  constant(w, R.cost_source, Number.isNaN(get(w, N.cost_usd)) ? NONE : GIVEN)
}
const NONE = new Literal('none')
const GIVEN = new Literal('given')
