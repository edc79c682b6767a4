// Reassembles messages that the exporter split into chunks because they exceeded the broker's limit (`oversize: split`). The chunks of a
// message have the same key and therefore the same partition. Other messages may stand between them.

import type { TopicPartition } from '../../../storage/kafka/consumer.ts'
import { partitionKeyOf } from '../../../storage/kafka/consumer.ts'
import type { ReceivedMessage } from '../../../storage/kafka/message.ts'
import { textOf } from './message-form.ts'

/** A complete message: one that was never split, or one that was reassembled from its chunks. */
export interface WholeMessage {
  readonly message: ReceivedMessage
  /** The messages of the topic that it consists of, in the order of their offsets. */
  readonly parts: readonly ReceivedMessage[]
  /** Identifies a reassembled message for `done`; null for a message that was never split. */
  readonly id: string | null
}

interface Incomplete {
  readonly partitionKey: string
  readonly of: number
  readonly chunks: Map<number, ReceivedMessage>
  first: bigint
  bytes: number
}

/** The chunks of one message are close together. If this many messages followed the first chunk, the missing chunks will not arrive. */
const DISTANCE_MAX = 20_000n

export class ChunkAssembler {
  readonly #bytesMax: number
  readonly #incomplete = new Map<string, Incomplete>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** The bytes of all chunks of incomplete messages. */
  get bytes(): number {
    return this.#bytes
  }

  /** Returns the complete message, or null if chunks are still missing. The last chunk may be added again until `done` was called. */
  add(at: TopicPartition, message: ReceivedMessage): WholeMessage | null {
    const number = Number(textOf(message, 'chunk') ?? Number.NaN)
    const of = Number(textOf(message, 'of') ?? Number.NaN)
    const isChunk = Number.isInteger(number) && Number.isInteger(of) && number >= 1 && number <= of
    if (!isChunk) return { message, parts: [message], id: null }
    const partitionKey = partitionKeyOf(at)
    const names = ['event_id', 'part', 'batch_id'].map((name) => textOf(message, name) ?? '')
    const id = [partitionKey, message.key.toString('latin1'), ...names, of].join('\0')
    let found = this.#incomplete.get(id)
    if (found === undefined) {
      found = { partitionKey, of, chunks: new Map(), first: message.offset, bytes: 0 }
      this.#incomplete.set(id, found)
    }
    // A chunk that was sent twice replaces the first copy. Their bytes are equal, unless somebody else wrote them.
    const before = found.chunks.get(number)
    const more = sizeOf(message) - (before === undefined ? 0 : sizeOf(before))
    found.bytes += more
    this.#bytes += more
    found.chunks.set(number, kept(message))
    return found.chunks.size === of ? joined(id, found) : null
  }

  /** Removes the chunks of a message that is durable or was given up. */
  done({ id }: WholeMessage): void {
    const found = id === null ? undefined : this.#incomplete.get(id)
    if (found === undefined) return
    this.#incomplete.delete(id as string)
    this.#bytes -= found.bytes
  }

  /** Returns the lowest offset of all incomplete messages of the partition; null if there are none. Commits must not pass it. */
  firstOf(at: TopicPartition): bigint | null {
    const partitionKey = partitionKeyOf(at)
    let first: bigint | null = null
    for (const found of this.#incomplete.values())
      if (found.partitionKey === partitionKey && (first === null || found.first < first))
        first = found.first
    return first
  }

  /** Removes and returns the incomplete messages of the partition that will not be completed or that exceed the memory limit. */
  overdue(at: TopicPartition, end: bigint): WholeMessage[] {
    const partitionKey = partitionKeyOf(at)
    const out: WholeMessage[] = []
    let bytes = this.#bytes
    for (const [id, found] of this.#incomplete) {
      if (found.partitionKey !== partitionKey || found.chunks.size === found.of) continue
      if (end - found.first <= DISTANCE_MAX && bytes <= this.#bytesMax) continue
      bytes -= found.bytes
      out.push(joined(id, found))
    }
    return out
  }

  /** Removes the chunks of revoked partitions, because their new owner reads these chunks again. */
  keep(partitionKeys: ReadonlySet<string>): void {
    for (const [id, found] of this.#incomplete) {
      if (partitionKeys.has(found.partitionKey)) continue
      this.#incomplete.delete(id)
      this.#bytes -= found.bytes
    }
  }
}

/** What the objects of a chunk take, and those of each of its headers. */
const OBJECTS_BYTES = 400

function sizeOf({ key, value, headers }: ReceivedMessage): number {
  let bytes = OBJECTS_BYTES + key.length + value.length
  for (const [name, text] of headers) bytes += OBJECTS_BYTES + name.length + text.length
  return bytes
}

/** A copy, because the bytes of a fetched message are part of a buffer with all that was fetched with it. */
const kept = ({ offset, key, value, headers }: ReceivedMessage): ReceivedMessage => ({
  offset,
  key: Buffer.from(key),
  value: Buffer.from(value),
  headers: new Map([...headers].map(([name, text]) => [name, Buffer.from(text)])),
})

function joined(id: string, { chunks }: Incomplete): WholeMessage {
  const inOrder = [...chunks].toSorted(([a], [b]) => a - b).map(([, message]) => message)
  const parts = inOrder.toSorted((a, b) => (a.offset < b.offset ? -1 : 1))
  const last = parts.at(-1) as ReceivedMessage
  return {
    message: { ...last, value: Buffer.concat(inOrder.map((m) => m.value)) },
    parts,
    id,
  }
}
