// Generated siblings of the labelled cases, one trace each: other clients, other names of the members that change, other ways to
// say nothing, other trees of failed spans. `siblings.json.gz` is compressed because some texts look like account numbers; all values
// in it are invented.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { configWith, signalsOf, taskRequest } from './configured.ts'

interface Sibling {
  readonly name: string
  readonly trace: string
  /** Of each list one type must be found. */
  readonly want: readonly (readonly string[])[]
  readonly not: readonly string[]
  readonly request: unknown
}

const file = gunzipSync(readFileSync(join(import.meta.dirname, 'siblings.json.gz'))).toString()
const { cases } = JSON.parse(file) as { cases: readonly Sibling[] }
const NOW_MS = 1_795_500_000_000

test('siblings of the cases: what must be found in each trace, and what must not', async () => {
  assert.ok(cases.length > 90)
  const found = new Map<string, Set<string>>()
  const requests = cases.map((c) => taskRequest(c.request, NOW_MS))
  for (const { trace_id: trace, type } of signalsOf(await configWith(), requests))
    found.set(String(trace), (found.get(String(trace)) ?? new Set()).add(type))
  const wrong = cases.flatMap(({ name, trace, want, not }) => {
    const types = found.get(trace) ?? new Set()
    const missing = want.filter((any) => !any.some((type) => types.has(type)))
    const extra = not.filter((type) => types.has(type))
    return missing.length + extra.length === 0 ? [] : [{ name, missing, extra }]
  })
  assert.deepEqual(wrong, [])
})
