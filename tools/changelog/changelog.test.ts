// Tests of the changelog: the unreleased section has the text of the fragments, and released sections never change.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { strayItems, withRelease, withUnreleased } from './changelog.ts'
import { type Fragment, parseFragment } from './fragments.ts'

const one = { file: 'a.md', kind: 'fixed', text: 'One\nline more.\n\nAnd a paragraph.' } as const
const two = { file: 'b.md', kind: 'added', text: 'Two.' } as const
const fragments: readonly Fragment[] = [one, two]

test('kinds are listed in their fixed order, with one item for each fragment', () => {
  const text = withUnreleased('', fragments)
  assert.match(
    text,
    /## Unreleased\n\n### Added\n\n- Two\.\n\n### Fixed\n\n- One\n {2}line more\.\n\n {2}And a paragraph\.\n$/,
  )
})

test('a release replaces the unreleased section, and older releases stay unchanged below it', () => {
  const first = withRelease(withUnreleased('', [two]), [two], '0.1.0', '2026-01-01')
  assert.ok(!first.includes('Unreleased'))
  const second = withUnreleased(first, [one])
  assert.ok(second.indexOf('## Unreleased') < second.indexOf('## 0.1.0 (2026-01-01)'))
  assert.ok(second.endsWith(first.slice(first.indexOf('\n## 0.1.0'))))
  const third = withRelease(second, [one], '0.2.0', '2026-02-01')
  assert.deepEqual(third.match(/^## .*/gm), ['## 0.2.0 (2026-02-01)', '## 0.1.0 (2026-01-01)'])
  assert.equal(withUnreleased(third, []), third)
})

test('writing the changelog a second time changes nothing', () => {
  const text = withUnreleased('', fragments)
  assert.equal(withUnreleased(text, fragments), text)
})

test('an item without a fragment is reported, a fragment that is not yet in the changelog is not', () => {
  const text = withUnreleased('', fragments)
  assert.deepEqual(strayItems(text, fragments), [])
  assert.deepEqual(strayItems(text, [...fragments, { ...two, text: 'Three.' }]), [])
  assert.deepEqual(strayItems(text, [one]), ['- Two.\n'])
  assert.deepEqual(strayItems(text.replace('line more', 'line less'), fragments).length, 1)
  const released = withRelease(text, fragments, '0.1.0', '2026-01-01')
  assert.deepEqual(strayItems(released, []), [], 'releases have no fragments')
})

test('a fragment with a wrong format is refused with the reason', () => {
  assert.deepEqual(parseFragment('b.md', 'kind: added\n\nTwo.\n'), two)
  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['Big.md', 'kind: added\n\nx\n', /lower case/],
    ['notes.txt', 'kind: added\n\nx\n', /place-subject\.md/],
    ['a.md', 'kind: new\n\nx\n', /first line/],
    ['a.md', 'x\n', /first line/],
    ['a.md', 'kind: added\n\n', /nothing/],
    ['a.md', 'kind: added\nx\n', /second line/],
    ['a.md', 'kind: added\n\n# x\n', /headings/],
    ['a.md', 'kind: added\n\n- x\n', /lists/],
  ]
  for (const [file, text, reason] of bad) assert.match(parseFragment(file, text) as string, reason)
})
