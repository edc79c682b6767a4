// Compares event ids of the kernel with those of `core/identity/identity.ts`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arena } from '../../../core/arena.ts'
import { SPAN, SPAN_FLAG, SpanBatch } from '../../../core/batch.ts'
import { eventId } from '../../../core/identity/identity.ts'
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

test('ids of many spans are those of each alone', () => {
  const arena = new Arena()
  const ids = new EventIds()
  const bytes = (n: number): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength: n, maxLength: n })
  const span = fc.record({
    flags: fc.constantFrom(0, 0, 0, SPAN_FLAG.LOG, SPAN_FLAG.LEGACY, SPAN_FLAG.EDITED),
    request: fc.nat(2),
    trace: fc.option(bytes(16)),
    id: fc.option(bytes(8)),
  })
  const projects = fc.array(bytes(16), { minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(projects, fc.array(span, { maxLength: 100 }), (digests, list) => {
      const batch = new SpanBatch(arena)
      batch.reset()
      ids.begin(arena)
      const place = (b: Uint8Array | null): number => (b === null ? -1 : arena.append(b))
      const at = Int32Array.from(digests, place)
      for (const { flags, request, trace, id } of list) {
        const row = batch.addSpan()
        batch.spans[row + SPAN.FLAGS] = flags
        batch.spans[row + SPAN.REQUEST] = request
        batch.spans[row + SPAN.TRACE_ID] = place(trace)
        batch.spans[row + SPAN.SPAN_ID] = place(id)
      }
      const found = list.map((x, i) =>
        (x.flags & (SPAN_FLAG.LOG | SPAN_FLAG.LEGACY)) === 0 ? ids.ofSpan(batch, i, at) : null,
      )
      arena.append(new Uint8Array(64).fill(255))
      for (const [i, { request, trace, id }] of list.entries()) {
        const off = found[i]
        if (off === null || off === undefined) continue
        const b = Buffer.concat([trace ?? new Uint8Array(16), id ?? new Uint8Array(8)])
        const expected = eventId(digests[request] as Uint8Array, b, 0, 16, 'span')
        assert.deepEqual(Buffer.from(arena.bytes.subarray(off, off + 16)), expected)
      }
    }),
    { numRuns: 300 },
  )
})
