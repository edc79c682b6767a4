// What of an event is content: prompts, answers, what tools were given and gave, and texts that may repeat them. A credential without
// the scope `content` gets events without it, marked with `content_omitted`.

import { CONTENT_TEXTS, FIELDS, type FieldName } from '../core/fields.ts'

/** What no field was made of may be a prompt too. */
export const CONTENT_FIELDS: readonly FieldName[] = [...CONTENT_TEXTS, 'attributes']

const IS_CONTENT: ReadonlySet<string> = new Set(CONTENT_FIELDS)
const IS_CORE: ReadonlySet<string> = new Set(
  FIELDS.filter((field) => field.core).map((field) => field.name),
)

type Row = Readonly<Record<string, unknown>>

/** The event as it may be shown. Fields that are always there are null. */
export function shownEvent(event: Row, mayReadContent: boolean): Record<string, unknown> {
  if (mayReadContent) return { ...event }
  const shown: Record<string, unknown> = { content_omitted: true }
  for (const [name, value] of Object.entries(event))
    if (!IS_CONTENT.has(name)) shown[name] = value
    else if (IS_CORE.has(name)) shown[name] = null
  return shown
}
