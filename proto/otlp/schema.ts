// The OTLP messages as tables: field names and numbers of opentelemetry-proto 1.11. They are for code that reads
// messages by definition (the JSON form, metrics). The hot path has its own code.

import { FIXED32, FIXED64, LEN, VARINT } from './wire.ts'

/** Scalar types. A message field names its message instead. `id` is bytes, which JSON writes as hex. */
export type Scalar =
  | 'string'
  | 'bytes'
  | 'id'
  | 'bool'
  | 'enum'
  | 'double'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'int64'
  | 'uint64'
  | 'uint32'
  | 'sint32'

export interface FieldSpec {
  readonly name: string
  readonly number: number
  readonly type: Scalar | 'message'
  /** The message of a field whose type is a message. */
  readonly message: MessageSpec | null
  readonly isRepeated: boolean
  /** All members of a oneof share a slot. Every other field has its own. */
  readonly slot: number
}

export interface MessageSpec {
  readonly name: string
  /** Fields by camelCase name and by the name in the .proto file, because parsers of protobuf JSON accept both. */
  readonly byName: Map<string, FieldSpec>
  /** The index is the length of the name in bytes, because few fields of a message have names of the same length. */
  readonly byLength: FieldSpec[][]
  /** The index is the field number. */
  readonly byNumber: (FieldSpec | undefined)[]
  slots: number
}

/** `name number type`. `*` after the type means repeated, `|` before the name a member of the message's oneof. */
const DEFINITIONS: Readonly<Record<string, string>> = {
  ExportTraceServiceRequest: 'resourceSpans 1 ResourceSpans*',
  ResourceSpans: 'resource 1 Resource; scopeSpans 2 ScopeSpans*; schemaUrl 3 string',
  ScopeSpans: 'scope 1 InstrumentationScope; spans 2 Span*; schemaUrl 3 string',
  Span: `traceId 1 id; spanId 2 id; traceState 3 string; parentSpanId 4 id; name 5 string; kind 6 enum;
    startTimeUnixNano 7 fixed64; endTimeUnixNano 8 fixed64; attributes 9 KeyValue*; droppedAttributesCount 10 uint32;
    events 11 Event*; droppedEventsCount 12 uint32; links 13 Link*; droppedLinksCount 14 uint32; status 15 Status;
    flags 16 fixed32`,
  Event:
    'timeUnixNano 1 fixed64; name 2 string; attributes 3 KeyValue*; droppedAttributesCount 4 uint32',
  Link: `traceId 1 id; spanId 2 id; traceState 3 string; attributes 4 KeyValue*; droppedAttributesCount 5 uint32;
    flags 6 fixed32`,
  Status: 'message 2 string; code 3 enum',

  ExportLogsServiceRequest: 'resourceLogs 1 ResourceLogs*',
  ResourceLogs: 'resource 1 Resource; scopeLogs 2 ScopeLogs*; schemaUrl 3 string',
  ScopeLogs: 'scope 1 InstrumentationScope; logRecords 2 LogRecord*; schemaUrl 3 string',
  LogRecord: `timeUnixNano 1 fixed64; severityNumber 2 enum; severityText 3 string; body 5 AnyValue;
    attributes 6 KeyValue*; droppedAttributesCount 7 uint32; flags 8 fixed32; traceId 9 id; spanId 10 id;
    observedTimeUnixNano 11 fixed64; eventName 12 string`,

  ExportMetricsServiceRequest: 'resourceMetrics 1 ResourceMetrics*',
  ResourceMetrics: 'resource 1 Resource; scopeMetrics 2 ScopeMetrics*; schemaUrl 3 string',
  ScopeMetrics: 'scope 1 InstrumentationScope; metrics 2 Metric*; schemaUrl 3 string',
  Metric: `name 1 string; description 2 string; unit 3 string; |gauge 5 Gauge; |sum 7 Sum; |histogram 9 Histogram;
    |exponentialHistogram 10 ExponentialHistogram; |summary 11 Summary; metadata 12 KeyValue*`,
  Gauge: 'dataPoints 1 NumberDataPoint*',
  Sum: 'dataPoints 1 NumberDataPoint*; aggregationTemporality 2 enum; isMonotonic 3 bool',
  Histogram: 'dataPoints 1 HistogramDataPoint*; aggregationTemporality 2 enum',
  ExponentialHistogram:
    'dataPoints 1 ExponentialHistogramDataPoint*; aggregationTemporality 2 enum',
  Summary: 'dataPoints 1 SummaryDataPoint*',
  NumberDataPoint: `startTimeUnixNano 2 fixed64; timeUnixNano 3 fixed64; |asDouble 4 double; exemplars 5 Exemplar*;
    |asInt 6 sfixed64; attributes 7 KeyValue*; flags 8 uint32`,
  HistogramDataPoint: `startTimeUnixNano 2 fixed64; timeUnixNano 3 fixed64; count 4 fixed64; sum 5 double;
    bucketCounts 6 fixed64*; explicitBounds 7 double*; exemplars 8 Exemplar*; attributes 9 KeyValue*; flags 10 uint32;
    min 11 double; max 12 double`,
  ExponentialHistogramDataPoint: `attributes 1 KeyValue*; startTimeUnixNano 2 fixed64; timeUnixNano 3 fixed64;
    count 4 fixed64; sum 5 double; scale 6 sint32; zeroCount 7 fixed64; positive 8 Buckets; negative 9 Buckets;
    flags 10 uint32; exemplars 11 Exemplar*; min 12 double; max 13 double; zeroThreshold 14 double`,
  Buckets: 'offset 1 sint32; bucketCounts 2 uint64*',
  SummaryDataPoint: `startTimeUnixNano 2 fixed64; timeUnixNano 3 fixed64; count 4 fixed64; sum 5 double;
    quantileValues 6 ValueAtQuantile*; attributes 7 KeyValue*; flags 8 uint32`,
  ValueAtQuantile: 'quantile 1 double; value 2 double',
  Exemplar: `timeUnixNano 2 fixed64; |asDouble 3 double; spanId 4 id; traceId 5 id; |asInt 6 sfixed64;
    filteredAttributes 7 KeyValue*`,

  Resource: 'attributes 1 KeyValue*; droppedAttributesCount 2 uint32; entityRefs 3 EntityRef*',
  EntityRef: 'schemaUrl 1 string; type 2 string; idKeys 3 string*; descriptionKeys 4 string*',
  InstrumentationScope:
    'name 1 string; version 2 string; attributes 3 KeyValue*; droppedAttributesCount 4 uint32',
  KeyValue: 'key 1 string; value 2 AnyValue',
  AnyValue: `|stringValue 1 string; |boolValue 2 bool; |intValue 3 int64; |doubleValue 4 double; |arrayValue 5 ArrayValue;
    |kvlistValue 6 KeyValueList; |bytesValue 7 bytes`,
  ArrayValue: 'values 1 AnyValue*',
  KeyValueList: 'values 1 KeyValue*',
}

