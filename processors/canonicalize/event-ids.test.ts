// Event ids of the kernel against those of `core/identity.ts`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arena } from '../../core/arena.ts'
import { eventId } from '../../core/identity.ts'
import { EventIds } from './event-ids.ts'

test('the kernel makes the ids that the plain version makes', () => {
  const arena = new Arena()
  const ids = new EventIds()
  const bytes = (n: number): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength: n, maxLength: n })
  const type = fc.string({ maxLength: 200 })
  fc.assert(
    fc.property(
      bytes(16),
      fc.option(bytes(16)),
      fc.option(bytes(8)),
      type,
      (project, trace, span, name) => {
        arena.reset()
        ids.begin(arena)
        const place = (b: Uint8Array | null): number => (b === null ? -1 : arena.append(b))
        const at = [place(project), place(trace), place(span)] as const
        const typeOff = arena.appendText(name)
        const typeLen = arena.lastLen
        const found = ids.make(...at, typeOff, typeLen)
        const expected = eventId(project, arena.bytes, at[1], at[2], arena.latin1(typeOff, typeLen))
        assert.deepEqual(Buffer.from(arena.bytes.subarray(found, found + 16)), expected)
        assert.equal(arena.top, found + 16)
      },
    ),
    { numRuns: 1000 },
  )
})
