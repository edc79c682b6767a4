// Reduces events that exceed the broker's size limit. Depending on the configuration an event is split into numbered chunks, moved to a
// file to which a small event refers, or sent with its largest fields emptied.

import { createHash } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeDirectory } from '../../core/files/make-directory.ts'
import { type Member, members, object } from '../../proto/json-members.ts'
import type { KafkaMessage } from '../../storage/kafka/message.ts'

export type OversizeRule = 'split' | 'offload' | 'truncate'

/**
 * Upper estimates of the overhead of a record, besides key, value and headers, and of a record batch with one record.
 */
const RECORD_BYTES = 40
const HEADER_BYTES = 8
export const BATCH_BYTES = 128
/** The space that is reserved for the headers that are added to a reduced event. */
const ADDED_HEADER_BYTES = 128
/** The longest members that remain in an event that refers to a file. Longer ones are only in the file. */
const REFERENCE_MEMBER_BYTES = 512

/** Returns the size of a message in a record batch before compression. */
export function messageBytes(message: KafkaMessage): number {
  return message.value.length + envelopeBytes(message)
}

function envelopeBytes(message: KafkaMessage): number {
  let bytes = RECORD_BYTES + message.key.length
  for (const [name, text] of message.headers) bytes += HEADER_BYTES + name.length + text.length
  return bytes
}

/** Returns the messages that replace a message whose size exceeds `bytesMax`. */
export async function shrunk(
  message: KafkaMessage,
  rule: OversizeRule,
  bytesMax: number,
  offloadDir: string,
): Promise<KafkaMessage[]> {
  const room = bytesMax - BATCH_BYTES - ADDED_HEADER_BYTES - envelopeBytes(message)
  const list = rule === 'split' ? null : members(message.value)
  // Only a JSON object can be reduced in the other ways.
  if (list === null) return chunks(message, Math.max(256, room))
  const small =
    rule === 'truncate'
      ? truncated(message, list, room)
      : await offloaded(message, list, offloadDir)
  return small.value.length <= room ? [small] : chunks(message, Math.max(256, room))
}

/** Splits a message into chunks. The header `chunk` counts from 1. The concatenated values of all chunks are the event. */
function chunks(message: KafkaMessage, room: number): KafkaMessage[] {
  const of = Math.ceil(message.value.length / room)
  return Array.from({ length: of }, (_, i) => ({
    origin: message,
    key: message.key,
    value: message.value.subarray(i * room, (i + 1) * room),
    headers: [
      ...message.headers,
      ['chunk', Buffer.from(String(i + 1))] as const,
      ['of', Buffer.from(String(of))] as const,
    ],
  }))
}

/** Empties the largest members until the event fits, and adds a list of their names and original sizes. */
function truncated(message: KafkaMessage, list: readonly Member[], room: number): KafkaMessage {
  const emptied = new Map<string, number>()
  let size = message.value.length
  for (const member of list.toSorted((a, b) => b.value.length - a.value.length)) {
    const note = member.name.length + 32
    if (size + note * (emptied.size + 1) <= room) break
    emptied.set(member.name, member.value.length)
    size -= member.value.length - 4
  }
  const kept = list.map((m) => (emptied.has(m.name) ? { name: m.name, value: emptyLike(m) } : m))
  const note = { name: 'truncated_fields', value: jsonBytes(Object.fromEntries(emptied)) }
  return {
    origin: message,
    key: message.key,
    value: object([...kept, note]),
    headers: [...message.headers, ['truncated', Buffer.from('1')]],
  }
}

/** Returns an empty value of the same JSON type, so that a consumer that expects an array finds one. */
function emptyLike(member: Member): Buffer {
  if (member.value[0] === 0x5b) return Buffer.from('[]')
  return Buffer.from(member.value[0] === 0x7b ? '{}' : 'null')
}

/** Keeps the small members and writes the whole event to a file named after its hash. */
async function offloaded(
  message: KafkaMessage,
  list: readonly Member[],
  dir: string,
): Promise<KafkaMessage> {
  const sha256 = createHash('sha256').update(message.value).digest('hex')
  const name = join(sha256.slice(0, 2), `${sha256}.json`)
  await writeOnce(join(dir, name), message.value)
  const kept = list.filter((m) => m.value.length <= REFERENCE_MEMBER_BYTES)
  const reference = { file: name, sha256, bytes: message.value.length }
  return {
    origin: message,
    key: message.key,
    value: object([...kept, { name: 'offloaded', value: jsonBytes(reference) }]),
    headers: [...message.headers, ['offloaded', Buffer.from(sha256)]],
  }
}

const jsonBytes = (value: object): Buffer => Buffer.from(JSON.stringify(value))

/** Writes and syncs the file before the reference is sent. The same content always goes to the same file. */
async function writeOnce(path: string, bytes: Buffer): Promise<void> {
  await makeDirectory(dirname(path), 0o700)
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}
