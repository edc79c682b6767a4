// The columns of `canonical_events`, `signals` and `metric_points`: which ClickHouse type each field of an event has, and
// how a row is laid out in RowBinary. The list of event columns is made from `core/fields.ts`; what a field
// needs beyond its general type stands in OVERRIDES. The SQL is in `storage/migrations/clickhouse`; a test
// holds the two together.

import { FIELDS, type Field, type FieldName, numberIndex, rangeIndex } from '../../core/fields.ts'

/** How one column of a row is written. The values are numbers because the row writer switches on them for every value. */
export const WRITE = {
  /** Nullable(String) or LowCardinality(Nullable(String)) */
  nullableText: 0,
  /** LowCardinality(String), '' for null */
  text: 1,
  /** FixedString(16), zeros for null */
  id16: 2,
  /** FixedString(8), zeros for null: an all-zero span id is invalid, so the two cannot be confused. */
  id8: 3,
  nullableId16: 4,
  nullableId8: 5,
  nullableTime: 6,
  nullableNumber: 7,
  nullableInt: 8,
  nullableBool: 9,
  bool: 10,
  strings: 11,
  metadata: 12,
  /** Attributes with string values and attributes with JSON values are separate maps, so that "1" and 1 stay different. */
  attributesText: 13,
  attributesJson: 14,
  /** start_time, never null: it is part of the sorting key */
  startTime: 15,
  startTimeKnown: 16,
  receivedAt: 17,
  version: 18,
} as const

export interface Column {
  readonly name: string
  /** ClickHouse type and codec, as in CREATE TABLE. */
  readonly type: string
  readonly write: number
  /** Index into the event's range fields or number fields; -1 where `write` alone determines the value. */
  readonly index: number
}

const ZSTD = 'CODEC(ZSTD(1))'
const WORD = 'LowCardinality(Nullable(String))'
const TEXT = `Nullable(String) ${ZSTD}`
const TIME = 'CODEC(Delta(8), ZSTD(1))'

interface Shape {
  readonly type: string
  readonly write: number
}

const GENERAL: Readonly<Record<Field['type'], Shape | null>> = {
  text: { type: TEXT, write: WRITE.nullableText },
  json: { type: TEXT, write: WRITE.nullableText },
  strings: { type: `Array(LowCardinality(String)) ${ZSTD}`, write: WRITE.strings },
  // Float64 rather than Decimal, because the JSON form, the API and the price tables hold doubles, so that the stored value
  // is bit for bit the same. A sum of 10^9 costs is off by less than 10^-6 of a cent.
  number: { type: `Nullable(Float64) ${ZSTD}`, write: WRITE.nullableNumber },
  int: { type: `Nullable(Int64) ${ZSTD}`, write: WRITE.nullableInt },
  bool: { type: 'Nullable(Bool)', write: WRITE.nullableBool },
  time: { type: `Nullable(DateTime64(9, 'UTC')) ${TIME}`, write: WRITE.nullableTime },
  id16: { type: `Nullable(FixedString(16)) ${ZSTD}`, write: WRITE.nullableId16 },
  id8: { type: 'Nullable(FixedString(8))', write: WRITE.nullableId8 },
  map: null,
}

const word: Shape = { type: WORD, write: WRITE.nullableText }

/** Fields with few distinct values, and fields of the sorting key. */
const OVERRIDES: Partial<Record<FieldName, Shape>> = {
  // Event ids are random bytes, which no codec can compress.
  event_id: { type: 'FixedString(16) CODEC(NONE)', write: WRITE.id16 },
  tenant_id: { type: 'LowCardinality(String)', write: WRITE.text },
  project_id: { type: 'LowCardinality(String)', write: WRITE.text },
  // Consecutive rows in the sorting order often have the same trace id, so it compresses well.
  trace_id: { type: `FixedString(16) ${ZSTD}`, write: WRITE.id16 },
  span_id: { type: 'FixedString(8) CODEC(NONE)', write: WRITE.id8 },
  start_time: { type: `DateTime64(9, 'UTC') ${TIME}`, write: WRITE.startTime },
  usage_aggregate: { type: 'Bool', write: WRITE.bool },
  // biome-ignore format: a list
  ...Object.fromEntries(
    ['environment', 'event_type', 'kind', 'operation', 'name', 'dialect', 'provider', 'request_model',
      'response_model', 'route', 'cost_source', 'price_ref', 'status', 'error_type', 'level', 'tool_name',
      'tool_type', 'agent_name', 'agent_version', 'workflow_name', 'prompt_name', 'prompt_version',
      'data_source_id', 'evaluation_name', 'evaluation_label', 'guardrail_name', 'mcp_method',
      'server_address', 'service_name', 'service_version', 'sdk_language', 'scope_name', 'scope_version',
    ].map((name) => [name, word]),
  ),
}

const MAP = `Map(LowCardinality(String), String) ${ZSTD}`

/** The columns that hold a map field, and columns that no event field has. */
const MAPS: Partial<Record<FieldName, readonly Column[]>> = {
  metadata: [{ name: 'metadata', type: MAP, write: WRITE.metadata, index: -1 }],
  attributes: [
    { name: 'attributes', type: MAP, write: WRITE.attributesText, index: -1 },
    { name: 'attributes_json', type: MAP, write: WRITE.attributesJson, index: -1 },
  ],
}

