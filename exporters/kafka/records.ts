// The framing of a part: a sequence of records with key, headers and value, so that the sender can cut messages out of the bytes without
// parsing JSON. Numbers are little-endian:
//
//   u32 length of the value   u8 length of the key   u8 number of headers
//   key   { u8 length of the name, name, u16 length of the text, text } for each header   value

import type { ByteWriter } from '../../proto/byte-writer.ts'
import type { KafkaMessage } from '../../storage/kafka/message.ts'

const HEAD_BYTES = 6
const HEADER_TEXT_MAX = 0xffff

/** Writes all but the value. Returns the position of the value's length, which `endRecord` needs after the value was written. */
export function beginRecord(
  out: ByteWriter,
  key: string,
  headers: readonly (readonly [string, string])[],
): number {
  const mark = out.pos
  out.u32(0)
  out.u8(key.length)
  out.u8(headers.length)
  out.ascii(key)
  for (const [name, text] of headers) {
    out.u8(name.length)
    out.ascii(name)
    const lengthAt = out.pos
    out.u16(0)
    out.utf8(text.length > HEADER_TEXT_MAX / 3 ? text.slice(0, HEADER_TEXT_MAX / 3) : text)
    out.view.setUint16(lengthAt, out.pos - lengthAt - 2, true)
  }
  return mark
}

/** Writes the length of the value. `mark` is what `beginRecord` returned, `from` is the position at which the value starts. */
export function endRecord(out: ByteWriter, mark: number, from: number): void {
  out.view.setUint32(mark, out.pos - from, true)
}

/** Returns the messages of a part as views on its bytes. */
export function readRecords(part: Uint8Array): KafkaMessage[] {
  const b = Buffer.from(part.buffer, part.byteOffset, part.length)
  const out: KafkaMessage[] = []
  let at = 0
  const take = (n: number): Buffer => {
    at += n
    return b.subarray(at - n, at)
  }
  while (at < b.length) {
    const valueLength = b.readUInt32LE(at)
    const keyLength = b.readUInt8(at + 4)
    const headerCount = b.readUInt8(at + 5)
    at += HEAD_BYTES
    const key = take(keyLength)
    const headers: [string, Buffer][] = []
    for (let i = 0; i < headerCount; i++) {
      const name = take(take(1).readUInt8(0)).toString('latin1')
      headers.push([name, take(take(2).readUInt16LE(0))])
    }
    out.push({ key, headers, value: take(valueLength) })
  }
  return out
}

/** Splits the bytes of a part at the middle record. Returns null for a single record. */
export function halves(part: Uint8Array): readonly [Uint8Array, number, Uint8Array, number] | null {
  const records = readRecords(part)
  const half = records.length >> 1
  if (half === 0) return null
  const { value } = records[half - 1] as KafkaMessage
  const cut = value.byteOffset + value.length - part.byteOffset
  const items = (some: readonly KafkaMessage[]): number =>
    some.reduce((sum, record) => sum + itemsOf(record), 0)
  return [
    part.slice(0, cut),
    items(records.slice(0, half)),
    part.slice(cut),
    items(records.slice(half)),
  ]
}

/** Counts items. A record of spans contains their number in a header; any other record is one item. */
function itemsOf({ headers }: KafkaMessage): number {
  const found = headers.find(([name]) => name === 'items')
  return found === undefined ? 1 : Number(found[1].toString())
}
