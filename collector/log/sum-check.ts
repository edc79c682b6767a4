// Checks the CRC that comes with the parts of a record, because a wrong one would make a part unreadable later. The first records
// are checked, and then a sample, because a check reads every byte.

import { crc32 } from 'node:zlib'
import type { AppendRecord } from './record.ts'

const FIRST = 16
const THEN_EVERY = 256

export class SumCheck {
  #seen = 0

  isWrong(record: AppendRecord): boolean {
    const n = this.#seen++
    if (n >= FIRST && n % THEN_EVERY !== 0) return false
    return record.parts.some((p) => p.crc32 !== undefined && p.crc32 !== crc32(p.bytes))
  }
}
