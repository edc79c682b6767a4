// Converts tool definitions to one form, from any spelling of providers and instrumentations.

import { parseLoose } from '../json/loose-json.ts'
import { isRecord } from '../json/values.ts'
import type { Tool } from './content-types.ts'

type Block = Record<string, unknown>

/** Tool definitions from any spelling, or null. */
export function toolsOf(value: unknown): Tool[] | null {
  const list: unknown[] = Array.isArray(value)
    ? value
    : isRecord(value)
      ? Array.isArray(value['tools'])
        ? value['tools']
        : [value]
      : typeof value === 'string'
        ? value.split(',')
        : []
  const out: Tool[] = []
  for (const item of list) {
    const parsed: unknown = typeof item === 'string' ? (parseLoose(item) ?? item) : item
    if (typeof parsed === 'string') {
      // Old clients send "[circular]" instead of the second copy of the list.
      const name = parsed.trim()
      if (name !== '' && name !== '[circular]') out.push({ type: 'function', name })
    } else if (isRecord(parsed)) pushTool(out, parsed)
  }
  return out.length === 0 ? null : out
}

function pushTool(out: Tool[], raw: Block): void {
  // Gemini groups declarations, and Bedrock puts them into toolSpec.
  const declarations = raw['function_declarations'] ?? raw['functionDeclarations']
  if (Array.isArray(declarations)) {
    for (const d of declarations) if (isRecord(d)) pushTool(out, d)
    return
  }
  const spec = raw['function'] ?? raw['toolSpec'] ?? (isRecord(raw['tool']) ? raw['tool'] : raw)
  const inner = isRecord(spec) ? spec : raw
  const name = inner['name'] ?? raw['name']
  if (typeof name !== 'string' || name === '') return
  const tool: Tool = {
    type: typeof raw['type'] === 'string' && raw['type'] !== 'object' ? raw['type'] : 'function',
    name,
  }
  const description = inner['description']
  if (typeof description === 'string' && description !== '') tool.description = description
  const schema = schemaOf(inner)
  if (schema !== null) tool.parameters = schema
  out.push(tool)
}

/** The schema of the arguments: an object, JSON text of one, or Bedrock's `{json}`. Null when there is none. */
function schemaOf(tool: Block): unknown {
  const schema: unknown =
    tool['parameters'] ??
    tool['inputSchema'] ??
    tool['input_schema'] ??
    tool['parameters_json_schema'] ??
    tool['schema'] ??
    null
  if (typeof schema === 'string') return parseLoose(schema) ?? schema
  return isRecord(schema) && isRecord(schema['json']) ? schema['json'] : schema
}
