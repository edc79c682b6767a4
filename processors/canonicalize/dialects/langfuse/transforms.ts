// Transforms of the Langfuse SDKs: usage in buckets, times, and names of traces.

import { N, R } from '../../../../core/fields.ts'
import { usageOf } from '../../content/usage.ts'
import { splitsOf } from '../../content/usage-splits.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { orZero, putUsage } from '../../span/body-facts.ts'
import type { CurrentSpan } from '../../span/current-span.ts'
import { putMetadata } from '../../span/put-metadata.ts'
import { unitOf } from '../../vocabulary/usage-units.ts'

/** Langfuse's buckets exclude each other. Objects with OpenAI's names do not. */
const usageLangfuse: Transform = (span, attr) => {
  const value = span.value(attr)
  if (!isRecord(value)) return false
  if (
    'prompt_tokens' in value ||
    'prompt_tokens_details' in value ||
    'input_tokens_details' in value
  ) {
    const usage = usageOf(value)
    if (usage === null) return false
    usage.isExclusive = false
    putUsage(span, usage)
    return true
  }
  const buckets = langfuseBuckets(span, value)
  // Buckets exclude each other, as long as the total does not say otherwise.
  if (!span.hasNumber(N.input_tokens)) span.usage.markCacheExtra()
  if (!span.hasNumber(N.output_tokens))
    span.usage.setThoughtsBeside(span.events.num(span.event, N.reasoning_tokens), buckets.total)
  if (Number.isNaN(buckets.input) && Number.isNaN(buckets.output)) {
    span.offerNumber(N.total_tokens, buckets.total)
    return !Number.isNaN(buckets.total)
  }
  span.offerNumber(N.input_tokens, buckets.input)
  span.offerNumber(N.output_tokens, buckets.output)
  span.offerNumber(N.total_tokens, buckets.total)
  return true
}

function langfuseBuckets(
  span: CurrentSpan,
  value: Record<string, unknown>,
): { input: number; output: number; total: number } {
  let input = Number.NaN
  let output = Number.NaN
  let total = Number.NaN
  for (const [name, v] of bucketsOf(span, value)) {
    // Anthropic's own object has the lifetimes in one of its members.
    if (isRecord(v)) putSplits(span, { [name]: v })
    const n = typeof v === 'number' ? v : typeof v === 'string' ? Number.parseFloat(v) : Number.NaN
    if (!Number.isFinite(n)) continue
    // Lifetimes and media of cached tokens are buckets of the totals and parts of them.
    if (name.includes('cache') && unitOf(name) !== null) span.entries.addDetail(name, n)
    if (name === 'total' || name === 'total_tokens') total = n
    // These are two tests and not one expression with `.*`, because the sender's name can have any length.
    else if (name.includes('cache') && /creation|write/.test(name))
      span.events.setNum(
        span.event,
        N.cache_write_tokens,
        orZero(span.events.num(span.event, N.cache_write_tokens)) + n,
      )
    else if (/cache/.test(name))
      span.events.setNum(
        span.event,
        N.cache_read_tokens,
        orZero(span.events.num(span.event, N.cache_read_tokens)) + n,
      )
    else if (/reasoning|thought/.test(name)) span.events.setNum(span.event, N.reasoning_tokens, n)
    else if (name !== 'input' && name !== 'output' && !/^(?:in|out)put_tokens$/.test(name))
      span.entries.addDetail(name, n)
    if (/reasoning|thought|cache/.test(name)) continue
    if (/^input|^prompt/.test(name)) input = orZero(input) + n
    else if (/^output|^completion/.test(name)) output = orZero(output) + n
  }
  return { ...withParts(span, value, { input, output, total }), total }
}

const isLifetime = (name: string): boolean =>
  name.includes('cache') && /^cache_write_\d/.test(unitOf(name)?.name ?? '')

/** The members that are buckets. Lifetimes that split another member are noted here. */
function bucketsOf(span: CurrentSpan, value: Record<string, unknown>): [string, unknown][] {
  const all = Object.entries(value)
  if (!lifetimesArePart(value)) return all
  for (const [name, n] of all)
    if (isLifetime(name) && typeof n === 'number') span.entries.addDetail(name, n)
  return all.filter(([name]) => !isLifetime(name))
}

/** Whether lifetimes of cache writes split a count beside them, as in Anthropic's own object, and are no buckets of their own. */
function lifetimesArePart(value: Record<string, unknown>): boolean {
  let whole = 0
  let lifetimes = 0
  for (const [name, v] of Object.entries(value)) {
    if (typeof v !== 'number' || !name.includes('cache') || !/creation|write/.test(name)) continue
    if (isLifetime(name)) lifetimes += v
    else whole += v
  }
  return lifetimes > 0 && lifetimes === whole
}

/** Media are buckets of their own, unless input and output alone are the total. */
function withParts(
  span: CurrentSpan,
  value: Record<string, unknown>,
  sums: { input: number; output: number; total: number },
): { input: number; output: number } {
  const { input, output, total } = sums
  const [wholeInput, wholeOutput] = [Number(value['input']), Number(value['output'])]
  if (wholeInput + wholeOutput === total) return { input: wholeInput, output: wholeOutput }
  const { events, event } = span
  const cached =
    orZero(events.num(event, N.cache_read_tokens)) + orZero(events.num(event, N.cache_write_tokens))
  // A call may have nothing but cached input, or nothing but reasoning.
  return {
    input: cached > 0 ? orZero(input) : input,
    output: events.num(event, N.reasoning_tokens) > 0 ? orZero(output) : output,
  }
}

function putSplits(span: CurrentSpan, counts: Record<string, unknown>): void {
  for (const [name, n] of splitsOf(counts)) if (n > 0) span.entries.addDetail(name, n)
}

/** Content of the trace, on the root only. Spans below repeat it. */
const ioRoot: Transform = (span, attr, rule) => {
  if (!span.isRoot) return true
  if (span.isNullContent(attr)) return false
  span.content.add(rule.to, attr)
  return true
}

/** An ISO time, sometimes as JSON text, in ms since the start of the span. */
const sinceStart: Transform = (span, attr, rule) => {
  const at = Date.parse(span.text(attr).replaceAll('"', ''))
  const ms = at - span.times.startMs
  if (!Number.isFinite(ms) || ms < 0) return false
  span.events.setNum(span.event, rule.number, ms)
  return true
}

const traceName: Transform = (span, attr, rule) => {
  if (span.isRoot && !span.hasRange(R.workflow_name)) span.setText(attr, R.workflow_name)
  return putMetadata(span, attr, rule)
}

export const transforms = {
  'usage-buckets': { fills: 'flag', read: usageLangfuse },
  'io-root': { fills: 'io', read: ioRoot },
  'since-start': { fills: 'number', read: sinceStart },
  'trace-name': { fills: 'metadata', read: traceName },
} as const satisfies Readonly<Record<string, OwnTransform>>
