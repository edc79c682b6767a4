import assert from 'node:assert/strict'
import test from 'node:test'
import { Arrivals, Books, NumberedBodies, requestOf, SPANS_PER_REQUEST } from './books.ts'

interface Sent {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[]
  }[]
}
interface SentSpan {
  readonly name: string
  readonly attributes: readonly { readonly value: { readonly stringValue: string } }[]
}

function spansOf(first: number): { name: string; payload: string }[] {
  const { resourceSpans } = JSON.parse(requestOf(first)) as Sent
  const spans = resourceSpans[0]?.scopeSpans[0]?.spans ?? []
  return spans.map((s) => ({ name: s.name, payload: s.attributes[0]?.value.stringValue ?? '' }))
}

/** Bookkeeping of two acknowledged requests, and of what arrives of them. */
function delivered(change: (rows: { name: string; payload: string }[]) => void) {
  const books = new Books()
  const rows = [books.next(), books.next()].flatMap((first) => {
    books.acknowledge(first)
    return spansOf(first)
  })
  change(rows)
  const arrivals = new Arrivals()
  for (const { name, payload } of rows) arrivals.add(name, payload)
  return { books, arrivals }
}

const all = 2 * SPANS_PER_REQUEST
const clean = { delivered: all, deadLettered: 0, lost: 0, doubled: 0, corrupt: 0 }

test('a span that arrives once and unchanged is no finding', () => {
  const { books, arrivals } = delivered(() => {})
  assert.deepEqual(books.check(arrivals), clean)
})

test('a missing span is lost, unless the product accounts for it', () => {
  const { books, arrivals } = delivered((rows) => void rows.splice(5, 3))
  assert.deepEqual(books.check(arrivals), { ...clean, delivered: all - 3, lost: 3 })
  const accounted = books.check(arrivals, { deadLettered: 1, destroyed: 1 })
  assert.deepEqual(accounted, { ...clean, delivered: all - 3, deadLettered: 1, lost: 1 })
})

test('each further arrival of a span is counted as doubled', () => {
  const { books, arrivals } = delivered((rows) =>
    rows.push(...rows.slice(0, 2), ...rows.slice(0, 1)),
  )
  assert.deepEqual(books.check(arrivals), { ...clean, doubled: 3 })
})

test('a span that arrives changed, or was never sent, is corrupt', () => {
  const { books, arrivals } = delivered((rows) => {
    rows[0] = { name: rows[0]?.name ?? '', payload: rows[1]?.payload ?? '' }
    rows.push({ name: 'somebody else', payload: '' }, ...spansOf(all).slice(0, 1))
  })
  assert.deepEqual(books.check(arrivals), { ...clean, corrupt: 3 })
})

test('a span that was sent but not acknowledged may be missing', () => {
  const books = new Books()
  books.next()
  assert.deepEqual(books.check(new Arrivals()), { ...clean, delivered: 0 })
})

test('a body that was written anew is that of its numbers, also where they get longer', () => {
  const bodies = new NumberedBodies(100)
  for (const first of [0, 80, 90, 100, 980, 5000, 4980, 99_990, 123_440])
    assert.equal(bodies.of(first).toString(), requestOf(first, 100), String(first))
})

test('after a restore only what was acknowledged before the backup, or again since, is required', () => {
  const books = new Books()
  const [before, lost, again] = [books.next(), books.next(), books.next()]
  books.acknowledge(before)
  const mark = books.mark()
  for (const first of [lost, again]) books.acknowledge(first)
  books.backTo(mark)
  books.acknowledge(again)
  const arrivals = new Arrivals()
  assert.equal(books.check(arrivals).lost, 2 * SPANS_PER_REQUEST)
  for (const first of [before, again])
    for (let i = 0; i < SPANS_PER_REQUEST; i++) arrivals.count(first + i)
  assert.equal(books.check(arrivals).lost, 0)
  assert.equal(mark.size, SPANS_PER_REQUEST)
})
