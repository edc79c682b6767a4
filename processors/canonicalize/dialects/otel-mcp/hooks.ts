// Names of spans of the Model Context Protocol: `{method} {target}`.

import { R } from '../../../../core/fields.ts'
import type { Hooks } from '../../rules/dialect.ts'
import type { Work } from '../../span/work.ts'

const NAME_BYTES_MAX = 200
const MCP =
  /^((?:tools|prompts|resources|completion|logging|sampling|elicitation|roots|notifications)\/[a-z_/]+|initialize|ping)(?: (\S.*))?$/

function readName(w: Work): void {
  if (w.hasRange(R.mcp_method)) return
  const m = MCP.exec(w.spanName(NAME_BYTES_MAX) ?? '')
  if (m === null) return
  const [, method = '', target] = m
  w.setString(R.mcp_method, method)
  if (w.kind === '') w.kind = 'mcp'
  if (target === undefined) return
  if (method === 'tools/call') w.offerText(R.tool_name, target)
  else if (method === 'prompts/get') w.offerText(R.prompt_name, target)
}

export const hooks: Hooks = { readName }
