import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FINISHING } from './finishing.ts'

test('every step comes after the steps it needs, and its name is its own', () => {
  const before = new Set<string>()
  for (const { name, needs } of FINISHING.steps) {
    assert.ok(!before.has(name), `two steps are called ${name}`)
    for (const need of needs) assert.ok(before.has(need), `${name} needs ${need}`)
    before.add(name)
  }
})
