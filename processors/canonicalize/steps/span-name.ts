// Reads a span's name if its attributes leave something open: `{operation} {target}` of the standard, or what the
// dialect reads in it. It is the last fallback.

import { R } from '../../../core/fields.ts'
import type { DetectedDialects } from '../rules/detected.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { factsOfKind } from '../vocabulary/kinds-and-operations.ts'

const NAME_BYTES_MAX = 200
/** The field that the target of an operation fills. */
const TARGETS: Readonly<Record<string, number>> = {
  chat: R.request_model,
  text_completion: R.request_model,
  generate_content: R.request_model,
  embeddings: R.request_model,
  execute_tool: R.tool_name,
  invoke_agent: R.agent_name,
  create_agent: R.agent_name,
  invoke_workflow: R.workflow_name,
}
const TARGET_FIELDS = new Map(Object.entries(TARGETS))
const STANDARD =
  /^(chat|text_completion|generate_content|embeddings|execute_tool|invoke_agent|create_agent|invoke_workflow) (\S.*)$/

export function readSpanName(span: CurrentSpan, dialects: DetectedDialects): void {
  if (dialects.readName(span) || !isAsked(span)) return
  const name = span.spanName(NAME_BYTES_MAX)
  if (name !== null && !readStandard(span, name)) dialects.readOtherName(span, name)
}

/** False for most spans, whose attributes say everything. */
function isAsked(span: CurrentSpan): boolean {
  if (span.kind === '') return true
  const operation = span.operation === '' ? factsOfKind(span.kind).operation : span.operation
  const field = TARGET_FIELDS.get(operation)
  return field !== undefined && !hasTarget(span, field)
}

function hasTarget(span: CurrentSpan, field: number): boolean {
  if (span.hasRange(field)) return true
  return (
    field === R.request_model && (span.hasRange(R.response_model) || span.models.offered !== '')
  )
}

function readStandard(span: CurrentSpan, name: string): boolean {
  const m = STANDARD.exec(name)
  if (m === null) return false
  const [, operation = '', target = ''] = m
  if (span.operation !== '' && span.operation !== operation) return true
  const field = TARGETS[operation] as number
  if (!hasTarget(span, field)) span.setString(field, target)
  return true
}
