// Tests the allocator against a model: bodies never overlap, and released memory can be allocated again.

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { SharedBodies } from './shared-bodies.ts'

test('bodies in use never overlap and keep what was written', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60_000), { minLength: 1, maxLength: 60 }), (sizes) => {
      const bodies = new SharedBodies(256 * 1024)
      const live: { body: Uint8Array; tag: number }[] = []
      for (const [i, size] of sizes.entries()) {
        const body = bodies.allocate(size)
        body.fill(i % 251)
        live.push({ body, tag: i % 251 })
        if (i % 3 === 2) {
          const [gone] = live.splice((i * 7) % live.length, 1)
          if (gone !== undefined) bodies.release(gone.body)
        }
        for (const { body: b, tag } of live) assert.ok(b.every((x) => x === tag))
      }
      for (const { body } of live) bodies.release(body)
      assert.equal(bodies.usedBytes, 0)
      // All memory is one free range again.
      assert.ok(bodies.allocate(256 * 1024).buffer instanceof SharedArrayBuffer)
    }),
  )
})

test('what does not fit has memory of its own', () => {
  const bodies = new SharedBodies(8192)
  const own = bodies.allocate(10_000)
  assert.ok(!(own.buffer instanceof SharedArrayBuffer))
  bodies.release(own)
  assert.equal(bodies.usedBytes, 0)
})
