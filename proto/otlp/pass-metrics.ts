// Passes an ExportMetricsServiceRequest through. Metrics do not become rows, but every string in them must be shown
// to the scrubber. The message is read by its definition, every string is passed to `visit`, and new bytes are made
// only if something was changed.

import type { ContentEncoding, PayloadFormat, RequestVerdict } from '../../core/task.ts'
import { ByteWriter } from '../byte-writer.ts'
import { decompress } from '../decompress.ts'
import type { DecodeLimits } from '../limits.ts'
import { malformed, Refusal, tooLarge } from '../refusal.ts'
import { isValidUtf8 } from '../utf8.ts'
import { type ConvertedRequest, convertOtlpJson } from './json-to-protobuf.ts'
import { nothingFound } from './nothing-found.ts'
import { type FieldSpec, type MessageSpec, messageSpec, type Scalar } from './schema.ts'
import { FIXED32, FIXED64, LEN, VARINT, Wire } from './wire.ts'

/**
 * The kind of a string: text of the metric itself, an attribute key, or an attribute value (as text, bytes, or the
 * digits of a number).
 */
export type MetricText = 'text' | 'key' | 'value' | 'bytes' | 'number'

/**
 * Called for every string with the attribute key that it belongs to. The result replaces the string; null keeps it.
 */
export type VisitMetricText = (
  kind: MetricText,
  key: Uint8Array | null,
  value: Uint8Array,
  /** True when the message is read again in order to write it, so the string was shown before. */
  isAgain: boolean,
) => Uint8Array | null

export type MetricsOutcome =
  | {
      readonly kind: 'ok'
      /** Protobuf: a view that is valid until the next call, or the payload itself when nothing changed. */
      readonly bytes: Uint8Array
      readonly dataPoints: number
      /** Notes for the client although nothing was refused. */
      readonly reasons: readonly string[]
    }
  | Extract<RequestVerdict, { kind: 'refused' }>

const ROOT = messageSpec('ExportMetricsServiceRequest')
const KEY_VALUE = messageSpec('KeyValue')
const ANY_VALUE = messageSpec('AnyValue')
const LISTS = new Set([messageSpec('ArrayValue'), messageSpec('KeyValueList')])
const WIRE_TYPES: Readonly<Record<Scalar | 'message', number>> = {
  string: LEN,
  bytes: LEN,
  id: LEN,
  message: LEN,
  bool: VARINT,
  enum: VARINT,
  double: FIXED64,
  fixed32: FIXED32,
  fixed64: FIXED64,
  sfixed64: FIXED64,
  int64: VARINT,
  uint64: VARINT,
  uint32: VARINT,
  sint32: VARINT,
}

/** Decodes the message, shows every string to `visit`, and counts data points. Bad input never throws. */
export function scrubMetrics(
  request: Uint8Array,
  format: PayloadFormat,
  encoding: ContentEncoding,
  limits: DecodeLimits,
  visit: VisitMetricText,
): MetricsOutcome {
  try {
    const plain = decompress(request, encoding, limits.decodedBytesMax)
    const { bytes: body, unknownNames } = toProtobuf(plain, format, limits)
    const walker = new MetricsWalker(body, limits, visit)
    walker.message(ROOT, 0, body.length, null, null, 0)
    const { dataPoints } = walker
    const unknown = unknownNames + walker.unknownFields
    const reasons = dataPoints === 0 && unknown > 0 ? [nothingFound('metrics')] : []
    if (!walker.isChanged) return { kind: 'ok', bytes: body, dataPoints, reasons }
    const out = new ByteWriter(body.length + 1024)
    walker.message(ROOT, 0, body.length, null, out, 0)
    return { kind: 'ok', bytes: out.written(), dataPoints, reasons }
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown
    const { code, message, field } = thrown
    if (field === '') return { kind: 'refused', code, message }
    return { kind: 'refused', code, message, details: [{ field, message }] }
  }
}

function toProtobuf(
  body: Uint8Array,
  format: PayloadFormat,
  limits: DecodeLimits,
): ConvertedRequest {
  if (format === 'otlp-proto') return { bytes: body, unknownNames: 0 }
  if (format === 'otlp-json') return convertOtlpJson(body, 'metrics', limits)
  throw new Refusal('unsupported', 'Metrics are taken as OTLP protobuf or OTLP JSON only.')
}

class MetricsWalker extends Wire {
  dataPoints = 0
  /** Counted when the message is read the first time. */
  unknownFields = 0
  isChanged = false
  #messages = 0
  readonly #limits: DecodeLimits
  readonly #visit: VisitMetricText

  constructor(bytes: Uint8Array, limits: DecodeLimits, visit: VisitMetricText) {
    super(bytes)
    this.#limits = limits
    this.#visit = visit
  }

