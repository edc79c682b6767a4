import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteMemo } from './byte-memo.ts'

test('a value is found by exactly its bytes, wherever they lie', () => {
  const memo = new ByteMemo<string>()
  const at = (text: string, before = ''): [Uint8Array, number, number] => {
    const b = Buffer.from(`${before}${text}"more`)
    return [b, before.length, Buffer.byteLength(text)]
  }
  memo.add(...at('["stop"]'), 'stop')
  assert.equal(memo.find(...at('["stop"]', 'abc')), 'stop')
  for (const other of ['["stop"}', '["step"]', '["stop"', '', '["stop"]]', '["top"]'])
    assert.equal(memo.find(...at(other)), undefined, other)
  for (let i = 0; i < 1000; i++) {
    memo.add(...at(`value ${i}`), String(i))
    assert.equal(memo.find(...at(`value ${i}`, 'x')), String(i))
    for (let k = 0; k < i; k += 97) {
      const found = memo.find(...at(`value ${k}`))
      assert.ok(found === undefined || found === String(k))
    }
  }
  const long = 'x'.repeat(300)
  memo.add(...at(long), 'long')
  assert.equal(memo.find(...at(long)), undefined)
})
