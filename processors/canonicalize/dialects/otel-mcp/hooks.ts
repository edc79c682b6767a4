// Reads the names of spans of the Model Context Protocol: `{method} {target}`.

import { R } from '../../../../core/fields.ts'
import type { Hooks } from '../../rules/dialect.ts'
import type { CurrentSpan } from '../../span/current-span.ts'

const NAME_BYTES_MAX = 200
const MCP =
  /^((?:tools|prompts|resources|completion|logging|sampling|elicitation|roots|notifications)\/[a-z_/]+|initialize|ping)(?: (\S.*))?$/

function readName(span: CurrentSpan): void {
  if (span.hasRange(R.mcp_method)) return
  const m = MCP.exec(span.spanName(NAME_BYTES_MAX) ?? '')
  if (m === null) return
  const [, method = '', target] = m
  span.setString(R.mcp_method, method)
  if (span.kind === '') span.setKind('mcp')
  if (target === undefined) return
  if (method === 'tools/call') span.offerText(R.tool_name, target)
  else if (method === 'prompts/get') span.offerText(R.prompt_name, target)
}

export const hooks: Hooks = { readName }
