// Checks `docs/security.md`: every statement is listed, and every test that it names exists.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { root, textOf } from './source-files.ts'

const STATEMENTS = 68
const STATES = ['yes', 'partly', 'no', 'n/a'] as const

interface Statement {
  readonly number: number
  readonly what: string
  readonly state: (typeof STATES)[number]
  readonly how: string
  readonly tests: string
}

const page = textOf('docs/security.md')
const statements: readonly Statement[] = page
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => {
    const cells = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''))
    assert.equal(cells.length, 5, line)
    const [number, what = '', state = '', how = '', tests = ''] = cells
    assert.ok((STATES as readonly string[]).includes(state), line)
    return { number: Number(number), what, state: state as Statement['state'], how, tests }
  })

/** `[file](../path) "name"` */
const referencesIn = (cell: string): { shown: string; file: string; name: string }[] =>
  [...cell.matchAll(/\[([^\]]+)\]\(\.\.\/([^)]+)\) "([^"]+)"/g)].map(
    ([, shown = '', file = '', name = '']) => ({ shown, file, name }),
  )

/** Names of tests, including those made in a loop, or of hostile requests. */
function namesIn(file: string): string {
  const text = textOf(file)
  if (file.endsWith('.jsonl')) return (text.match(/(?<="id": ?")[^"]+/g) ?? []).join('\n')
  return (text.match(/\btest\(\s*(['"`])[\s\S]*?\1/g) ?? []).join('\n')
}

test('every statement is on the page once, in order', () => {
  assert.deepEqual(
    statements.map((s) => s.number),
    Array.from({ length: STATEMENTS }, (_, i) => i + 1),
  )
})

test('the totals on the page are those of its rows', () => {
  const count = (state: string): number => statements.filter((s) => s.state === state).length
  const said = /(\d+) are yes, (\d+) partly, (\d+) no, (\d+) n\/a\./.exec(page)
  assert.deepEqual(said?.slice(1).map(Number), STATES.map(count))
})

test('every test that the page names exists', () => {
  const dead: string[] = []
  let named = 0
  for (const { number, tests } of statements)
    for (const { shown, file, name } of referencesIn(tests)) {
      named++
      assert.equal(shown, basename(file), `${number}`)
      if (!existsSync(join(root, file))) dead.push(`${number}: there is no ${file}`)
      else if (!namesIn(file).includes(name)) dead.push(`${number}: ${file} has no test "${name}"`)
    }
  assert.ok(named > 100, `${named} tests are named`)
  assert.deepEqual(dead, [])
})

test('statements that hold name a test, and the others say what is missing', () => {
  for (const { number, state, how, tests } of statements) {
    if (state === 'yes') assert.ok(referencesIn(tests).length > 0, `${number} has no test`)
    if (state === 'partly' || state === 'no')
      assert.match(how, /\bMissing: \S/, `${number} does not say what is missing`)
    if (state === 'yes') assert.doesNotMatch(how, /\bMissing:/, `${number}`)
    // Every link in the cell is understood as a reference to a test.
    assert.equal((tests.match(/\]\(/g) ?? []).length, referencesIn(tests).length, `${number}`)
  }
})

test('a test name that does not exist is noticed', () => {
  assert.ok(!namesIn('test/house/security-page.test.ts').includes('a test that never was'))
  assert.ok(!namesIn('test/hostile/cases.jsonl').includes('no-such-case'))
})

test('the policy names contact, supported versions and a time limit', () => {
  const policy = textOf('SECURITY.md')
  assert.match(policy, /## Reporting a vulnerability/)
  assert.match(policy, /## Supported versions/)
  assert.match(policy, /90 days/)
})
