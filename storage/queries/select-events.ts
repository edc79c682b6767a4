// The SELECT list of `canonical_events`, and the conversion of a row to the canonical event's JSON.

import { FIELDS, type Field } from '../../core/fields.ts'

export type EventRow = Readonly<Record<string, unknown>>

/**
 * SELECT list for `canonical_events AS e`; `eventOf` reads the answer, in which what was left out is null. `wanted`: these fields and
 * no others.
 */
export function eventSelect(unused: ReadonlySet<string>, wanted?: ReadonlySet<string>): string {
  return (FIELDS as readonly Field[])
    .filter(({ name }) => wanted?.has(name) !== false)
    .filter(({ name }) => !unused.has(name) || name === 'attributes')
    .map((field) => selectOf(field, unused))
    .join(', ')
}

export const EVENT_SELECT = eventSelect(new Set())

function selectOf(field: Field, unused: ReadonlySet<string>): string {
  const { name, type } = field
  if (type === 'id16' || type === 'id8') return `lower(hex(e.${name})) AS ${name}_`
  if (name === 'start_time')
    return `if(e.start_time_known, toString(toUnixTimestamp64Nano(e.start_time)), '') AS start_time_`
  if (type === 'time') return `ifNull(toString(toUnixTimestamp64Nano(e.${name})), '') AS ${name}_`
  if (name === 'attributes')
    return ['attributes', 'attributes_json']
      .map((map) => `${unused.has(map) ? 'map()' : `e.${map}`} AS ${map}_`)
      .join(', ')
  return `e.${name} AS ${name}_`
}

/** Converts a row of ClickHouse to the canonical event's JSON. */
export function eventOf(row: Readonly<Record<string, unknown>>): EventRow {
  const event: Record<string, unknown> = {}
  for (const field of FIELDS as readonly Field[]) {
    const value = valueOf(field, row)
    if (value !== null) event[field.name] = value
    else if (field.core) event[field.name] = null
  }
  return event
}

function valueOf(field: Field, row: Readonly<Record<string, unknown>>): unknown {
  const raw = row[`${field.name}_`]
  switch (field.type) {
    case 'id16':
    case 'id8':
      return typeof raw !== 'string' || /^0*$/.test(raw) ? null : raw
    case 'time':
      return typeof raw !== 'string' || raw === '' ? null : timeText(BigInt(raw))
    case 'json':
      return typeof raw === 'string' ? parsed(raw) : null
    case 'strings':
      return Array.isArray(raw) && raw.length > 0 ? raw : null
    case 'map':
      // `metadata` is present and empty when no event of the project has any.
      return field.name === 'attributes' ? attributesOf(row) : (raw ?? {})
    default:
      return raw ?? null
  }
}

/** RFC 3339 with all nine digits: a number of JSON would lose the last ones in most clients. */
export function timeText(ns: bigint): string {
  const ms = Number(ns / 1_000_000n)
  const digits = String(ns % 1_000_000_000n).padStart(9, '0')
  return `${new Date(ms).toISOString().slice(0, 19)}.${digits}Z`
}

function attributesOf(row: Readonly<Record<string, unknown>>): Record<string, unknown> | null {
  const texts = (row['attributes_'] ?? {}) as Record<string, string>
  const literals = Object.entries((row['attributes_json_'] ?? {}) as Record<string, string>)
  const all = { ...texts, ...Object.fromEntries(literals.map(([k, v]) => [k, parsed(v)])) }
  return Object.keys(all).length === 0 ? null : all
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The text is not JSON after all and is shown unchanged.
    return text
  }
}