const MESSAGES = buildMessages()

export function messageSpec(name: string): MessageSpec {
  const spec = MESSAGES.get(name)
  if (spec === undefined) throw new Error(`no OTLP message ${name}`)
  return spec
}

function buildMessages(): Map<string, MessageSpec> {
  const messages = new Map<string, MessageSpec>()
  for (const name of Object.keys(DEFINITIONS))
    messages.set(name, { name, byName: new Map(), byLength: [], byNumber: [], slots: 0 })
  for (const [name, text] of Object.entries(DEFINITIONS)) {
    const spec = messages.get(name) as MessageSpec
    for (const line of text.split(';')) addField(messages, spec, line.trim())
  }
  return messages
}

function addField(messages: Map<string, MessageSpec>, spec: MessageSpec, line: string): void {
  const [name = '', number = '', type = ''] = line.split(/\s+/)
  const isRepeated = type.endsWith('*')
  const typeName = isRepeated ? type.slice(0, -1) : type
  const message = messages.get(typeName) ?? null
  const isMember = name.startsWith('|')
  // Slot 0 is the oneof. No message here has two.
  if (spec.slots === 0) spec.slots = 1
  const field: FieldSpec = {
    name: isMember ? name.slice(1) : name,
    number: Number(number),
    type: message === null ? (typeName as Scalar) : 'message',
    message,
    isRepeated,
    slot: isMember ? 0 : spec.slots++,
  }
  spec.byNumber[field.number] = field
  addName(spec, field)
  const original = snakeCase(field.name)
  if (original !== field.name) addName(spec, { ...field, name: original })
}

function addName(spec: MessageSpec, field: FieldSpec): void {
  spec.byName.set(field.name, field)
  ;(spec.byLength[field.name.length] ??= []).push(field)
}

/** The name of the field in the .proto file. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** The wire type of a field. Repeated scalars may also be packed, with wire type `LEN`. */
export function wireTypeOf(field: FieldSpec): number {
  switch (field.type) {
    case 'string':
    case 'bytes':
    case 'id':
    case 'message':
      return LEN
    case 'double':
    case 'fixed64':
    case 'sfixed64':
      return FIXED64
    case 'fixed32':
      return FIXED32
    default:
      return VARINT
  }
}