const OWN: readonly Column[] = [
  // False when the event has no start. The column `start_time` then holds its end or, without an end, the time of receipt.
  { name: 'start_time_known', type: 'Bool', write: WRITE.startTimeKnown, index: -1 },
  {
    name: 'received_at',
    type: `DateTime64(3, 'UTC') ${TIME}`,
    write: WRITE.receivedAt,
    index: -1,
  },
  // Decreases with time. ReplacingMergeTree keeps the row with the highest version, which is then the first report of an
  // event.
  { name: 'version', type: `UInt64 ${TIME}`, write: WRITE.version, index: -1 },
]

export const EVENT_COLUMNS: readonly Column[] = [
  ...(FIELDS as readonly Field[]).flatMap((field) => columnsOf(field)),
  ...OWN,
]

function columnsOf(field: Field): readonly Column[] {
  const name = field.name as FieldName
  const maps = MAPS[name]
  if (maps !== undefined) return maps
  const shape = OVERRIDES[name] ?? GENERAL[field.type]
  if (shape === null) throw new Error(`field ${name} has no ClickHouse type`)
  return [
    {
      name,
      type: shape.type,
      write: shape.write,
      index: Math.max(rangeIndex(name), numberIndex(name)),
    },
  ]
}

/** Columns of `signals`, in the order in which `encode.ts` writes them. */
export const SIGNAL_COLUMNS: readonly { readonly name: string; readonly type: string }[] = [
  { name: 'signal_id', type: 'FixedString(16) CODEC(NONE)' },
  { name: 'type', type: 'LowCardinality(String)' },
  { name: 'severity', type: 'LowCardinality(String)' },
  { name: 'tenant_id', type: 'LowCardinality(String)' },
  { name: 'project_id', type: 'LowCardinality(String)' },
  { name: 'trace_id', type: `FixedString(16) ${ZSTD}` },
  { name: 'span_id', type: 'FixedString(8) CODEC(NONE)' },
  { name: 'event_id', type: 'FixedString(16) CODEC(NONE)' },
  { name: 'at', type: `DateTime64(9, 'UTC') ${TIME}` },
  { name: 'value', type: `Nullable(Float64) ${ZSTD}` },
  { name: 'threshold', type: `Nullable(Float64) ${ZSTD}` },
  { name: 'evidence', type: `String ${ZSTD}` },
  { name: 'rule', type: 'LowCardinality(String)' },
]

/** Columns of `metric_points`, in the order in which `encode-metrics.ts` writes them. */
export const METRIC_COLUMNS: readonly { readonly name: string; readonly type: string }[] = [
  { name: 'tenant_id', type: 'LowCardinality(String)' },
  { name: 'project_id', type: 'LowCardinality(String)' },
  { name: 'environment', type: 'LowCardinality(String)' },
  { name: 'metric', type: 'LowCardinality(String)' },
  { name: 'type', type: 'LowCardinality(String)' },
  { name: 'unit', type: 'LowCardinality(String)' },
  { name: 'temporality', type: 'LowCardinality(String)' },
  { name: 'is_monotonic', type: 'Bool' },
  { name: 'scope_name', type: 'LowCardinality(String)' },
  { name: 'resource', type: MAP },
  { name: 'attributes', type: MAP },
  { name: 'series_id', type: `FixedString(16) ${ZSTD}` },
  { name: 'start_time', type: `DateTime64(9, 'UTC') ${TIME}` },
  { name: 'time', type: `DateTime64(9, 'UTC') ${TIME}` },
  { name: 'value', type: `Nullable(Float64) ${ZSTD}` },
  { name: 'count', type: `Nullable(Float64) ${ZSTD}` },
  { name: 'sum', type: `Nullable(Float64) ${ZSTD}` },
  { name: 'min', type: `Nullable(Float64) ${ZSTD}` },
  { name: 'max', type: `Nullable(Float64) ${ZSTD}` },
  { name: 'bounds', type: `Array(Float64) ${ZSTD}` },
  { name: 'buckets', type: `Array(Float64) ${ZSTD}` },
  { name: 'quantiles', type: `Array(Float64) ${ZSTD}` },
  { name: 'quantile_values', type: `Array(Float64) ${ZSTD}` },
  { name: 'received_at', type: `DateTime64(3, 'UTC') ${TIME}` },
]

/**
 * Row layouts by stream name. Rows can wait in the log across an upgrade, so every layout that was ever written must stay
 * known. When a field is added, new rows use a new stream (`events@2`), and the old stream gets an entry in EXTENDED with the
 * fields that it lacks. `columns.test.ts` fails when a layout changes under its name.
 */
export const EVENTS_STREAM = 'events@3'
export const SIGNALS_STREAM = 'signals'
export const METRICS_STREAM = 'metric_points'
const EXTENDED: readonly (readonly [stream: string, added: readonly FieldName[]])[] = [
  ['events', ['usage_remainder', 'usage_inconsistent', 'revision', 'field_sources']],
  ['events@2', ['cost_unpriced']],
]

export interface StreamLayout {
  readonly table: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

export const STREAMS: Readonly<Record<string, StreamLayout>> = {
  [EVENTS_STREAM]: { table: 'canonical_events', columns: EVENT_COLUMNS },
  [SIGNALS_STREAM]: { table: 'signals', columns: SIGNAL_COLUMNS },
  [METRICS_STREAM]: { table: 'metric_points', columns: METRIC_COLUMNS },
  ...Object.fromEntries(
    EXTENDED.map(([stream], i) => {
      const later: readonly string[] = EXTENDED.slice(i).flatMap(([, added]) => added)
      const columns = EVENT_COLUMNS.filter((c) => !later.includes(c.name))
      return [stream, { table: 'canonical_events', columns }]
    }),
  ),
}
