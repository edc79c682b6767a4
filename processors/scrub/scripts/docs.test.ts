// The page of the detectors says what the table says.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { DETECTOR_IDS, DETECTORS } from '../detectors/table.ts'
import { scrubbingPage } from './generate-docs.ts'

test('docs/scrubbing.md is what the table generates, with every detector in it', () => {
  const page = readFileSync(new URL('../../../docs/scrubbing.md', import.meta.url), 'utf8')
  assert.equal(page, scrubbingPage())
  for (const id of DETECTOR_IDS) assert.ok(page.includes(`| \`${id}\` |`), id)
})

test('each detector has a title and either anchors or digits to start from', () => {
  assert.ok(DETECTOR_IDS.length >= 63)
  for (const d of DETECTORS) {
    assert.ok(d.title.length > 3)
    assert.match(d.id, /^[a-z][a-z0-9_]*$/)
    const counted = ['credit_card', 'ssn', 'itin', 'iban', 'basic_auth_url'].includes(d.id)
    // Besides the row that starts from digits, some have another that starts from a word.
    assert.ok(d.anchors.length > 0 || counted, d.id)
  }
})
