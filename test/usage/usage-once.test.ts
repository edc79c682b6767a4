// Usage counts once whatever way the reports take: recorded traffic in pieces, in any order and grouping, one
// after the other and through several threads at once, with and without the provider's response ids.

import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { pipe } from '../../collector/cli/pipe/pipe.ts'
import type { TaskRequest } from '../../core/task.ts'
import { type Capture, captures, type Piece, requestsOf, withoutResponseIds } from './pieces.ts'
import { type Event, type Sums, streamed, sums } from './stream.ts'
import { inThreads } from './threads.ts'

/** Every piece at least once, some twice, in any order, cut anywhere. */
function arrivals(count: number): fc.Arbitrary<number[][]> {
  return fc
    .tuple(
      fc.shuffledSubarray([...Array(count).keys()], { minLength: count }),
      fc.array(fc.nat(count - 1), { maxLength: 4 }),
      fc.oneof(
        fc.constant([...Array(count + 4).keys()]),
        fc.array(fc.nat(count + 3), { maxLength: 6 }),
      ),
    )
    .map(([all, again, cuts]) => {
      const order = [...all, ...again]
      const ends = [...new Set([...cuts.filter((c) => c < order.length), order.length])]
      const groups: number[][] = []
      let from = 0
      for (const end of ends.toSorted((a, b) => a - b)) {
        groups.push(order.slice(from, end))
        from = end
      }
      return groups
    })
}

function tasksOf(pieces: readonly Piece[], groups: readonly number[][]): TaskRequest[][] {
  return groups.map((g) => requestsOf(g.map((i) => pieces[i] as Piece)))
}

function assertSums(found: Sums, { truth }: Capture): void {
  assert.equal(found.input, truth.input_tokens, 'input')
  const accepted = truth.output_tokens_accepted
  assert.ok(
    accepted.includes(found.output),
    `output ${found.output} is none of ${accepted.join(', ')}`,
  )
}

for (const c of captures()) {
  test(`${c.name}: in pieces, any order and grouping`, () => {
    fc.assert(
      fc.property(arrivals(c.pieces.length), (groups) =>
        assertSums(sums(streamed(tasksOf(c.pieces, groups))), c),
      ),
      { numRuns: 60 },
    )
  })

  test(`${c.name}: in pieces without response ids`, () => {
    const pieces = c.pieces.map(withoutResponseIds)
    const ids = streamed([requestsOf(pieces)]).map((e) => e['response_id'])
    assert.deepEqual([...new Set(ids)], [null])
    fc.assert(
      fc.property(arrivals(c.pieces.length), (groups) =>
        assertSums(sums(streamed(tasksOf(pieces, groups))), c),
      ),
      { numRuns: 60 },
    )
  })
}

test('observa pipe over the files of a capture, in either order and twice, counts as the service does', async () => {
  for (const c of captures())
    for (const files of [c.files, c.files.toReversed(), [...c.files, ...c.files]]) {
      let out = ''
      const stdout = new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          out += chunk.toString()
          done()
        },
      })
      const io = {
        stdin: new PassThrough(),
        stdout,
        stderr: new PassThrough(),
        env: {},
        isTty: false,
      }
      const code = await pipe(files, { ...io, out: () => {}, err: assert.fail })
      assert.equal(code, 0)
      const records = out
        .trimEnd()
        .split('\n')
        .map((l) => JSON.parse(l) as Event)
      assertSums(sums(records.filter((r) => r['record'] === 'event')), c)
    }
})

test('all captures through three threads at once, each piece its own request, sent twice', async () => {
  const variants = captures().flatMap((c) => [
    { c, projectId: c.name, pieces: c.pieces },
    {
      c,
      projectId: `${c.name} without ids`,
      pieces: c.pieces.map(withoutResponseIds),
    },
  ])
  const requests = variants.flatMap(({ projectId, pieces }) =>
    [...pieces, ...pieces]
      .flatMap((p) => requestsOf([p]))
      .map((r) => ({ ...r, tenant: { ...r.tenant, projectId } })),
  )
  const stored = await inThreads(shuffled(requests))
  for (const { c, projectId } of variants)
    assertSums(sums(stored.filter((e) => e['project_id'] === projectId)), c)
})

let seed = 42
/** Returns the items in a different order each time. The orders are the same in every run. */
function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((x) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff
      return [seed, x] as const
    })
    .toSorted((a, b) => a[0] - b[0])
    .map(([, x]) => x)
}
