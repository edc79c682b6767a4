// Takes the name of a tool or agent from the span's name if no key has it, without the words that the instrumentation
// adds: `get_weather.run` of a tool gives `get_weather`, `weather_agent._execute_core` of an agent gives
// `weather_agent`.

import { R } from '../../../core/fields.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import type { StepContext } from './step.ts'

const NAME_BYTES_MAX = 120

export function decideEntityNames(span: CurrentSpan, { dialects, origin }: StepContext): void {
  if (!dialects.isGenAi || origin.isLog || origin.isLegacy) return
  if (span.kind === 'tool') nameFrom(span, R.tool_name)
  else if (span.kind === 'agent') {
    // Instrumentations write this for agents without a name.
    if (span.fieldText(R.agent_name) === 'unknown') span.events.clear(span.event, R.agent_name)
    nameFrom(span, R.agent_name)
  }
}

function nameFrom(span: CurrentSpan, field: number): void {
  if (span.hasRange(field)) return
  const name = span.spanName(NAME_BYTES_MAX)
  const entity = name === null ? null : entityOf(name)
  if (entity !== null) span.setString(field, entity)
}

const BEFORE =
  /^(?:execute_tool|invoke_agent|create_agent|running tool|tool call|tool|agent)[:\s]+/i
const BEHIND =
  /(?:\._?(?:execute_core|execute|run|arun|invoke|ainvoke|call|acall|kickoff|stream|astream|forward|process)(?:\(\))?|\.(?:tool|agent)| run| (?:tool|agent) call)$/i
/** Names of what every instrumentation does, which belong to no tool or agent. */
const GENERAL =
  /^(?:tool|tools|agent|agents|function|functions|function_tool|workflow|chain|unknown|run|call|execute|invoke|step|session|turn|agent_turn|task|ai\..+|.*(?:executor|runner|graph))$/i

/** The name in a span's name, or null. */
export function entityOf(spanName: string): string | null {
  const name = spanName.trim().replace(BEFORE, '').replace(BEHIND, '')
  if (name === '' || GENERAL.test(name) || BEFORE.test(`${name} `)) return null
  // A sentence, a path or a template is no name.
  return /^[\p{L}\p{N}_][\p{L}\p{N}_.:@-]*(?: [\p{L}\p{N}_.:@-]+){0,3}$/u.test(name) ? name : null
}
