// Converts OTLP/JSON to OTLP/protobuf in one pass over the bytes, by the tables of `schema.ts`. The protobuf indexer
// does the rest, so both encodings have the same meaning. It is as strict as the protobuf JSON mapping: names of enum
// values, wrong types and numbers out of range are refused, unknown names are skipped.

import type { TelemetryKind } from '../../core/task.ts'
import { ByteWriter } from '../byte-writer.ts'
import { parseInteger } from '../json/numbers.ts'
import { hexDigit, JSON_DEPTH_MAX, JsonScanner, unescape } from '../json/scan.ts'
import type { DecodeLimits } from '../limits.ts'
import { malformed, tooLarge } from '../refusal.ts'
import { type FieldSpec, type MessageSpec, messageSpec, wireTypeOf } from './schema.ts'

const ROOTS: Readonly<Record<TelemetryKind, MessageSpec>> = {
  traces: messageSpec('ExportTraceServiceRequest'),
  logs: messageSpec('ExportLogsServiceRequest'),
  metrics: messageSpec('ExportMetricsServiceRequest'),
}
/** The output buffer is kept between requests if it is not larger than this. */
const KEEP_BYTES_MAX = 4 * 1024 * 1024
let kept = new ByteWriter(64 * 1024)

export interface ConvertedRequest {
  /** A view that is valid until the next call. */
  readonly bytes: Uint8Array
  /** How many names OTLP does not know. They were skipped, as the specification demands. */
  readonly unknownNames: number
}

/** Returns the request as protobuf bytes. Throws a `Refusal`. */
export function convertOtlpJson(
  body: Uint8Array,
  telemetry: TelemetryKind,
  limits: DecodeLimits,
): ConvertedRequest {
  if (kept.bytes.length > KEEP_BYTES_MAX) kept = new ByteWriter(64 * 1024)
  kept.reset()
  const converter = new Converter(body, kept, limits)
  converter.document(ROOTS[telemetry])
  return { bytes: kept.written(), unknownNames: converter.unknownNames }
}

/**
 * False when a body that came to an OTLP path is the single object of the oldest Observa client: it has a top-level
 * `traceId` and no `resourceSpans`. Anything else, also what is not JSON, is left to the OTLP decoder.
 */
export function looksLikeOtlpJson(bytes: Uint8Array): boolean {
  const s = new JsonScanner(bytes)
  try {
    s.skipMark()
    if (s.peek() !== 0x7b) return true
    let hasTraceId = false
    for (let more = s.open(0x7d); more; more = s.next(0x7d)) {
      s.string()
      const name = Buffer.from(bytes.buffer, bytes.byteOffset + s.strOff, s.strLen).toString(
        'latin1',
      )
      if (name.startsWith('resource')) return true
      if (name === 'traceId') hasTraceId = true
      s.expect(0x3a)
      s.skip()
    }
    return !hasTraceId
  } catch {
    // The body is not JSON, which the decoder reports.
    return true
  }
}

class Converter {
  readonly #s: JsonScanner
  /** The same body as a Buffer, which is faster to slice. */
  readonly #buf: Buffer
  readonly #out: ByteWriter
  readonly #limits: DecodeLimits
  readonly #path: string[] = []
  /** The start and end in the output of each slot of the messages in progress. -1 means absent. */
  #slots = new Int32Array(1024)
  #slotTop = 0
  #plain = new Uint8Array(4096)
  #elements = 0
  unknownNames = 0

  constructor(body: Uint8Array, out: ByteWriter, limits: DecodeLimits) {
    this.#s = new JsonScanner(body)
    this.#buf = Buffer.from(body.buffer, body.byteOffset, body.length)
    this.#out = out
    this.#limits = limits
  }

  document(root: MessageSpec): void {
    const s = this.#s
    s.skipMark()
    if (s.peek() !== 0x7b) throw malformed('The body is not a JSON object.')
    this.#message(root, 0)
    if (!s.isAtEnd()) s.fail('bytes after the document')
  }

