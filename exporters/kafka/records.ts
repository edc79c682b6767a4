// The framing of a part: records of key, headers and value one after another, so that the sender can cut messages out of the
// bytes without parsing JSON. Little-endian:
//
//   u32 length of the value   u8 length of the key   u8 number of headers
//   key   { u8 length of the name, name, u16 length of the text, text } for each header   value

import type { ByteWriter } from '../../proto/byte-writer.ts'
import type { KafkaMessage } from '../../storage/kafka/message.ts'

const HEAD_BYTES = 6
const HEADER_TEXT_MAX = 0xffff

/** Writes all but the value and returns where to note its length: give that to `endRecord` after writing the value. */
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

/** `from` is where the value began. */
export function endRecord(out: ByteWriter, mark: number, from: number): void {
  out.view.setUint32(mark, out.pos - from, true)
}

/** Cuts the messages out of a part; they are views on its bytes. */
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

/** The part's bytes in two, at the middle record; null for a single record. */
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

/** A record of spans says how many it has; any other is one item. */
function itemsOf({ headers }: KafkaMessage): number {
  const found = headers.find(([name]) => name === 'items')
  return found === undefined ? 1 : Number(found[1].toString())
}
