// The tree of a trace whose parents are wrong: in a cycle, missing, or the span itself. Each span stands once, below its parent.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SpanRow } from '../../console/src/api/types.ts'
import { inSight, type SpanTree, treeOf } from '../../console/src/views/trace/span-tree.ts'

const span = (span_id: string, parent_span_id: string | null, startMs: number): SpanRow => ({
  event_id: span_id,
  span_id,
  parent_span_id,
  startMs,
  start_time: new Date(startMs).toISOString(),
  event_type: null,
  name: span_id,
  kind: null,
  status: null,
  duration_ms: 1,
  model: null,
  tool_name: null,
  agent_name: null,
  service_name: null,
  input_tokens: null,
  output_tokens: null,
  total_tokens: 1,
  cost_usd: null,
  usage_aggregate: false,
  usage_duplicate_of: null,
})

/** The tree as text: each level two spaces deeper. */
const drawn = (tree: SpanTree): readonly string[] =>
  tree.order.map((i) => `${'  '.repeat(tree.level[i] ?? 0)}${tree.spans[i]?.span_id}`)

function isConsistent(tree: SpanTree): void {
  assert.deepEqual(
    tree.order.toSorted((a, b) => a - b),
    [...tree.spans.keys()],
  )
  const at = new Map(tree.order.map((i, place) => [i, place]))
  for (const i of tree.order) {
    const up = tree.parent[i] ?? -1
    assert.equal(tree.level[i], up < 0 ? 0 : (tree.level[up] ?? 0) + 1)
    if (up >= 0) assert.ok((at.get(up) ?? 0) < (at.get(i) ?? 0), 'a parent comes first')
  }
  const roots = tree.order.filter((i) => tree.parent[i] === -1)
  const sum = roots.reduce((n, i) => n + (tree.tokens[i] ?? 0), 0)
  assert.equal(sum, tree.spans.length, 'each span enters the sums once')
}

test('a cycle begins with its earliest span, and what hangs below it stays below it', () => {
  const tree = treeOf([
    span('leaf', 'b', 9),
    span('c', 'b', 5),
    span('b', 'a', 4),
    span('a', 'c', 3),
    span('root', null, 1),
    span('child', 'root', 2),
  ])
  isConsistent(tree)
  assert.deepEqual(drawn(tree), ['root', '  child', 'a', '  b', '    c', '    leaf'])
  const a = tree.byId.get('a') ?? -1
  assert.deepEqual(
    [tree.below[a], tree.children[a], tree.tokens[a], tree.children[tree.byId.get('c') ?? -1]],
    [3, 1, 4, 0],
  )
  assert.deepEqual(
    inSight(tree, new Set([a])).map((i) => tree.spans[i]?.span_id),
    ['root', 'child', 'a'],
  )
})

test('two that name each other, one that names itself, and a missing parent', () => {
  const tree = treeOf([
    span('x', 'y', 2),
    span('y', 'x', 1),
    span('self', 'self', 3),
    span('orphan', 'gone', 4),
  ])
  isConsistent(tree)
  assert.deepEqual(drawn(tree), ['y', '  x', 'self', 'orphan'])
})

test('parents at random always make a tree', () => {
  let seed = 7
  const next = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let round = 0; round < 300; round++) {
    const n = 1 + next(30)
    isConsistent(
      treeOf(Array.from({ length: n }, (_, i) => span(String(i), String(next(n + 2)), next(50)))),
    )
  }
})