  /**
   * Reads a message, and writes it to `out` unless that is null. `key` is that of the surrounding KeyValue. `depth`
   * is the number of surrounding lists, because only lists can be nested without limit.
   */
  message(
    spec: MessageSpec,
    start: number,
    end: number,
    key: Uint8Array | null,
    out: ByteWriter | null,
    depth: number,
  ): void {
    if (out === null) this.#count(spec, depth)
    const ownKey = spec === KEY_VALUE ? this.#findKey(start, end) : key
    this.p = start
    while (this.p < end) {
      const from = this.p
      const tag = this.tag(end)
      const field = spec.byNumber[tag >>> 3]
      if (field === undefined) {
        // Nobody could inspect this field, so it is removed.
        this.isChanged = true
        if (out === null) this.unknownFields++
        this.skip(tag, end)
      } else if (WIRE_TYPES[field.type] === LEN) {
        this.expect(tag, LEN)
        const len = this.length(end)
        const stop = this.p + len
        this.#sized(field, this.p, stop, ownKey, out, depth)
        this.p = stop
      } else {
        const valueAt = this.p
        this.#scalar(field, tag, end)
        const text = spec === ANY_VALUE ? this.#number(field, valueAt, ownKey, out !== null) : null
        if (text === null) out?.copy(this.b, from, this.p - from)
        else {
          this.isChanged = true
          out?.fieldBytes(STRING_NUMBER, text, 0, text.length)
        }
      }
    }
  }

  #count(spec: MessageSpec, depth: number): void {
    const { depthMax, rowsMax, valuesMax } = this.#limits
    if (depth > depthMax) throw malformed(`Values are nested deeper than ${depthMax} levels.`)
    if (spec.name.endsWith('DataPoint')) this.dataPoints++
    if (this.dataPoints > rowsMax)
      throw tooLarge(`The request has more than ${rowsMax} data points.`)
    if (++this.#messages > rowsMax + valuesMax) throw tooLarge('The request has too many messages.')
  }

  #findKey(start: number, end: number): Uint8Array {
    let key = this.b.subarray(start, start)
    this.p = start
    while (this.p < end) {
      const tag = this.tag(end)
      if (tag !== 8 + LEN) {
        this.skip(tag, end)
        continue
      }
      const len = this.length(end)
      key = this.b.subarray(this.p, this.p + len)
      this.p += len
    }
    return key
  }

  #sized(
    field: FieldSpec,
    start: number,
    end: number,
    key: Uint8Array | null,
    out: ByteWriter | null,
    depth: number,
  ): void {
    if (field.message !== null) {
      const mark = out === null ? 0 : out.begin(field.number)
      const inner = LISTS.has(field.message) ? depth + 1 : depth
      this.message(field.message, start, end, key, out, inner)
      out?.end(mark)
    } else if (field.type === 'id') {
      if (isIdOf(field, end - start)) out?.fieldBytes(field.number, this.b, start, end - start)
      else this.isChanged = true
    } else this.#text(field, this.b.subarray(start, end), key, out)
  }

  #text(
    field: FieldSpec,
    received: Uint8Array,
    key: Uint8Array | null,
    out: ByteWriter | null,
  ): void {
    let text = received
    if (field.type === 'string' && !isValidUtf8(received, 0, received.length))
      text = Buffer.from(Buffer.from(received).toString('utf8'), 'utf8')
    const changed = this.#visit(kindOf(field), key, text, out !== null)
    if (changed !== null) text = changed
    if (text !== received) this.isChanged = true
    if (out !== null) out.fieldBytes(field.number, text, 0, text.length)
  }

  /** A whole number in an attribute may be private. Then a text replaces it. */
  #number(
    field: FieldSpec,
    at: number,
    key: Uint8Array | null,
    isAgain: boolean,
  ): Uint8Array | null {
    const digits =
      field === INT_FIELD
        ? varintText(this.b, at, this.p)
        : field === DOUBLE_FIELD
          ? wholeText(this.b, at)
          : null
    // Shorter numbers are private only if their name says so, and then they have at least nine digits.
    if (digits === null || digits.length < 9) return null
    return this.#visit('number', key, Buffer.from(digits, 'latin1'), isAgain)
  }

  /** Repeated numbers may be packed, whatever the definition says. */
  #scalar(field: FieldSpec, tag: number, end: number): void {
    const type = WIRE_TYPES[field.type]
    if (!field.isRepeated || (tag & 7) !== LEN) {
      this.expect(tag, type)
      return this.skip(tag, end)
    }
    const len = this.length(end)
    const stop = this.p + len
    while (this.p < stop) this.skip(type, stop)
  }
}

/**
 * True for an id of the right length, which need not be inspected. Bytes of another length are no id and are removed.
 */
function isIdOf(field: FieldSpec, length: number): boolean {
  return length === 0 || length === (field.name === 'traceId' ? 16 : 8)
}

const KEY_FIELD = KEY_VALUE.byName.get('key')
const STRING_FIELD = ANY_VALUE.byName.get('stringValue')
const BYTES_FIELD = ANY_VALUE.byName.get('bytesValue')

const INT_FIELD = ANY_VALUE.byName.get('intValue')
const DOUBLE_FIELD = ANY_VALUE.byName.get('doubleValue')
const STRING_NUMBER = STRING_FIELD?.number ?? 1

function varintText(b: Uint8Array, from: number, to: number): string {
  let value = 0n
  for (let i = from, shift = 0n; i < to; i++, shift += 7n)
    value |= BigInt((b[i] as number) & 127) << shift
  return BigInt.asIntN(64, value).toString()
}

function wholeText(b: Uint8Array, at: number): string | null {
  const v = new DataView(b.buffer, b.byteOffset + at, 8).getFloat64(0, true)
  return Number.isSafeInteger(v) ? String(v) : null
}

function kindOf(field: FieldSpec): MetricText {
  if (field === KEY_FIELD) return 'key'
  if (field === STRING_FIELD) return 'value'
  return field === BYTES_FIELD ? 'bytes' : 'text'
}
