// Tests that the usage of recorded clients is counted exactly, in tokens and calls: in the recorded order, with logs first, reversed, each
// request twice, all in one task, split and shuffled, and with unknown scopes and keys.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TaskRequest } from '../../core/task.ts'
import { captures, requestsOf } from './pieces.ts'
import { type RecordedTruth, type Recording, recordings, renamed } from './recordings.ts'
import { type Event, streamed } from './stream.ts'

const CALLS: readonly unknown[] = ['llm', 'embedding', 'rerank']

function counted(events: readonly Event[]): Required<RecordedTruth> {
  const all = events.filter((e) => e['usage_aggregate'] === false)
  const add = (field: string): number => all.reduce((n, e) => n + Number(e[field] ?? 0), 0)
  const calls = all.filter((e) => CALLS.includes(e['kind']))
  return {
    input_tokens: add('input_tokens'),
    output_tokens: add('output_tokens'),
    cache_read_tokens: add('cache_read_tokens'),
    reasoning_tokens: add('reasoning_tokens'),
    calls: calls.length,
    failed_calls: calls.filter((e) => e['status'] === 'error').length,
  }
}

function assertTruth(events: readonly Event[], truth: Partial<RecordedTruth>, what: string): void {
  const found = counted(events)
  // Values that the reference lacks were not sent either.
  const told = Object.fromEntries(Object.entries(found).filter(([field]) => field in truth))
  assert.deepEqual(told, truth, what)
}

/** Its counts contradict each other, or stand where nobody looks. */
function isFlagged(event: Event): boolean {
  const quality = (event['quality'] ?? []) as readonly string[]
  return event['usage_inconsistent'] === true || quality.includes('unread_usage')
}

const isLog = (r: TaskRequest): boolean => r.telemetry === 'logs'

function arrivals({ requests }: Recording): ReadonlyMap<string, readonly TaskRequest[][]> {
  const orders = {
    'as recorded': requests,
    'logs first': [...requests.filter(isLog), ...requests.filter((r) => !isLog(r))],
    reversed: requests.toReversed(),
  }
  const out = new Map<string, readonly TaskRequest[][]>()
  for (const [name, order] of Object.entries(orders))
    out.set(
      `${name}, twice`,
      [...order, ...order].map((r) => [r]),
    )
  return out.set('in one task', [[...requests]])
}

for (const recording of recordings()) {
  const { name, truth, requests } = recording
  test(`${name}: every token and call once, in three orders, each twice`, () => {
    for (const [how, tasks] of arrivals(recording)) assertTruth(streamed(tasks), truth, how)
  })

  for (const what of ['scopes', 'scopes and keys'] as const)
    test(`${name}: the same with ${what} that nobody knows, or it is flagged`, () => {
      const unknown = { name, truth, requests: requests.map((r) => renamed(r, what)) }
      // Without a dialect the kind of a span may not be known; its tokens are.
      const { calls: _, failed_calls: __, ...tokens } = truth
      for (const [how, tasks] of arrivals(unknown)) {
        const events = streamed(tasks)
        if (!events.some(isFlagged)) assertTruth(events, tokens, how)
      }
    })

  test(`${name}: any order and grouping of its requests, some of them again`, () => {
    const places = [...requests.keys()]
    fc.assert(
      fc.property(
        fc.shuffledSubarray(places, { minLength: places.length }),
        fc.array(fc.nat(places.length - 1), { maxLength: 3 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
        (order, again, sizes) => {
          const list = [...order, ...again].map((i) => requests[i] as TaskRequest)
          const tasks: TaskRequest[][] = []
          for (let at = 0, i = 0; at < list.length; i++) {
            const size = sizes[i % sizes.length] as number
            tasks.push(list.slice(at, at + size))
            at += size
          }
          assertTruth(streamed(tasks), truth, `${order.join(' ')} | ${again.join(' ')}`)
        },
      ),
      { numRuns: 8 },
    )
  })
}

test('recorded requests of earlier clients: the same with names that nobody knows, or it is flagged', () => {
  const all = captures()
  assert.ok(all.length > 10)
  for (const { name, pieces, truth } of all)
    for (const what of ['scopes', 'scopes and keys'] as const) {
      const tasks = pieces.map((piece) => requestsOf([piece]).map((r) => renamed(r, what)))
      const events = streamed(tasks)
      if (events.some(isFlagged)) continue
      const { input_tokens: input, output_tokens: output } = counted(events)
      assert.equal(input, truth.input_tokens, `${name}, ${what}`)
      assert.ok(truth.output_tokens_accepted.includes(output), `${name}, ${what}: ${output}`)
    }
})

test('known dialects leave no counts unread', () => {
  for (const { name, requests } of recordings())
    assert.ok(!streamed([[...requests]]).some((e) => isFlagged(e)), name)
})
