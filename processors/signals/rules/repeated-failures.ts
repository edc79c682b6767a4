// Failures of a task that only repeat the failure of a call inside them, or of the call around them. One fault is one signal: that of
// the innermost call. Spans of a trace mostly come together. Where they do not, `detection/` takes the second signal back, by the same
// comparison.

import { type EventTable, isRecordOfSpan } from '../../../core/event.ts'
import { R } from '../../../core/fields.ts'
import { CONTAINER_KINDS } from '../../../core/kinds.ts'
import {
  COMPARED_CHARS,
  FAILED_ANCESTORS_MAX,
  Failure,
  repeatsFailure,
} from '../../../core/signals/same-fault.ts'
import { isError, kindOf } from './reading.ts'

interface FailedSpan {
  readonly failure: Failure
  readonly isCall: boolean
}

export class RepeatedFailures {
  readonly #events: EventTable
  /** Spans, each of which may have come twice. */
  readonly #repeated = new Set<string>()

  constructor(events: EventTable) {
    this.#events = events
    const failed = failedSpans(events)
    if (failed.size < 2) return
    const parents = parentsIn(events, new Set([...failed.keys()].map(traceOf)))
    for (const [span, inner] of failed) {
      let above = parents.get(span)
      for (let n = 0; above !== undefined && above !== span && n < FAILED_ANCESTORS_MAX; n++) {
        const outer = failed.get(above)
        if (outer !== undefined) this.#compare(above, outer, span, inner)
        above = parents.get(above)
      }
    }
  }

  /** Whether another event of the task tells of the fault. */
  has(event: number): boolean {
    return this.#repeated.size > 0 && this.#repeated.has(keyOf(this.#events, event, R.span_id))
  }

  #compare(above: string, outer: FailedSpan, span: string, inner: FailedSpan): void {
    const repeating = inner.isCall || !outer.isCall ? above : span
    if (!this.#repeated.has(repeating) && repeatsFailure(outer.failure, inner.failure))
      this.#repeated.add(repeating)
  }
}

const TRACE_CHARS = 32
const traceOf = (span: string): string => span.slice(0, TRACE_CHARS)

/** By trace, span and project: those that report a failure of their own. */
function failedSpans(events: EventTable): Map<string, FailedSpan> {
  const out = new Map<string, FailedSpan>()
  for (let event = 0; event < events.count; event++) {
    if (!isError(events, event) || events.has(event, R.usage_duplicate_of)) continue
    if (isRecordOfSpan(events, event) || !events.has(event, R.trace_id)) continue
    out.set(keyOf(events, event, R.span_id), {
      isCall: !CONTAINER_KINDS.has(kindOf(events, event)),
      failure: new Failure(
        events.text(event, R.error_type) ?? '',
        (events.text(event, R.error_message) ?? '').slice(0, COMPARED_CHARS),
      ),
    })
  }
  return out
}

/** By span of these traces: its parent. */
function parentsIn(events: EventTable, traces: ReadonlySet<string>): Map<string, string> {
  const out = new Map<string, string>()
  for (let event = 0; event < events.count; event++) {
    if (!events.has(event, R.parent_span_id)) continue
    if (isRecordOfSpan(events, event)) continue
    const trace = events.hex(event, R.trace_id)
    if (trace !== null && traces.has(trace))
      out.set(keyOf(events, event, R.span_id), keyOf(events, event, R.parent_span_id))
  }
  return out
}

const keyOf = (events: EventTable, event: number, id: number): string =>
  [
    events.hex(event, R.trace_id),
    events.hex(event, id),
    events.text(event, R.tenant_id),
    events.text(event, R.project_id),
  ].join('\0')
