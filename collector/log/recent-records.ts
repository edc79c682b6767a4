// The newest records in memory, so that senders at the end of the log read nothing from the disk.
// Parts are shared with whoever appended them and never changed. In `memory` mode this is the whole log.

import type { LogPart } from './record.ts'

export interface StoredRecord {
  readonly sequence: bigint
  readonly pipeline: string
  readonly createdAtMs: number
  readonly eventCount: number
  readonly parts: readonly LogPart[]
  /** Event ids (16 bytes each) and claims (12 bytes each), as in the file. */
  readonly eventIds: Uint8Array
  readonly claims: Int32Array
  /** Bytes it takes, in memory as on disk. */
  readonly totalLength: number
  /** Segment and offset, for a reader that falls out of the cache. */
  readonly epoch: number
  readonly offset: number
}

export class RecentRecords {
  readonly #bytesMax: number
  readonly #records: (StoredRecord | undefined)[] = []
  /** Index of the oldest record still held; the array is compacted now and then. */
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

  /** The record, or null when it is not held. */
  get(sequence: bigint): StoredRecord | null {
    const first = this.#records[this.#head]
    if (first === undefined || sequence < first.sequence) return null
    return this.#records[this.#head + Number(sequence - first.sequence)] ?? null
  }

  /** Forgets what lies before `sequence`. */
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
