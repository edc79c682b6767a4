// What bodies say of their size, against what they unpack to.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateSync, gzipSync, constants as zlib, zstdCompressSync } from 'node:zlib'
import { decodedSize } from './decoded-size.ts'

const MAX = 32 * 1024 * 1024
const text = (bytes: number): Buffer =>
  Buffer.alloc(bytes, 'a span of telemetry, again and again. ')

test('a body that is not compressed is as large as it is', () => {
  assert.equal(decodedSize(text(1000), 'identity', MAX), 1000)
  assert.equal(decodedSize(new Uint8Array(0), 'identity', MAX), 0)
})

for (const bytes of [0, 1, 255, 256, 257, 65_535, 65_791, 65_792, 1_000_000, 31_000_000]) {
  test(`gzip and zstd of ${bytes} bytes`, () => {
    const plain = text(bytes)
    const gzip = gzipSync(plain)
    assert.equal(decodedSize(gzip, 'gzip', MAX), Math.max(bytes, gzip.length))
    // Streams do not know their size beforehand; a one-shot frame states it when asked to.
    const stated = zstdCompressSync(plain, {
      params: { [zlib.ZSTD_c_contentSizeFlag]: 1 },
      pledgedSrcSize: bytes,
    })
    const size = decodedSize(stated, 'zstd', MAX)
    assert.ok(size === Math.max(bytes, stated.length) || size > bytes, `${size}`)
  })
}

test('two gzip members count as large as they can be: the trailer knows the last one only', () => {
  const hidden = Buffer.concat([gzipSync(text(31_000_000)), gzipSync(Buffer.alloc(0))])
  assert.equal(decodedSize(hidden, 'gzip', MAX), MAX)
})

test('what says nothing, or more than is allowed, counts as the most that is allowed', () => {
  const bomb = gzipSync(Buffer.alloc(100_000_000))
  assert.equal(decodedSize(bomb, 'gzip', MAX), MAX)
  assert.ok(decodedSize(Buffer.from('short'), 'gzip', MAX) >= 5)
  assert.ok(decodedSize(deflateSync(text(5000)), 'zstd', MAX) > 0)
  const deflated = deflateSync(text(5000))
  assert.equal(decodedSize(deflated, 'deflate', MAX), deflated.length * 1032)
})

test('never more than deflate could make of it', () => {
  const small = Buffer.concat([gzipSync(text(10)), gzipSync(text(10))])
  assert.equal(decodedSize(small, 'gzip', MAX), small.length * 1032)
})
