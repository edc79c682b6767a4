// The arguments of tool calls, which Claude Code spreads over attributes.

import { R } from '../../../../core/fields.ts'
import { isRecord } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** One detail of a tool call. Together the details are the arguments. */
function argument(name: string): Transform {
  return (span, attr) => {
    if (span.isNull(attr)) return false
    const known: unknown = JSON.parse(span.fieldText(R.tool_arguments) ?? '{}')
    const base = isRecord(known) ? known : { input: known }
    if (base[name] === undefined)
      span.setJson(R.tool_arguments, { ...base, [name]: span.text(attr) })
    return true
  }
}

export const transforms = {
  'argument:command': { fills: 'flag', read: argument('command') },
  'argument:file_path': { fills: 'flag', read: argument('file_path') },
  'argument:skill_name': { fills: 'flag', read: argument('skill_name') },
  'argument:subagent_type': { fills: 'flag', read: argument('subagent_type') },
} as const satisfies Readonly<Record<string, OwnTransform>>
