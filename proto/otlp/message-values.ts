// Reads an OTLP message as plain values, by the tables of `schema.ts`. It is simple and slow, for messages that are
// rare. `eachMessage` gives the fields of a request one by one, so that only one message at a time takes memory.

import { malformed } from '../refusal.ts'
import { type FieldSpec, type MessageSpec, messageSpec, wireTypeOf } from './schema.ts'
import { FIXED32, LEN, VARINT, Wire } from './wire.ts'

export type PlainValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | PlainMessage
  | readonly PlainValue[]

/** Fields by name. An absent field reads as the default of its type. */
export class PlainMessage {
  readonly #fields: ReadonlyMap<string, PlainValue>

  constructor(fields: ReadonlyMap<string, PlainValue> = new Map()) {
    this.#fields = fields
  }

  /** The last field of a message that is one oneof, or null when none is set. */
  only(): readonly [name: string, value: PlainValue] | null {
    return [...this.#fields].at(-1) ?? null
  }

  text(name: string): string {
    const value = this.#fields.get(name)
    return typeof value === 'string' ? value : ''
  }

  /** Null when the field is absent. */
  number(name: string): number | null {
    const value = this.#fields.get(name)
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null
  }

  integer(name: string): bigint {
    const value = this.#fields.get(name)
    return typeof value === 'bigint' ? value : 0n
  }

  isTrue(name: string): boolean {
    return this.#fields.get(name) === true
  }

  message(name: string): PlainMessage {
    const value = this.#fields.get(name)
    return value instanceof PlainMessage ? value : EMPTY
  }

  messages(name: string): readonly PlainMessage[] {
    return this.#list(name).flatMap((value) => (value instanceof PlainMessage ? [value] : []))
  }

  numbers(name: string): readonly number[] {
    return this.#list(name).map(Number)
  }

  #list(name: string): readonly PlainValue[] {
    const value = this.#fields.get(name)
    return Array.isArray(value) ? value : []
  }
}

const EMPTY = new PlainMessage()

/** Reads the message in `bytes` without the fields `except`. Throws a `Refusal` if it is not a valid message. */
export function plainMessage(
  name: string,
  bytes: Uint8Array,
  except: readonly number[] = [],
): PlainMessage {
  return new MessageReader(bytes).message(messageSpec(name), bytes.length, except)
}

/** Calls `visit` with the number and the bytes of every field of type bytes, text or message. */
export function eachMessage(
  bytes: Uint8Array,
  visit: (field: number, content: Uint8Array) => void,
): void {
  new MessageReader(bytes).eachSized(visit)
}

const NONE: readonly number[] = []

class MessageReader extends Wire {
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    super(bytes)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  eachSized(visit: (field: number, content: Uint8Array) => void): void {
    const end = this.b.length
    while (this.p < end) {
      const tag = this.tag(end)
      if ((tag & 7) !== LEN) {
        this.skip(tag, end)
        continue
      }
      const len = this.length(end)
      const from = this.p
      this.p += len
      visit(tag >>> 3, this.b.subarray(from, from + len))
    }
  }

  message(spec: MessageSpec, end: number, except: readonly number[]): PlainMessage {
    const fields = new Map<string, PlainValue>()
    const lists = new Map<string, PlainValue[]>()
    while (this.p < end) {
      const tag = this.tag(end)
      const field = spec.byNumber[tag >>> 3]
      if (field === undefined || except.includes(field.number)) this.skip(tag, end)
      else if (!field.isRepeated) {
        // Of a repeated name the last is used, so it is moved to the end.
        fields.delete(field.name)
        fields.set(field.name, this.#value(field, tag & 7, end))
      } else {
        const list = lists.get(field.name) ?? []
        lists.set(field.name, list)
        if ((tag & 7) === LEN && isPackable(field)) this.#packed(field, list, end)
        else list.push(this.#value(field, tag & 7, end))
      }
    }
    for (const [name, list] of lists) fields.set(name, list)
    return new PlainMessage(fields)
  }

  #packed(field: FieldSpec, list: PlainValue[], end: number): void {
    const len = this.length(end)
    const stop = this.p + len
    while (this.p < stop) list.push(this.#value(field, wireTypeOf(field), stop))
  }

  #value(field: FieldSpec, wireType: number, end: number): PlainValue {
    if (wireType !== wireTypeOf(field)) throw malformed('A known field has the wrong wire type.')
    switch (wireType) {
      case LEN:
        return this.#sized(field, end)
      case VARINT:
        return this.#varint(field, end)
      case FIXED32:
        return this.#view.getUint32(this.fixed(4, end), true)
      default:
        return this.#fixed64(field, this.fixed(8, end))
    }
  }

  #sized(field: FieldSpec, end: number): PlainValue {
    const len = this.length(end)
    const stop = this.p + len
    if (field.message !== null) return this.message(field.message, stop, NONE)
    const bytes = this.b.subarray(this.p, stop)
    this.p = stop
    return field.type === 'string'
      ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
      : bytes
  }

  #varint(field: FieldSpec, end: number): PlainValue {
    const low = this.varint(end)
    const wide = (BigInt(this.hi) << 32n) | BigInt(low)
    switch (field.type) {
      case 'bool':
        return wide !== 0n
      case 'int64':
        return BigInt.asIntN(64, wide)
      case 'uint64':
        return wide
      case 'sint32':
        return (low >>> 1) ^ -(low & 1)
      default:
        return low
    }
  }

  #fixed64(field: FieldSpec, at: number): PlainValue {
    if (field.type === 'double') return this.#view.getFloat64(at, true)
    return field.type === 'sfixed64'
      ? this.#view.getBigInt64(at, true)
      : this.#view.getBigUint64(at, true)
  }
}

const isPackable = (field: FieldSpec): boolean => wireTypeOf(field) !== LEN
