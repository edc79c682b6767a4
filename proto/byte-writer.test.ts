// Compares the output buffer with JavaScript, BigInt and the formats that it writes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteWriter } from './byte-writer.ts'

/** The buffer is small, so that it has to grow. */
const fresh = (): ByteWriter => new ByteWriter(4)
const ascii = (out: ByteWriter): string => Buffer.from(out.written()).toString('latin1')
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })

test('a JSON string is what JSON.stringify writes, read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (s) => {
      const out = fresh()
      out.jsonText(s)
      assert.equal(JSON.parse(Buffer.from(out.written()).toString('utf8')), s)
    }),
  )
})

test('64-bit integers are printed exactly, signed and unsigned', () => {
  fc.assert(
    fc.property(u64, (n) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64LE(n)
      const out = fresh()
      out.decimalU64At(bytes, 0)
      assert.equal(ascii(out), String(n))
      out.reset()
      out.decimalI64At(bytes, 0)
      assert.equal(ascii(out), String(BigInt.asIntN(64, n)))
    }),
  )
})

test('integers around every power of ten and two are printed exactly', () => {
  const bytes = Buffer.alloc(8)
  const out = fresh()
  for (let i = 0; i < 64; i++)
    for (const base of [2n ** BigInt(i), 10n ** BigInt(i % 20)])
      for (const n of [base - 1n, base, base + 1n]) {
        if (n > 0xffff_ffff_ffff_ffffn) continue
        bytes.writeBigUInt64LE(n)
        out.reset()
        out.decimalU64At(bytes, 0)
        assert.equal(ascii(out), String(n))
      }
})

test('numbers are printed as JSON has them, and what it has not as null', () => {
  const out = fresh()
  for (const n of [0, 7, 10, 99, 100, 2147483647, 2147483648, -1, 0.1, 1e21, -5e-7]) {
    out.reset()
    out.jsonNumber(n)
    assert.equal(JSON.parse(ascii(out)), n)
  }
  for (const n of [Number.NaN, Number.POSITIVE_INFINITY]) {
    out.reset()
    out.jsonNumber(n)
    assert.equal(ascii(out), 'null')
  }
})

test('a varint of a 64-bit value is the shortest LEB128', () => {
  fc.assert(
    fc.property(u64, (n) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64LE(n)
      const out = fresh()
      out.varint64At(bytes, 0)
      let value = 0n
      for (const [i, b] of [...out.written()].entries()) value |= BigInt(b & 127) << BigInt(7 * i)
      assert.equal(value, n)
      assert.ok(out.pos === 1 || out.bytes[out.pos - 1] !== 0)
    }),
  )
})

test('a nested message has the shortest length, whatever it holds', () => {
  for (const size of [0, 1, 127, 128, 16_383, 16_384, 2_097_152]) {
    const out = fresh()
    const mark = out.begin(3)
    out.raw(Buffer.alloc(size, 7))
    out.end(mark)
    const expected = fresh()
    expected.fieldBytes(3, Buffer.alloc(size, 7), 0, size)
    assert.deepEqual(out.take(), expected.take())
  }
})

test('RowBinary: what ClickHouse reads', () => {
  const out = fresh()
  out.nullableString(Buffer.from('ab'), 0, 2)
  out.nullableString(Buffer.from('ab'), 0, -1)
  out.nullableF64(Number.NaN)
  out.fixedString(Buffer.from('abc'), 0, 3, 4)
  out.fixedString(Buffer.from('abcdef'), 0, 6, 4)
  assert.deepEqual(Buffer.from(out.take()).toString('hex'), '00026162010161626300' + '61626364')
  out.reset()
  out.i64(-1)
  out.i64(1e300)
  out.u64(2 ** 40 + 5)
  const view = new DataView(out.take().buffer)
  assert.equal(view.getBigInt64(0, true), -1n)
  assert.equal(view.getBigInt64(8, true), 2n ** 63n - 1n)
  assert.equal(view.getBigUint64(16, true), 2n ** 40n + 5n)
})

test('a time beyond the signed range is the largest one', () => {
  const out = fresh()
  out.dateTime64At(Buffer.alloc(8, 0xff), 0)
  assert.equal(new DataView(out.take().buffer).getBigInt64(0, true), 2n ** 63n - 1n)
})

test('what is taken owns its whole buffer', () => {
  const out = new ByteWriter(1000)
  out.ascii('abc')
  assert.equal(out.take().buffer.byteLength, 3)
})
