// The possible interpretations of the counts of one usage report. Sources, and versions of one source, disagree on
// whether the input count includes cached tokens and whether the output count includes reasoning. The total in the
// same report decides: of the interpretations whose parts are not larger than their whole, the one that adds up to
// the total is used. This is pure arithmetic.
//
// Example: with input 5000, cache reads 1000, output 100 and total 6100, the cache reads are not part of the input,
// which becomes 6000.

/** Counts as they were reported. 0 means not reported. For `total`, NaN means not reported. */
export interface Counts {
  readonly input: number
  readonly output: number
  readonly read: number
  readonly written: number
  readonly reasoning: number
  readonly total: number
  /** What the provider's own tools added to the prompt. */
  readonly tools?: number
}

/** What is known about the source, for reports without a total. */
export interface Habit {
  readonly isCacheBeside: boolean
  /** True if the provider's own answer shows it. */
  readonly isCacheProven?: boolean
  readonly isReasoningBeside: boolean
}

export interface Reading {
  /** Includes cached tokens. */
  readonly input: number
  /** Includes reasoning. */
  readonly output: number
  /** Why the interpretation differs from that of the source, or null. */
  readonly fixed: 'total_decided' | 'cache_added' | 'reasoning_added' | null
  /** True if no interpretation gives the reported total. */
  readonly isInconsistent: boolean
}

export function readingFor(counts: Counts, habit: Habit): Reading {
  const usual = usualReading(counts, habit)
  // A total of 0 with other counts above 0 was unknown to the source.
  if (!(counts.total > 0) || usual.input + usual.output === counts.total) return usual
  // The source added up what it reports as input, and the cache is not in it.
  if (habit.isCacheProven === true && isSumWithoutCache(counts)) return usual
  for (const input of inputsOf(counts)) {
    if (input < counts.read + counts.written || input < (counts.tools ?? 0)) continue
    for (const output of outputsOf(counts))
      if (output >= counts.reasoning && input + output === counts.total)
        return { input, output, fixed: 'total_decided', isInconsistent: false }
  }
  const isCacheAbove = counts.read + counts.written > counts.input
  return { ...usual, isInconsistent: !(isCacheAbove && isSumWithoutCache(counts)) }
}

/** Whether the total is what remains when the cache, which cannot be in the input, is left out. */
function isSumWithoutCache(counts: Counts): boolean {
  const { input, output, reasoning, total } = counts
  return input + output === total || input + output + reasoning === total
}

/** The usual interpretation for the source. Parts that are larger than their whole cannot be included in it. */
function usualReading(counts: Counts, habit: Habit): Reading {
  const { input, output, read, written, reasoning } = counts
  const isCacheAbove = read + written > input
  const isReasoningAbove = reasoning > output
  const hasCache = habit.isCacheBeside || isCacheAbove
  const hasReasoning = habit.isReasoningBeside || isReasoningAbove
  let fixed: Reading['fixed'] = null
  if (isReasoningAbove && !habit.isReasoningBeside) fixed = 'reasoning_added'
  if (isCacheAbove && !habit.isCacheBeside) fixed = 'cache_added'
  // Google documents that its count of the prompt excludes them.
  const prompt = input + (counts.tools ?? 0)
  return {
    input: hasCache ? prompt + read + written : prompt,
    output: hasReasoning ? output + reasoning : output,
    fixed,
    isInconsistent: false,
  }
}

function inputsOf({ input, read, written, tools = 0 }: Counts): readonly number[] {
  const inputs = [input, input + read + written, input + read, input + written]
  return tools === 0 ? inputs : [...inputs, ...inputs.map((n) => n + tools)]
}

/** The last possibility: early SDKs reported the total as output. */
function outputsOf({ input, output, reasoning, total }: Counts): readonly number[] {
  return output === total
    ? [output, output + reasoning, output - input]
    : [output, output + reasoning]
}
