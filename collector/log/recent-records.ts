// Keeps the newest records in memory, so that senders at the end of the log read nothing from the disk. Parts are
// shared with the caller of the append and are never changed. In `memory` mode this is the whole log.

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
}

export class RecentRecords {
  readonly #bytesMax: number
  readonly #records: (StoredRecord | undefined)[] = []
  /** The index of the oldest record in the array, which is compacted from time to time. */
  #head = 0
  #bytes = 0

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
    this.#bytes -= (this.#records[this.#head] as StoredRecord).totalLength
    this.#records[this.#head] = undefined
    this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#records.length) {
      this.#records.splice(0, this.#head)
      this.#head = 0
    }
  }
}
