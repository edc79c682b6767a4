import assert from 'node:assert/strict'
import test from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import {
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  BatchTooLargeError,
  bounded,
  checkRecords,
  endOfBatch,
} from './bounded-batches.ts'

test('what fits is decompressed, and what does not is refused before all of it is there', () => {
  const small = Buffer.from('some records')
  const large = Buffer.alloc(BATCH_BYTES_MAX + 1)
  for (const [decompress, compress] of [
    [bounded.gzip, gzipSync],
    [bounded.zstd, zstdCompressSync],
  ] as const) {
    assert.deepEqual(decompress(compress(small)), small)
    assert.throws(() => decompress(compress(large)), BatchTooLargeError)
    assert.throws(() => decompress(small), /incorrect header|Unknown frame/i)
  }
})

test('records are counted by their lengths', () => {
  const record = (bytes: number): Buffer => {
    const length = bytes * 2
    const head = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7]
    return Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 0xff)])
  }
  const some = (n: number, bytes: number): Buffer => Buffer.concat(Array(n).fill(record(bytes)))
  for (const bytes of [6, 500]) {
    assert.equal(checkRecords(some(BATCH_RECORDS_MAX, bytes)).length > 0, true)
    assert.throws(() => checkRecords(some(BATCH_RECORDS_MAX + 2, bytes)), BatchTooLargeError)
  }
  // Without lengths that make sense it ends all the same.
  assert.equal(checkRecords(Buffer.alloc(1000)).length, 1000)
})

test('the end of a batch is found with few fetches, wherever it is', async () => {
  for (const [first, end] of [
    [0n, 1n],
    [7n, 9n],
    [100n, 65_646n],
    [5n, 10_000_005n],
  ] as const) {
    let fetches = 0
    const found = await endOfBatch(first, async (offset) => {
      fetches++
      return offset >= end
    })
    assert.equal(found, end)
    assert.ok(fetches < 60, `${fetches} fetches`)
  }
})
