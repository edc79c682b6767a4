// Writes request parameters and usage details as JSON objects.

import { Literal } from '../../../core/arena.ts'
import { R } from '../../../core/fields.ts'
import type { IntList } from '../bytes/int-list.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { ENTRY } from '../span/map-entries.ts'

export function writeEntries(span: CurrentSpan): void {
  if (span.entries.params.length > 0) putObject(span, span.entries.params, R.request_params)
  if (span.entries.details.length > 0) putObject(span, span.entries.details, R.usage_details)
}

const FIRST = new Literal('{"')

const NEXT = new Literal(',"')

const COLON = new Literal('":')

function putObject(span: CurrentSpan, rows: IntList, field: number): void {
  const { out } = span
  out.begin(span.arena)
  for (let i = 0; i < rows.length; i += ENTRY) {
    out.literal(i === 0 ? FIRST : NEXT)
    out.copy(rows.at(i), rows.at(i + 1))
    out.literal(COLON)
    out.copy(rows.at(i + 2), rows.at(i + 3))
  }
  out.byte(125)
  span.setOut(field)
}
