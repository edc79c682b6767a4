// Which fields of an event are content: prompts, answers, inputs and outputs of tools, and texts that may repeat them. A
// credential without the scope `content` gets events without these fields, marked with `content_omitted`.

import { CONTENT_TEXTS, FIELDS, type FieldName } from '../core/fields.ts'

/** `attributes` has what filled no field, which may be a prompt. */
export const CONTENT_FIELDS: readonly FieldName[] = [...CONTENT_TEXTS, 'attributes']

const IS_CONTENT: ReadonlySet<string> = new Set(CONTENT_FIELDS)
const IS_CORE: ReadonlySet<string> = new Set(
  FIELDS.filter((field) => field.core).map((field) => field.name),
)

type Row = Readonly<Record<string, unknown>>

/** The event without its content, unless the credential may read it. Fields that are always present become null. */
export function shownEvent(event: Row, mayReadContent: boolean): Record<string, unknown> {
  if (mayReadContent) return { ...event }
  const shown: Record<string, unknown> = { content_omitted: true }
  for (const [name, value] of Object.entries(event))
    if (!IS_CONTENT.has(name)) shown[name] = value
    else if (IS_CORE.has(name)) shown[name] = null
  return shown
}
