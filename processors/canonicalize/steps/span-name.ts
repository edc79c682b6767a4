// What a span's name says when its attributes do not: `{operation} {target}` of the standard, `{method} {target}` of
// MCP, `{vendor}.{operation}` of OpenLLMetry, and the names that Google ADK gives its agents. Last of all fallbacks.

import { SPAN, SPAN_STRIDE } from '../../../core/batch.ts'
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
const MCP =
  /^((?:tools|prompts|resources|completion|logging|sampling|elicitation|roots|notifications)\/[a-z_/]+|initialize|ping)(?: (\S.*))?$/
const VENDOR = /^[a-z_]+\.(chat|completion|embeddings|converse)$/
const ADK_AGENT = /^agent_run \[(.+)\]$/

export function readSpanName(w: Work, detection: Detection): void {
  if (!isAsked(w, detection)) return
  const row = w.span * SPAN_STRIDE
  const len = w.batch.spans[row + SPAN.NAME_LEN] as number
  if (len <= 0 || len > NAME_BYTES_MAX) return
  const name = w.arena.text(w.batch.spans[row + SPAN.NAME_OFF] as number, len)
  if (detection.isMcp) readMcp(w, name)
  else if (!readStandard(w, name)) readVendor(w, name, detection)
}

/** Most spans say everything by attributes, and their names need not be read. */
function isAsked(w: Work, detection: Detection): boolean {
  if (detection.isMcp) return !w.hasRange(R.mcp_method)
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

function readMcp(w: Work, name: string): void {
  const m = MCP.exec(name)
  if (m === null) return
  const [, method = '', target] = m
  w.setString(R.mcp_method, method)
  if (w.kind === '') w.kind = 'mcp'
  if (target === undefined) return
  if (method === 'tools/call') w.offerText(R.tool_name, target)
  else if (method === 'prompts/get') w.offerText(R.prompt_name, target)
}

const VENDOR_OPERATIONS: Readonly<Record<string, string>> = {
  chat: 'chat',
  converse: 'chat',
  completion: 'text_completion',
  embeddings: 'embeddings',
}

function readVendor(w: Work, name: string, detection: Detection): void {
  if (detection.has('openllmetry') && w.operation === '') {
    const operation = VENDOR_OPERATIONS[VENDOR.exec(name)?.[1] ?? '']
    if (operation === undefined) return
    w.operation = operation
    if (w.kind === '') w.kind = operation === 'embeddings' ? 'embedding' : 'llm'
  } else if (detection.has('google-adk')) {
    const agent = ADK_AGENT.exec(name)?.[1]
    if (agent !== undefined) w.offerText(R.agent_name, agent)
  }
}
