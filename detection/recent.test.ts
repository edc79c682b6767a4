// The order of entries against a plain list.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Entry, Recent } from './recent.ts'

test('entries are in the order of their last touch, and those that are done are passed over until they are touched', () => {
  const step = fc.tuple(fc.constantFrom('touch', 'done', 'delete'), fc.nat(6))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const recent = new Recent<number>()
      const gone: Entry<number>[] = []
      let list: { n: number; isDone: boolean }[] = []
      for (const [what, n] of steps) {
        const entry = recent.get(String(n))
        if (what === 'done') {
          recent.done()
          const first = list.find((e) => !e.isDone)
          if (first !== undefined) first.isDone = true
        } else if (what === 'delete') {
          if (entry !== undefined) {
            recent.delete(entry)
            gone.push(entry)
          }
          list = list.filter((e) => e.n !== n)
        } else {
          if (entry === undefined) recent.add(String(n), n)
          else recent.touch(entry)
          list = [...list.filter((e) => e.n !== n), { n, isDone: false }]
        }
        assert.deepEqual(
          [...recent].map((e) => ({ n: e.value, isDone: e.isDone })),
          list,
        )
        assert.equal(recent.waiting?.value, list.find((e) => !e.isDone)?.n)
        assert.equal(recent.oldest?.value, list[0]?.n)
        assert.equal(recent.size, list.length)
      }
      assert.ok(gone.every((e) => e.isGone))
      assert.ok([...recent].every((e) => !e.isGone))
    }),
  )
})
