// Decides from the counts of a trace whether rules may find something in it. Most traces have no finding, and then no objects are made of
// their spans. A test compares it with the rules themselves.

import type { DetectionLimits } from '../settings.ts'
import type { Trace } from './trace.ts'

/** A cycle has at least two calls, three times. */
const CYCLE_CALLS_MIN = 6

/** Whether a rule over settled traces may find something. If this is false, none does. */
export function mayHaveFindings(trace: Trace, settings: DetectionLimits): boolean {
  const { repeats, count, hasEquals, failed } = trace
  return (
    repeats >= Math.min(settings.retry_errors, settings.loop_repeats) ||
    (hasEquals && count >= CYCLE_CALLS_MIN) ||
    trace.toolCalls >= settings.polling_repeats ||
    trace.failedContainers > 0 ||
    failed > 1 ||
    count > Math.min(settings.depth_max, settings.children_max) ||
    // Sums of money may differ a little by the order of addition.
    ((failed > 0 || hasEquals) && trace.costUsd >= settings.waste_usd * 0.999) ||
    trace.costUsd > (settings.trace_budget_usd ?? Number.POSITIVE_INFINITY) * 0.999 ||
    trace.tokens > (settings.trace_budget_tokens ?? Number.POSITIVE_INFINITY)
  )
}
