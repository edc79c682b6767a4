// Decides the kind of an event if no key of the span has it.

import { R } from '../../../core/fields.ts'
import type { Kind } from '../../../core/kinds.ts'
import { lookup } from '../json/values.ts'
import { statedKind } from '../readers/stated-kind.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { factsOfKind } from '../vocabulary/kinds-and-operations.ts'
import type { StepContext } from './step.ts'

/** The length of the longest name that reveals a kind. */
const NAME_BYTES_MAX = 200

export function decideKind(span: CurrentSpan, { dialects, origin }: StepContext): void {
  if (
    span.kind === 'mcp' &&
    span.hasRange(R.tool_name) &&
    span.fieldText(R.mcp_method) === 'tools/call'
  )
    span.setKind('tool')
  if (span.kind === '' && dialects.isGenAi) {
    const { nameOffset, nameLength } = span.received
    const name = span.arena.text(nameOffset, Math.max(0, Math.min(NAME_BYTES_MAX, nameLength)))
    span.setKind(dialects.kindOfName(name) ?? statedKind(span) ?? guessedKind(span, name))
  }
  if (span.kind === '') span.setKind(origin.isLegacy ? 'span' : lastResort(span))
}

/** The kind by a tool's name, a model, or the span's name. */
function guessedKind(span: CurrentSpan, name: string): string {
  if (name === 'gen_ai.client.inference.operation.details') return 'llm'
  if (span.hasRange(R.tool_name) || span.hasRange(R.tool_call_id)) return 'tool'
  if (span.hasRange(R.evaluation_name)) return 'evaluator'
  if (span.hasRange(R.request_model) || span.hasRange(R.response_model) || span.hasMessages()) {
    span.isKindGuessed = true
    return /embed/i.test(name) && !span.hasRange(R.output_messages) ? 'embedding' : 'llm'
  }
  if (hasSpoken(span)) return 'llm'
  const operation = name.split(' ', 1)[0] as string
  const kind = lookup(KIND_OF_NAME, operation)
  if (kind === undefined) return ''
  span.setOperation(operation)
  return kind
}

/** True if there are messages of span events, or a response that is spread over attributes. */
function hasSpoken(span: CurrentSpan): boolean {
  const { eventInput, eventOutput, eventSystem, hasAnswer } = span.content
  return hasAnswer || eventInput.length + eventOutput.length + eventSystem.length > 0
}

const KIND_OF_NAME: Readonly<Record<string, Kind>> = {
  chat: 'llm',
  text_completion: 'llm',
  generate_content: 'llm',
  embeddings: 'embedding',
  execute_tool: 'tool',
  invoke_agent: 'agent',
  create_agent: 'agent',
  invoke_workflow: 'workflow',
}

/** The kind of a span of no dialect. A model alone makes it a call. */
function lastResort(span: CurrentSpan): string {
  span.isKindGuessed = true
  return span.hasRange(R.request_model) ? 'llm' : 'span'
}

/** Sets the field. A log record that is not a GenAI record is a plain span, whatever its keys say. */
export function writeKind(span: CurrentSpan, { dialects, origin }: StepContext): void {
  if (origin.isLog && !dialects.isGenAi) span.setKind('span')
  span.setConstant(R.kind, factsOfKind(span.kind).literal)
}
