// Converts token counts: after this step input_tokens includes cache reads and writes, output_tokens includes
// reasoning, the total is known, and a given cost is marked as given. The total in the same report decides how the
// counts are interpreted (`usage-interpretations.ts`). Without a total, what is known about the source decides.

import { Literal } from '../../../core/arena.ts'
import { N, R } from '../../../core/fields.ts'
import { orZero } from '../span/body-facts.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { StepContext } from './step.ts'
import { type Counts, type Reading, readingFor } from './usage-interpretations.ts'

export function decideUsage(span: CurrentSpan, context: StepContext): void {
  takeTotalForInput(span)
  takeLifetimes(span)
  countTokens(span, context)
  countTotal(span)
  dropImplausible(span, context)
  decideCost(span)
}

/** No call has so many tokens or costs so much USD, and sums over some of them would be no numbers any more. */
const TOKENS_MAX = 1e10
const USD_MAX = 1e9
const COUNTS = [
  N.input_tokens,
  N.output_tokens,
  N.total_tokens,
  N.cache_read_tokens,
  N.cache_write_tokens,
  N.reasoning_tokens,
]
const COSTS = [N.cost_usd, N.cost_input_usd, N.cost_output_usd]

/** One such span of a publishable key would otherwise spoil every sum of its project for as long as it is stored. */
function dropImplausible(span: CurrentSpan, context: StepContext): void {
  let isDropped = false
  for (const field of COUNTS) if (dropAbove(span, field, TOKENS_MAX)) isDropped = true
  for (const field of COSTS) {
    if (dropAbove(span, field, USD_MAX)) isDropped = true
    // A credit is not what a call cost. It is no contradiction either.
    if (get(span, field) < 0) set(span, field, Number.NaN)
  }
  if (isDropped) flagInconsistent(span, context)
}

function dropAbove(span: CurrentSpan, field: number, most: number): boolean {
  // Not so for a figure that there is not, which is NaN.
  if (!(Math.abs(get(span, field)) > most)) return false
  set(span, field, Number.NaN)
  return true
}

/** A call that has no output has nothing but input in its total. */
function takeTotalForInput(span: CurrentSpan): void {
  if (span.kind !== 'embedding' && span.kind !== 'rerank') return
  const total = get(span, N.total_tokens)
  if (total > 0 && !span.hasNumber(N.input_tokens) && !(get(span, N.output_tokens) > 0))
    set(span, N.input_tokens, total)
}

/** LangChain says 0 writes to the cache where it says how long each of them lives. */
function takeLifetimes(span: CurrentSpan): void {
  if (span.entries.details.length === 0) return
  const lifetimes =
    span.entries.detailNamed('cache_write_1h') + span.entries.detailNamed('cache_write_5m')
  if (lifetimes > orZero(get(span, N.cache_write_tokens)))
    set(span, N.cache_write_tokens, lifetimes)
}

function get(span: CurrentSpan, field: number): number {
  return span.events.num(span.event, field)
}

function set(span: CurrentSpan, field: number, value: number): void {
  span.events.setNum(span.event, field, value)
}

function countTokens(span: CurrentSpan, context: StepContext): void {
  const input = get(span, N.input_tokens)
  const output = get(span, N.output_tokens)
  if (Number.isNaN(input) && Number.isNaN(output)) return
  const thoughts = span.usage.thoughtsBeside
  const read = orZero(get(span, N.cache_read_tokens))
  const written = orZero(get(span, N.cache_write_tokens))
  const reasoning = Number.isNaN(thoughts) ? orZero(get(span, N.reasoning_tokens)) : thoughts
  const given = get(span, N.total_tokens)
  const total = Number.isNaN(given) ? span.usage.totalBeside : given
  // This applies to nearly all reports: there is only one interpretation, and nothing contradicts it.
  const tools = span.usage.toolInput
  if (
    read + written + reasoning + tools === 0 &&
    !(total !== orZero(input) + orZero(output) && total > 0)
  )
    return
  const counts = {
    input: orZero(input),
    output: orZero(output),
    read,
    written,
    reasoning,
    total,
    tools,
  }
  const reading = readingFor(counts, {
    isCacheBeside: isCacheBeside(span, context, counts),
    isCacheProven: span.usage.isCacheProven,
    isReasoningBeside: !Number.isNaN(thoughts),
  })
  apply(span, reading, counts)
  if (reading.isInconsistent) flagInconsistent(span, context)
}

/** True if the source's input count excludes cached tokens. */
function isCacheBeside(span: CurrentSpan, { dialects }: StepContext, counts: Counts): boolean {
  if (counts.read + counts.written === 0) return false
  if (dialects.isCacheExtra) span.usage.markCacheExtra()
  if (span.usage.isCacheExtra) return true
  // Bedrock's own count excludes them, and instrumentations of the general convention pass it on unchanged.
  if (dialects.isGeneral) return isOf(span, BEDROCK)
  return dialects.isCacheExtraOfAnthropic && isOf(span, ANTHROPIC)
}

function isOf({ arena, events, event }: CurrentSpan, provider: string): boolean {
  const len = events.len(event, R.provider)
  return len === provider.length && arena.equals(events.off(event, R.provider), len, provider)
}
const BEDROCK = 'aws.bedrock'
const ANTHROPIC = 'anthropic'

function apply(span: CurrentSpan, reading: Reading, counts: Counts): void {
  if (reading.input !== counts.input) set(span, N.input_tokens, reading.input)
  if (reading.output !== counts.output) set(span, N.output_tokens, reading.output)
  if (reading.fixed !== null) span.entries.addMetadata('usage_fixed', reading.fixed)
}

function flagInconsistent(span: CurrentSpan, { origin, count }: StepContext): void {
  set(span, N.usage_inconsistent, 1)
  count('observa_usage_inconsistent_total', origin.scopeLabel(span.received), 1)
}

/** A total that was given before the counts were converted may be less than their sum. */
function countTotal(span: CurrentSpan): void {
  const input = get(span, N.input_tokens)
  const output = get(span, N.output_tokens)
  if (Number.isNaN(input) && Number.isNaN(output)) return
  const sum = orZero(input) + orZero(output)
  const total = get(span, N.total_tokens)
  const isContradicted = total < sum && !(get(span, N.usage_inconsistent) > 0)
  if (Number.isNaN(total) || isContradicted) set(span, N.total_tokens, sum)
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
