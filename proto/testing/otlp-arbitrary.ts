// Random OTLP requests for property tests: as plain objects for protobufjs, and the same as OTLP/JSON.

import fc from 'fast-check'

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('', 'gen_ai.system', 'é', '\u{1F600}', 'a"b\\c\n\t\u0001'),
)
const time = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }).map(String)
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const id = (size: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: size, maxLength: size }).filter((b) => b.some((x) => x !== 0))
const int64 = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -300n, max: 300n }),
  )
  .map(String)

const { value } = fc.letrec<{ value: object; values: object[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    int64.map((intValue) => ({ intValue })),
    fc.double().map((doubleValue) => ({ doubleValue })),
    fc.uint8Array({ maxLength: 20 }).map((bytesValue) => ({ bytesValue })),
    fc.constant({}),
    tie('values').map((values) => ({ arrayValue: { values } })),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }).map((pairs) => ({
      kvlistValue: { values: pairs.map(([key, own]) => ({ key, value: own })) },
    })),
  ),
  values: fc.array(tie('value'), { maxLength: 3 }),
}))

const attributes = fc.array(
  fc.oneof(
    fc.record({ key: text, value }),
    text.map((key) => ({ key })),
  ),
  { maxLength: 6 },
)

const event = fc.record(
  { timeUnixNano: time, name: text, attributes, droppedAttributesCount: uint32 },
  { requiredKeys: [] },
)
const link = fc.record(
  {
    traceId: id(16),
    spanId: id(8),
    traceState: text,
    attributes,
    droppedAttributesCount: uint32,
    flags: uint32,
  },
  { requiredKeys: ['traceId', 'spanId'] },
)
const span = fc.record(
  {
    traceId: id(16),
    spanId: id(8),
    traceState: text,
    parentSpanId: id(8),
    name: text,
    kind: fc.integer({ min: -5, max: 100 }),
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    attributes,
    droppedAttributesCount: uint32,
    events: fc.array(event, { maxLength: 3 }),
    droppedEventsCount: uint32,
    links: fc.array(link, { maxLength: 2 }),
    droppedLinksCount: uint32,
    status: fc.record({ message: text, code: fc.integer({ min: 1, max: 9 }) }),
    flags: uint32,
  },
  { requiredKeys: ['traceId', 'spanId'] },
)
const log = fc.record(
  {
    timeUnixNano: time,
    severityNumber: fc.integer({ min: 0, max: 24 }),
    severityText: text,
    body: value,
    attributes,
    droppedAttributesCount: uint32,
    flags: uint32,
    traceId: id(16),
    spanId: id(8),
    observedTimeUnixNano: time,
    eventName: text,
  },
  { requiredKeys: [] },
)
const resource = fc.record({ attributes, droppedAttributesCount: uint32 }, { requiredKeys: [] })
const scope = fc.record(
  { name: text, version: text, attributes, droppedAttributesCount: uint32 },
  { requiredKeys: [] },
)

function request(
  outer: string,
  inner: string,
  items: string,
  item: fc.Arbitrary<object>,
): fc.Arbitrary<object> {
  const scoped = fc.record(
    { scope, [items]: fc.array(item, { minLength: 1, maxLength: 3 }), schemaUrl: text },
    { requiredKeys: [items] },
  )
  const resources = fc.record(
    { resource, [inner]: fc.array(scoped, { minLength: 1, maxLength: 2 }), schemaUrl: text },
    { requiredKeys: [inner] },
  )
  return fc.record({ [outer]: fc.array(resources, { maxLength: 2 }) })
}

/** Requests whose items are all acceptable. No resource or scope is empty. */
export const tracesRequest = request('resourceSpans', 'scopeSpans', 'spans', span)
export const logsRequest = request('resourceLogs', 'scopeLogs', 'logRecords', log)

/**
 * The same message in the JSON form of OTLP: ids in hex, bytes in base64, and numbers that JSON does not have as
 * strings.
 */
export function otlpJson(message: object): string {
  return JSON.stringify(message, function (this: Record<string, unknown>, key, shown: unknown) {
    const own = this[key]
    if (own instanceof Uint8Array)
      return Buffer.from(own).toString(key === 'bytesValue' ? 'base64' : 'hex')
    if (typeof own === 'number' && !Number.isFinite(own)) return String(own)
    return Object.is(own, -0) ? '-0' : shown
  })
}
