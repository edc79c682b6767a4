// A row of `canonical_events` as the canonical event: the SELECT list that reads it and the object made of
// the answer, equal to the JSON form of the event when it was received.

import { type Field, FIELDS } from '../core/fields.ts'

/** Values by field name; times are decimal strings of ns, for a JS number has not enough digits. */
export type EventObject = Record<string, unknown>

const fields: readonly Field[] = FIELDS
/** Names of the answer have a prefix: ClickHouse would take a name of the SELECT list for the column in WHERE. */
const PREFIX = 'f_'

export const eventJson = {
  /** For `SELECT ... FROM canonical_events`. */
  columns:
    fields.map((f) => `${expression(f)} AS ${PREFIX}${f.name}`).join(',\n  ') +
    `,\n  attributes_json AS ${PREFIX}attributes_json`,
  /** Without messages, inputs, outputs and maps: for lists, and for readers who may not see content. */
  briefColumns: fields
    .filter((f) => f.type !== 'json' && f.type !== 'map' && f.name !== 'error_stack')
    .map((f) => `${expression(f)} AS ${PREFIX}${f.name}`)
    .join(',\n  '),
  fromRow,
  text,
}

function expression(f: Field): string {
  if (f.type === 'id16' || f.type === 'id8') return `lower(hex(${f.name}))`
  if (f.name === 'start_time')
    return 'if(start_time_known, toString(toUnixTimestamp64Nano(start_time)), NULL)'
  if (f.type === 'time') return `toString(toUnixTimestamp64Nano(${f.name}))`
  return f.name
}

function fromRow(row: Readonly<Record<string, unknown>>): EventObject {
  const out: EventObject = {}
  for (const f of fields) {
    const raw = row[`${PREFIX}${f.name}`]
    if (raw === undefined) continue
    const value = valueOf(f, raw, row)
    if (value !== null || f.core) out[f.name] = value
  }
  return out
}

/** The SELECT list above says what comes: text for ids and JSON, arrays for strings. */
function valueOf(f: Field, raw: unknown, row: Readonly<Record<string, unknown>>): unknown {
  if (raw === null) return null
  switch (f.type) {
    case 'id16':
    case 'id8':
      // Zeros are how a column that is never null says none.
      return /^0*$/.test(raw as string) ? null : raw
    case 'json':
      return parsed(raw as string)
    case 'strings':
      return Array.isArray(raw) && raw.length > 0 ? raw : null
    case 'number':
    case 'int':
      return Number(raw)
    case 'bool':
      return raw === true || raw === 1
    case 'map':
      return mapOf(f, raw as Record<string, string>, row)
    default:
      return raw
  }
}

function mapOf(
  f: Field,
  texts: Readonly<Record<string, string>>,
  row: Readonly<Record<string, unknown>>,
): unknown {
  if (f.name !== 'attributes') return texts
  const out: Record<string, unknown> = { ...texts }
  const json = row[`${PREFIX}attributes_json`] as Readonly<Record<string, string>> | undefined
  for (const [key, value] of Object.entries(json ?? {})) out[key] = parsed(value)
  return Object.keys(out).length === 0 ? null : out
}

/** What is not JSON is shown as the text it is. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

/** JSON text of the event with its times as integers. */
function text(event: EventObject): string {
  return JSON.stringify(event).replace(/"(start_time|end_time)":"(\d+)"/g, '"$1":$2')
}
