// Keeps the newest records in memory, so that senders at the end of the log read nothing from the disk. In `memory` mode
// this is the whole log. The memory of records is freed when they leave: it is not in V8's heap, so that V8 would not notice
// for seconds how much of it waits to be collected. Readers take copies.

import type { LogPart } from './record.ts'

export interface StoredRecord {
  readonly sequence: bigint
  readonly pipeline: string
  readonly createdAtMs: number
  readonly eventCount: number
  readonly parts: readonly LogPart[]
  /** The event ids (16 bytes each) and facts (rows of 12 bytes), as in the file. */
  readonly eventIds: Uint8Array
  readonly claims: Int32Array
  /** The size of the record in bytes, in memory as on disk. */
  readonly totalLength: number
  /** Segment and offset, for a reader that continues on the disk. */
  readonly epoch: number
  readonly offset: number
  /** Freed when the record leaves the cache; see `AppendRecord`. */
  readonly memory?: ArrayBuffer | undefined
}

export class RecentRecords {
  readonly #bytesMax: number
  readonly #records: (StoredRecord | undefined)[] = []
  /** The index of the oldest record in the array, which is compacted from time to time. */
  #head = 0
  #bytes = 0
  /**
   * Memory of records that have left the cache. It is freed one turn later, because the code that appended a record may still
   * read it in this turn.
   */
  #left: ArrayBuffer[] = []

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#records.length - this.#head
  }

  push(r: StoredRecord): void {
    this.#records.push(r)
    this.#bytes += r.totalLength
    while (this.#bytes > this.#bytesMax && this.count > 0) this.#shift()
  }

  /** Returns the record, or null if it is not in memory. */
  get(sequence: bigint): StoredRecord | null {
    const first = this.#records[this.#head]
    if (first === undefined || sequence < first.sequence) return null
    return this.#records[this.#head + Number(sequence - first.sequence)] ?? null
  }

  /** Removes the records before `sequence`. */
  releaseBefore(sequence: bigint): void {
    let first = this.#records[this.#head]
    while (first !== undefined && first.sequence < sequence) {
      this.#shift()
      first = this.#records[this.#head]
    }
  }

  #shift(): void {
    const { totalLength, memory } = this.#records[this.#head] as StoredRecord
    this.#bytes -= totalLength
    if (memory !== undefined) this.#free(memory)
    this.#records[this.#head] = undefined
    this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#records.length) {
      this.#records.splice(0, this.#head)
      this.#head = 0
    }
  }

  #free(memory: ArrayBuffer): void {
    if (this.#left.push(memory) > 1) return
    setImmediate(() => {
      for (const left of this.#left) left.transfer(0)
      this.#left = []
    })
  }
}
