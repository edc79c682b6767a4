// Puts messages together again that the exporter split because they were larger than the broker takes (`oversize: split`).
// The chunks of a message have the same key and so the same partition; what is between them belongs to others.

import type { TopicPartition } from '../../../storage/kafka/consumer.ts'
import { placeOf } from '../../../storage/kafka/consumer.ts'
import type { ReceivedMessage } from '../../../storage/kafka/message.ts'
import { textOf } from './message-form.ts'

/** A whole message: as it came, or put together. */
export interface Letter {
  readonly message: ReceivedMessage
  /** The messages of the topic that it consists of, in order of their offsets. */
  readonly parts: readonly ReceivedMessage[]
  /** Of chunks: what `done` needs. */
  readonly id: string | null
}

interface Incomplete {
  readonly place: string
  readonly of: number
  readonly chunks: Map<number, ReceivedMessage>
  first: bigint
  bytes: number
}

/** Chunks of one message are close together; when so many messages came since the first one, the rest is not going to come. */
const DISTANCE_MAX = 20_000n

export class ChunkAssembler {
  readonly #bytesMax: number
  readonly #incomplete = new Map<string, Incomplete>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes of chunks that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** The whole message, or null for a chunk that waits for others. The last chunk may be added again until `done`. */
  add(at: TopicPartition, message: ReceivedMessage): Letter | null {
    const number = Number(textOf(message, 'chunk') ?? Number.NaN)
    const of = Number(textOf(message, 'of') ?? Number.NaN)
    const isChunk = Number.isInteger(number) && Number.isInteger(of) && number >= 1 && number <= of
    if (!isChunk) return { message, parts: [message], id: null }
    const place = placeOf(at)
    const names = ['event_id', 'part', 'batch_id'].map((name) => textOf(message, name) ?? '')
    const id = [place, message.key.toString('latin1'), ...names, of].join('\0')
    let found = this.#incomplete.get(id)
    if (found === undefined) {
      found = { place, of, chunks: new Map(), first: message.offset, bytes: 0 }
      this.#incomplete.set(id, found)
    }
    if (!found.chunks.has(number)) {
      found.bytes += message.value.length
      this.#bytes += message.value.length
    }
    // A chunk that was sent twice replaces its earlier self: the bytes are the same.
    found.chunks.set(number, message)
    return found.chunks.size === of ? joined(id, found) : null
  }

  /** The message is durable or given up: its chunks are forgotten. */
  done({ id }: Letter): void {
    const found = id === null ? undefined : this.#incomplete.get(id)
    if (found === undefined) return
    this.#incomplete.delete(id as string)
    this.#bytes -= found.bytes
  }

  /** The lowest offset that an incomplete message of the partition needs; null when there is none. */
  firstOf(at: TopicPartition): bigint | null {
    const place = placeOf(at)
    let first: bigint | null = null
    for (const found of this.#incomplete.values())
      if (found.place === place && (first === null || found.first < first)) first = found.first
    return first
  }

  /** Messages of the partition whose rest is not going to come, or for which there is no room, as they are. */
  overdue(at: TopicPartition, end: bigint): Letter[] {
    const place = placeOf(at)
    const out: Letter[] = []
    let bytes = this.#bytes
    for (const [id, found] of this.#incomplete) {
      if (found.place !== place || found.chunks.size === found.of) continue
      if (end - found.first <= DISTANCE_MAX && bytes <= this.#bytesMax) continue
      bytes -= found.bytes
      out.push(joined(id, found))
    }
    return out
  }

  /** Forgets the chunks of partitions that others have now: these read them again. */
  keep(places: ReadonlySet<string>): void {
    for (const [id, found] of this.#incomplete) {
      if (places.has(found.place)) continue
      this.#incomplete.delete(id)
      this.#bytes -= found.bytes
    }
  }
}

function joined(id: string, { chunks }: Incomplete): Letter {
  const inOrder = [...chunks].toSorted(([a], [b]) => a - b).map(([, message]) => message)
  const parts = inOrder.toSorted((a, b) => (a.offset < b.offset ? -1 : 1))
  const last = parts.at(-1) as ReceivedMessage
  return {
    message: { ...last, value: Buffer.concat(inOrder.map((m) => m.value)) },
    parts,
    id,
  }
}