  /** Reads an object as the fields of `spec`. The last of two equal names is used, as in JSON.parse. */
  #message(spec: MessageSpec, depth: number): void {
    const s = this.#s
    if (s.peek() !== 0x7b) this.#wrong('an object')
    if (depth > JSON_DEPTH_MAX) throw malformed('The JSON is nested too deep.')
    const slots = this.#openSlots(spec.slots * 2)
    for (let more = s.open(0x7d); more; more = s.next(0x7d)) {
      const field = this.#name(spec)
      s.expect(0x3a)
      if (field === undefined) {
        this.unknownNames++
        s.skip(depth)
      } else this.#field(field, slots + field.slot * 2, slots, depth)
    }
    this.#slotTop = slots
  }

  #openSlots(n: number): number {
    const first = this.#slotTop
    this.#slotTop = first + n
    if (this.#slotTop > this.#slots.length) {
      const bigger = new Int32Array(this.#slots.length * 2)
      bigger.set(this.#slots)
      this.#slots = bigger
    }
    this.#slots.fill(-1, first, this.#slotTop)
    return first
  }

  /** Reads a name and finds its field without creating a string. */
  #name(spec: MessageSpec): FieldSpec | undefined {
    const s = this.#s
    s.string()
    if (s.hasEscapes) {
      const plain = Buffer.alloc(s.strLen)
      const len = unescape(plain, 0, s.b, s.strOff, s.strLen)
      return spec.byName.get(plain.latin1Slice(0, len))
    }
    const candidates = spec.byLength[s.strLen]
    if (candidates === undefined) return undefined
    for (let i = 0; i < candidates.length; i++) {
      const field = candidates[i] as FieldSpec
      if (isName(s.b, s.strOff, field.name)) return field
    }
    return undefined
  }

  #field(field: FieldSpec, slot: number, firstSlot: number, depth: number): void {
    const isNull = this.#s.peek() === 0x6e
    // A null member of a oneof says nothing about the other members.
    if ((this.#slots[slot] as number) >= 0 && !(isNull && field.slot === 0))
      this.#forget(slot, firstSlot)
    if (isNull) return this.#s.word('null')
    this.#path.push(field.name)
    const start = this.#out.pos
    if (field.isRepeated) this.#repeated(field, depth)
    else this.#value(field, depth)
    this.#slots[slot] = start
    this.#slots[slot + 1] = this.#out.pos
    this.#path.pop()
  }

  /** Removes from the output what a slot wrote before. */
  #forget(slot: number, firstSlot: number): void {
    const slots = this.#slots
    const start = slots[slot] as number
    const end = slots[slot + 1] as number
    this.#out.bytes.copyWithin(start, end, this.#out.pos)
    this.#out.pos -= end - start
    slots[slot] = -1
    for (let i = firstSlot; i < this.#slotTop; i += 2) {
      if ((slots[i] as number) < end) continue
      slots[i] = (slots[i] as number) - (end - start)
      slots[i + 1] = (slots[i + 1] as number) - (end - start)
    }
  }

  #repeated(field: FieldSpec, depth: number): void {
    const s = this.#s
    if (s.peek() !== 0x5b) this.#wrong('an array')
    const isPacked = field.type !== 'message' && field.type !== 'string'
    const mark = isPacked ? this.#out.begin(field.number) : 0
    for (let more = s.open(0x5d); more; more = s.next(0x5d)) {
      // Ten million empty objects are 30 MB of JSON. This stops before they become 20 MB of protobuf.
      if (++this.#elements > this.#limits.rowsMax + this.#limits.valuesMax)
        throw tooLarge('The request has too many elements.')
      if (isPacked) this.#scalar(field)
      else this.#value(field, depth)
    }
    if (isPacked) this.#out.end(mark)
  }

  /** Writes the tag and value of one field. */
  #value(field: FieldSpec, depth: number): void {
    const out = this.#out
    if (field.message !== null) {
      if (this.#s.peek() !== 0x7b) this.#wrong('an object')
      const mark = out.begin(field.number)
      this.#message(field.message, depth + 1)
      return out.end(mark)
    }
    out.tag(field.number, wireTypeOf(field))
    this.#scalar(field)
  }

  #scalar(field: FieldSpec): void {
    const out = this.#out
    switch (field.type) {
      case 'string':
        return this.#string()
      case 'bytes':
        return this.#base64()
      case 'id':
        return this.#id()
      case 'bool':
        return this.#bool()
      case 'double':
        return out.f64(this.#double())
      case 'enum':
        if (this.#s.peek() === 0x22) this.#wrong('an integer; names of enum values are not used')
        return out.varintI32(Number(this.#integer(-0x8000_0000n, 0x7fff_ffffn)))
      case 'uint32':
        return out.varint(Number(this.#integer(0n, 0xffff_ffffn)))
      case 'fixed32':
        return out.u32(Number(this.#integer(0n, 0xffff_ffffn)))
      case 'sint32': {
        const v = Number(this.#integer(-0x8000_0000n, 0x7fff_ffffn))
        return out.varint(((v << 1) ^ (v >> 31)) >>> 0)
      }
      case 'int64':
      case 'sfixed64':
        return this.#int64(field, this.#integer(-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn))
      default:
        return this.#int64(field, this.#integer(0n, 0xffff_ffff_ffff_ffffn))
    }
  }

  #int64(field: FieldSpec, value: bigint): void {
    const out = this.#out
    const isFixed = field.type === 'fixed64' || field.type === 'sfixed64'
    if (isFixed) {
      out.ensure(8)
      out.view.setBigUint64(out.pos, BigInt.asUintN(64, value), true)
      out.pos += 8
      return
    }
    if (value >= 0n && value < 0x20_0000_0000_0000n) return out.varint(Number(value))
    eightView.setBigUint64(0, BigInt.asUintN(64, value), true)
    out.varint64At(eight, 0)
  }

  /** Reads a 64-bit integer, exactly, from a number or a string. */
  #integer(min: bigint, max: bigint): bigint {
    if (this.#s.peek() === 0x7b) return this.#long(min < 0n)
    const text = this.#numberText()
    const value = parseInteger(text)
    if (value === null) return this.#wrong('an integer')
    if (value < min || value > max) this.#wrong(`between ${min} and ${max}`)
    return value
  }

  /**
   * Reads `{"low": -1, "high": 0, "unsigned": true}`. Exporters of older JavaScript SDKs write their Long objects in
   * this form.
   */
  #long(isSigned: boolean): bigint {
    const s = this.#s
    let low: bigint | null = null
    let high: bigint | null = null
    for (let more = s.open(0x7d); more; more = s.next(0x7d)) {
      s.string()
      const name = this.#latin1(s.strOff, s.strLen)
      s.expect(0x3a)
      if (name === 'low') low = parseInteger(this.#numberText())
      else if (name === 'high') high = parseInteger(this.#numberText())
      else s.skip(JSON_DEPTH_MAX)
    }
    if (low === null || high === null) return this.#wrong('an integer')
    const bits = (BigInt.asUintN(32, high) << 32n) | BigInt.asUintN(32, low)
    return isSigned ? BigInt.asIntN(64, bits) : bits
  }

  /**
   * `1e400` is too large for a double and becomes Infinity, as in JSON.parse, because it is no reason to lose the
   * batch.
   */
  #double(): number {
    const text = this.#numberText()
    if (text === 'NaN') return Number.NaN
    if (text === 'Infinity') return Number.POSITIVE_INFINITY
    if (text === '-Infinity') return Number.NEGATIVE_INFINITY
    return /^-?\d/.test(text) && !Number.isNaN(Number(text))
      ? Number(text)
      : this.#wrong('a number')
  }

  #numberText(): string {
    const s = this.#s
    const c = s.peek()
    if (c === 0x22) {
      s.string()
      return this.#latin1(s.strOff, s.strLen)
    }
    if (c !== 0x2d && (c < 0x30 || c > 0x39)) this.#wrong('a number')
    const start = s.number()
    return this.#latin1(start, s.p - start)
  }

  #latin1(off: number, len: number): string {
    return this.#buf.latin1Slice(off, off + len)
  }

  #bool(): void {
    const s = this.#s
    const c = s.peek()
    if (c !== 0x74 && c !== 0x66) this.#wrong('true or false')
    s.word(c === 0x74 ? 'true' : 'false')
    this.#out.u8(c === 0x74 ? 1 : 0)
  }

  #string(): void {
    const s = this.#s
    if (s.peek() !== 0x22) this.#wrong('a string')
    s.string()
    if (!s.hasEscapes) return this.#out.string(s.b, s.strOff, s.strLen)
    // GenAI spans have many long texts with escapes, so their buffer is reused.
    if (this.#plain.length < s.strLen) this.#plain = new Uint8Array(s.strLen * 2)
    const len = unescape(this.#plain, 0, s.b, s.strOff, s.strLen)
    this.#out.string(this.#plain, 0, len)
  }

  /**
   * Reads hex digits in upper or lower case. Anything else becomes one zero byte, which has a wrong length, so that
   * only this item is refused.
   */
  #id(): void {
    const s = this.#s
    if (s.peek() !== 0x22) this.#wrong('a string of hex digits')
    s.string()
    const out = this.#out
    const size = s.strLen >> 1
    if (s.strLen % 2 !== 0 || s.strLen > 64 || !isHex(s.b, s.strOff, s.strLen)) {
      out.varint(1)
      return out.u8(0)
    }
    out.varint(size)
    for (let i = 0; i < size; i++) {
      const at = s.strOff + i * 2
      out.u8(hexDigit(s.b[at] as number) * 16 + hexDigit(s.b[at + 1] as number))
    }
  }

  /** Reads base64 in the standard or URL-safe alphabet, with or without padding. */
  #base64(): void {
    const s = this.#s
    if (s.peek() !== 0x22) this.#wrong('base64')
    s.string()
    const text = this.#latin1(s.strOff, s.strLen)
    const digits = text.replace(/\\\//g, '/').replace(/={1,2}$/, '')
    if (!/^[\w+/-]*$/.test(digits) || digits.length % 4 === 1) this.#wrong('base64')
    const bytes = Buffer.from(digits, 'base64')
    this.#out.string(bytes, 0, bytes.length)
  }

  #wrong(expected: string): never {
    const path = this.#path.join('.')
    throw malformed(`${path === '' ? 'The document' : path} must be ${expected}.`, path)
  }
}

const eight = new Uint8Array(8)
const eightView = new DataView(eight.buffer)

function isHex(b: Uint8Array, off: number, len: number): boolean {
  for (let i = off; i < off + len; i++) if (hexDigit(b[i] as number) < 0) return false
  return true
}

function isName(b: Uint8Array, off: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (b[off + i] !== name.charCodeAt(i)) return false
  return true
}
