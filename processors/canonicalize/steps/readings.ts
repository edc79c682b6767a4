// The readings of one report of usage. Sources disagree on whether the input count includes cached tokens and whether the
// output count includes reasoning, and so do versions of one source. The total that stands in the same report decides: of the
// readings whose parts fit into their whole, the one that adds up to it is taken. Pure arithmetic.
//
// Example: input 5000, cache reads 1000, output 100, total 6100: the reads stand beside the input, which is 6000.

/** Counts as they were reported; 0 = not reported. `total`: NaN = not reported. */
export interface Counts {
  readonly input: number
  readonly output: number
  readonly read: number
  readonly written: number
  readonly reasoning: number
  readonly total: number
}

/** What is known of the source, where no total decides. */
export interface Habit {
  readonly isCacheBeside: boolean
  readonly isReasoningBeside: boolean
}

export interface Reading {
  /** Includes the cache. */
  readonly input: number
  /** Includes reasoning. */
  readonly output: number
  /** Why the reading is another one than the source's own, null when it is not. */
  readonly fixed: 'total_decided' | 'cache_added' | 'reasoning_added' | null
  /** No reading gives the reported total. */
  readonly isInconsistent: boolean
}

export function readingFor(counts: Counts, habit: Habit): Reading {
  const usual = usualReading(counts, habit)
  // A total of 0 beside counts is a total that nobody knew.
  if (!(counts.total > 0) || usual.input + usual.output === counts.total) return usual
  for (const input of inputsOf(counts)) {
    if (input < counts.read + counts.written) continue
    for (const output of outputsOf(counts))
      if (output >= counts.reasoning && input + output === counts.total)
        return { input, output, fixed: 'total_decided', isInconsistent: false }
  }
  return { ...usual, isInconsistent: true }
}

/** The reading by the habit of the source; parts that do not fit into their whole can only stand beside it. */
function usualReading(counts: Counts, habit: Habit): Reading {
  const { input, output, read, written, reasoning } = counts
  const isCacheAbove = read + written > input
  const isReasoningAbove = reasoning > output
  const hasCache = habit.isCacheBeside || isCacheAbove
  const hasReasoning = habit.isReasoningBeside || isReasoningAbove
  let fixed: Reading['fixed'] = null
  if (isReasoningAbove && !habit.isReasoningBeside) fixed = 'reasoning_added'
  if (isCacheAbove && !habit.isCacheBeside) fixed = 'cache_added'
  return {
    input: hasCache ? input + read + written : input,
    output: hasReasoning ? output + reasoning : output,
    fixed,
    isInconsistent: false,
  }
}

function inputsOf({ input, read, written }: Counts): readonly number[] {
  return [input, input + read + written, input + read, input + written]
}

/** The last one: early SDKs reported the total as output. */
function outputsOf({ input, output, reasoning, total }: Counts): readonly number[] {
  return output === total
    ? [output, output + reasoning, output - input]
    : [output, output + reasoning]
}
