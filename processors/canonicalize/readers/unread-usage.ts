// Token counts in attributes without a rule, of a dialect that nobody knows. On a span that reports no usage they are not counted,
// because nothing says whether they are those of a call or the sum of several; the event says that they are there. On a span that
// reports the same counts elsewhere they say more of the same call: what of it was cached, reasoned, or read as audio.

import { Literal } from '../../../core/arena.ts'
import { VALUE } from '../../../core/batch.ts'
import { N } from '../../../core/fields.ts'
import { grownBytes } from '../../../core/grow.ts'
import { keyCount, keyName, UNKNOWN_KEY } from '../../../core/keys.ts'
import { type Usage, usageIn, usageOf } from '../content/usage.ts'
import { isRecord } from '../json/values.ts'
import { putRest } from '../span/body-facts.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { countsTokens } from '../vocabulary/usage-units.ts'

/** Longer values are no usage object, and whole bodies are looked into up to here. */
const BYTES_MAX = 256 * 1024
/** What stands before the counts in every body: `"usage"`, `"usage_metadata"`, `"usageMetadata"`; and LangChain's. */
const NEEDLES = [
  '"usage',
  '"token_usage"',
  '"tokenUsage"',
  '"promptTokens"',
  '"prompt_tokens"',
].map((needle) => new Literal(needle))
/** One of these is in each of them, and neither in most values, which are so looked through twice and not five times. */
const IN_NEEDLES = { usage: new Literal('sage'), token: new Literal('oken') } as const
/** Frameworks put what the provider answered within objects of their own. */
const DEPTH_MAX = 6
const MEMBERS_MAX = 512

/** Longer values repeat more than counts, and reading them would cost every span that has one. */
const PARTS_BYTES_MAX = 4096

/** Takes the parts of counts that an object states beside exactly those of the span. Returns true when it has them. */
export function takeParts(span: CurrentSpan, attr: number): boolean {
  const len = span.len(attr)
  if (span.type(attr) !== VALUE.STRING || len < 2 || len > PARTS_BYTES_MAX) return false
  // The brace of an object.
  if (span.arena.bytes[span.off(attr)] !== 123) return false
  if (!span.mayContain(attr, IN_NEEDLES.token)) return false
  const value = span.value(attr)
  const usage = usageOf(value) ?? usageIn(value)
  if (usage === null || usage.input !== span.events.num(span.event, N.input_tokens)) return false
  if (!(usage.output > 0) || usage.output !== span.events.num(span.event, N.output_tokens))
    return false
  putRest(span, usage)
  return true
}

/** True when the attribute states counts of tokens that are more than none. */
export function statesUsage(span: CurrentSpan, attr: number): boolean {
  const type = span.type(attr)
  if (type === VALUE.INT || type === VALUE.DOUBLE)
    return isCountKey(span, attr) && span.number(attr) > 0
  if (type !== VALUE.STRING) return false
  const off = span.off(attr)
  const len = span.len(attr)
  // Some clients write every number as text.
  if (len > 0 && len <= DIGITS_MAX && isDigit(span.arena.bytes[off] as number))
    return isCountKey(span, attr) && span.number(attr) > 0
  // The brace of an object.
  if (len < 2 || len > BYTES_MAX || span.arena.bytes[off] !== 123) return false
  const isNamed = isCountKey(span, attr)
  if (!isNamed && !hasNeedle(span, attr)) return false
  const value = span.value(attr)
  if (!isRecord(value)) return false
  const usage = (isNamed ? usageOf(value) : null) ?? usageIn(value)
  return usage === null ? hasUsageWithin(value) : isMore(usage)
}

function hasNeedle(span: CurrentSpan, attr: number): boolean {
  if (!span.mayContain(attr, IN_NEEDLES.token) && !span.mayContain(attr, IN_NEEDLES.usage))
    return false
  return NEEDLES.some((needle) => span.mayContain(attr, needle))
}

const DIGITS_MAX = 12
const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39

const isMore = ({ input, output, total }: Usage): boolean => input > 0 || output > 0 || total > 0

/** True when an object of counts stands anywhere within the value. */
function hasUsageWithin(value: unknown): boolean {
  let level: unknown[] = [value]
  let members = 0
  for (let depth = 0; depth < DEPTH_MAX && level.length > 0; depth++) {
    const next: unknown[] = []
    for (const x of level) {
      if (x === null || typeof x !== 'object') continue
      const usage = Array.isArray(x) ? null : countsIn(x)
      if (usage !== null && isMore(usage)) return true
      for (const member of Object.values(x)) if (members++ < MEMBERS_MAX) next.push(member)
    }
    level = next
  }
  return false
}

/** Counts of input and output that stand beside each other. */
function countsIn(x: object): Usage | null {
  const usage = usageOf(x)
  return usage === null || Number.isNaN(usage.input) || Number.isNaN(usage.output) ? null : usage
}

/** By key id: 0 = not looked at yet, 1 = no, 2 = it names a count of tokens. */
let known = new Uint8Array(4096)

function isCountKey({ batch }: CurrentSpan, attr: number): boolean {
  const id = batch.attrKey(attr)
  if (id === UNKNOWN_KEY) return countsTokens(batch.attrKeyText(attr))
  if (id >= known.length) known = grownBytes(known, Math.max(id + 1, keyCount()))
  if (known[id] === 0) known[id] = countsTokens(keyName(id)) ? 2 : 1
  return known[id] === 2
}
