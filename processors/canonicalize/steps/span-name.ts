// What a span's name says when its attributes do not: `{operation} {target}` of the standard, or what the dialect reads in
// it. Last of all fallbacks.

import { R } from '../../../core/fields.ts'
import type { Detection } from '../rules/detection.ts'
import type { Work } from '../span/work.ts'
import { meaningOfKind } from '../vocabulary/kinds-and-operations.ts'

const NAME_BYTES_MAX = 200
/** Field that the target of an operation fills. */
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

export function readSpanName(w: Work, detection: Detection): void {
  if (detection.readName(w) || !isAsked(w)) return
  const name = w.spanName(NAME_BYTES_MAX)
  if (name !== null && !readStandard(w, name)) detection.readOtherName(w, name)
}

/** Most spans say everything by attributes, and their names need not be read. */
function isAsked(w: Work): boolean {
  if (w.kind === '') return true
  const operation = w.operation === '' ? meaningOfKind(w.kind).operation : w.operation
  const field = TARGET_FIELDS.get(operation)
  return field !== undefined && !hasTarget(w, field)
}

function hasTarget(w: Work, field: number): boolean {
  if (w.hasRange(field)) return true
  return field === R.request_model && (w.hasRange(R.response_model) || w.offeredModel !== '')
}

function readStandard(w: Work, name: string): boolean {
  const m = STANDARD.exec(name)
  if (m === null) return false
  const [, operation = '', target = ''] = m
  if (w.operation !== '' && w.operation !== operation) return true
  const field = TARGETS[operation] as number
  if (!hasTarget(w, field)) w.setString(field, target)
  return true
}
