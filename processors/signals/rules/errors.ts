// Rules about failed calls: errors by kind, time limits, prompts that are too long.

import type { EventTable } from '../../../core/event.ts'
import { R } from '../../../core/fields.ts'
import { CONTAINER_KINDS } from '../../../core/kinds.ts'
import { COMPARED_CHARS, errorIdentity, FAULT_RULES } from '../../../core/signals/same-fault.ts'
import { withCharacters } from '../../../core/visible-text.ts'
import { isContextOverflow, isTimeout } from './error-words.ts'
import { isError, kindOf, modelOf, subjectOf } from './reading.ts'
import type { Finding, SignalRule } from './rule.ts'

const MODEL_KINDS: ReadonlySet<string> = new Set(['llm', 'embedding', 'rerank'])
const TOOL_KINDS: ReadonlySet<string> = new Set(['tool', 'mcp'])

export const ERROR_RULES: readonly SignalRule[] = [
  {
    // Fires for a tool span with status error. A timeout and a context overflow have signal types of their own.
    id: FAULT_RULES.error,
    types: ['tool_timeout', 'tool_error', 'llm_error', 'error'],
    perCall: false,
    perSpan: true,
    perFault: true,
    check(events, event) {
      if (!isError(events, event)) return null
      const kind = kindOf(events, event)
      // An error of a container may repeat that of a call inside it, which is known when the trace is settled: `detection/` judges it.
      if (CONTAINER_KINDS.has(kind) && events.has(event, R.trace_id)) return null
      const evidence = errorEvidence(events, event)
      return {
        type: errorType(kind, evidence),
        severity: 'high',
        value: null,
        threshold: null,
        evidence,
        dimensions: errorDimensions(events, event, kind, evidence),
      }
    },
  },
  {
    // Fires for "This model's maximum context length is 128000 tokens". Does not fire for the finish reason `length` alone, nor for a
    // limit of tokens a minute.
    id: FAULT_RULES.overflow,
    types: ['context_overflow'],
    perCall: false,
    perSpan: true,
    perFault: true,
    check(events, event) {
      const evidence = overflowEvidence(events, event)
      if (evidence === null) return null
      return {
        type: 'context_overflow',
        severity: 'high',
        value: null,
        threshold: null,
        evidence,
        dimensions: [subjectOf(events, event), events.text(event, R.route)],
      }
    },
  },
]

interface ErrorEvidence {
  readonly error_type: string | null
  readonly error_message: string | null
  readonly tool_name: string | null
  readonly model: string | null
}

function errorEvidence(
  events: EventTable,
  event: number,
): ErrorEvidence & Record<string, string | null> {
  // Often the body of an answer, in which a server has escaped what people read.
  const message = events.text(event, R.error_message)
  return {
    error_type: events.text(event, R.error_type),
    error_message: message === null ? null : withCharacters(message).slice(0, 500),
    tool_name: events.text(event, R.tool_name),
    model: modelOf(events, event),
  }
}

function errorType(kind: string, evidence: ErrorEvidence): Finding['type'] {
  if (TOOL_KINDS.has(kind))
    return isTimeout(evidence.error_type, evidence.error_message) ? 'tool_timeout' : 'tool_error'
  return MODEL_KINDS.has(kind) ? 'llm_error' : 'error'
}

function errorDimensions(
  events: EventTable,
  event: number,
  kind: string,
  { error_type }: ErrorEvidence,
): Finding['dimensions'] {
  const message = events.text(event, R.error_message)?.slice(0, COMPARED_CHARS)
  return errorIdentity(kind, subjectOf(events, event), error_type, message ?? null)
}

function overflowEvidence(events: EventTable, event: number): Finding['evidence'] | null {
  if (isError(events, event)) {
    const evidence = errorEvidence(events, event)
    return isContextOverflow(evidence.error_type, evidence.error_message) ? evidence : null
  }
  const len = events.len(event, R.finish_reasons)
  if (len < 'context_window_exceeded'.length) return null
  const reasons = events.text(event, R.finish_reasons) ?? ''
  return /context_(?:window|length)_exceeded/.test(reasons) ? { finish_reasons: reasons } : null
}
