// Revises stored events after another report of the same call has arrived: another event counts now, or a container counts
// less. The
// row is read from the table and inserted again with the new counts and a higher version; the table keeps the row with the
// highest
// version of each key. A missing row is not created, and repeating a revision inserts an equal row.

import type { RevisedEvent, RevisedEvents } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { N, numberIndex, R, rangeIndex } from '../../core/fields.ts'
import { REVISED_FIELDS, type RevisedField } from '../../core/reports/revised-fields.ts'
import type { EncodedPart } from '../../core/task.ts'
import { EVENT_COLUMNS } from './columns.ts'

export const REVISIONS_STREAM = 'revisions'

/** One revision, which is one line of a part. */
interface RevisionLine {
  readonly tenant: string
  readonly project: string
  /** Event id, 32 hex digits. */
  readonly event: string
  /** Start of the hour in which the event began, in seconds. It is part of the table's sorting key. */
  readonly hour: number
  readonly revision: number
  readonly set: Readonly<Record<RevisedField, number | string | null>>
}

export function revisionLines({ events, items }: RevisedEvents): string {
  return items.map((item) => `${JSON.stringify(lineOf(events, item))}\n`).join('')
}

function lineOf(events: EventTable, { after, revision, receivedAtMs }: RevisedEvent): RevisionLine {
  return {
    tenant: events.text(after, R.tenant_id) ?? '',
    project: events.text(after, R.project_id) ?? '',
    event: events.hex(after, R.event_id) ?? '',
    hour: hourOf(events, after, receivedAtMs),
    revision,
    set: Object.fromEntries(
      REVISED_FIELDS.map((name) => [name, valueOf(events, after, name)]),
    ) as RevisionLine['set'],
  }
}

function valueOf(events: EventTable, event: number, name: RevisedField): number | string | null {
  if (name === 'usage_duplicate_of') return events.hex(event, R.usage_duplicate_of)
  if (name === 'usage_aggregate') return events.num(event, N.usage_aggregate) > 0 ? 1 : 0
  const number = numberIndex(name)
  if (number < 0) return events.text(event, rangeIndex(name))
  const n = events.num(event, number)
  return Number.isFinite(n) ? n : null
}

const LATEST_S = 4_294_967_295

/** Computed like in `encode.ts`: from the start, or else the end, or else the time of receipt. */
function hourOf(events: EventTable, event: number, receivedAtMs: number): number {
  const start = events.timeMs(event, R.start_time)
  const end = events.timeMs(event, R.end_time)
  const ms = Number.isNaN(start) ? (Number.isNaN(end) ? receivedAtMs : end) : start
  const seconds = Math.min(LATEST_S, Math.floor(ms / 1000))
  return seconds - (seconds % 3600)
}

/**
 * The statements that apply the revisions in `parts`, one for each project. Of several revisions of an event the last one is
 * applied.
 */
export function revisionStatements(parts: readonly EncodedPart[]): readonly string[] {
  const projects = new Map<string, Map<string, RevisionLine>>()
  for (const part of parts)
    for (const line of linesOf(part)) {
      const key = `${line.tenant}\n${line.project}`
      const known = projects.get(key) ?? new Map<string, RevisionLine>()
      projects.set(key, known.set(line.event, line))
    }
  return [...projects.values()].map((lines) => statementOf([...lines.values()]))
}

function linesOf(part: EncodedPart): RevisionLine[] {
  const { buffer, byteOffset, length } = part.bytes
  const text = Buffer.from(buffer, byteOffset, length).toString('utf8')
  // The type is right: `revisionLines` wrote the lines, and a checksum has protected them since.
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RevisionLine)
}

/** Types of the columns without codec and LowCardinality, which matter only for storage. */
const TYPES: ReadonlyMap<string, string> = new Map(
  EVENT_COLUMNS.map((c) => [
    c.name,
    c.type.replace(/ CODEC\(.*$/, '').replace(/LowCardinality\(((?:[^()]|\([^()]*\))*)\)/, '$1'),
  ]),
)
const typeOf = (name: RevisedField): string => TYPES.get(name) as string
const isRevised = (name: string): name is RevisedField =>
  REVISED_FIELDS.some((field) => field === name)

/** Higher than the version of every row about which nothing was decided. The number of the revision is added to it. */
const VERSIONS_FROM = 2n ** 64n - 2n ** 20n

function statementOf(lines: readonly RevisionLine[]): string {
  const [first] = lines as [RevisionLine, ...RevisionLine[]]
  const ids = lines.map((l) => `unhex('${l.event}')`).join(', ')
  const hours = [...new Set(lines.map((l) => `toDateTime(${l.hour}, 'UTC')`))].join(', ')
  const types = [
    'id FixedString(16)',
    'v UInt64',
    ...REVISED_FIELDS.map((name) => `${name} ${typeOf(name)}`),
  ]
  const rows = lines.map(
    (l) =>
      `(${[`unhex('${l.event}')`, `toUInt64('${versionOf(l.revision)}')`, ...REVISED_FIELDS.map((name) => literal(name, l.set[name]))].join(', ')})`,
  )
  const columns = EVENT_COLUMNS.map(({ name }) =>
    name === 'version' ? 'r.v' : isRevised(name) ? `r.${name}` : `e.${name}`,
  )
  return `INSERT INTO canonical_events (${EVENT_COLUMNS.map((c) => c.name).join(', ')})
SELECT ${columns.join(', ')}
FROM (SELECT * FROM canonical_events
  WHERE tenant_id = ${quoted(first.tenant)} AND project_id = ${quoted(first.project)}
    AND toStartOfHour(start_time) IN (${hours}) AND event_id IN (${ids})
  ORDER BY version DESC LIMIT 1 BY event_id) AS e
INNER JOIN (SELECT * FROM values(${quoted(types.join(', '))}, ${rows.join(', ')})) AS r ON e.event_id = r.id`
}

/** The version of a row about which something was decided from `known` reports. */
export function versionOf(known: number): bigint {
  return VERSIONS_FROM + BigInt(Math.min(known, 0xf_ffff))
}

function literal(name: RevisedField, value: number | string | null): string {
  const type = typeOf(name)
  if (type.startsWith('Array')) return value === null ? '[]' : arrayOf(String(value))
  if (value === null) return 'NULL'
  if (name === 'usage_duplicate_of') return `unhex('${value}')`
  if (type.includes('Bool')) return value === 0 ? 'false' : 'true'
  return typeof value === 'number' ? String(value) : quoted(value)
}

function arrayOf(json: string): string {
  // The JSON was written by this program and is an array of strings.
  return `[${(JSON.parse(json) as string[]).map(quoted).join(', ')}]`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
