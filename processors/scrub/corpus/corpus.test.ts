// What is found, on the development corpus and on texts the detectors were not written against.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { scrubSchema, settingsOf } from '../config.ts'
import { createTextScrubber } from '../index.ts'
import { heldOut } from './heldout.ts'
import { CORE_EIGHT, type Labelled, type Score, score, summary } from './score.ts'

const scrubber = createTextScrubber()

function corpus(): Labelled[] {
  const bytes = readFileSync(new URL('../testdata/dev.jsonl.gz', import.meta.url))
  const lines = gunzipSync(bytes).toString('utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Labelled)
}

function mustReachGoals(result: Score): void {
  const s = summary(result)
  const misses = JSON.stringify(result.misses.slice(0, 20))
  assert.ok(s.coreRecall >= 0.985, `recall of the eight ${s.coreRecall}: ${misses}`)
  assert.ok(s.coreWorst >= 0.97, `the worst of the eight ${s.coreWorst}: ${misses}`)
  assert.ok(s.recall >= 0.97, `recall ${s.recall}: ${misses}`)
  assert.ok(s.precision >= 0.99, `precision ${s.precision}: ${misses}`)
  assert.ok(s.cleanChanged <= 0.005, `clean texts changed ${s.cleanChanged}: ${misses}`)
  assert.ok(s.collateral <= 0.001, `collateral ${s.collateral}`)
  assert.equal(s.coreLeaks, 0, misses)
}

test('the development corpus: recall, precision, clean texts, no leak', () => {
  const lines = corpus()
  assert.equal(lines.length, 1566)
  const result = score(lines, (l) => scrubber.scrub(l.text, l.field))
  assert.ok(CORE_EIGHT.every((t) => result.byType.has(t)))
  mustReachGoals(result)
})

test('texts of another author: other sentences, containers and languages', () => {
  mustReachGoals(score(heldOut(2, 2500), (l) => scrubber.scrub(l.text, l.field)))
})

test('the score tells a scrubber that finds nothing from one that masks everything', () => {
  const lines = heldOut(3, 200)
  const blind = summary(score(lines, (l) => ({ text: l.text, spans: [] })))
  assert.equal(blind.recall, 0)
  const greedy = summary(
    score(lines, (l) => ({ text: '', spans: [{ start: 0, end: l.text.length, type: 'x' }] })),
  )
  assert.equal(greedy.recall, 1)
  assert.equal(greedy.cleanChanged, 1)
  assert.ok(greedy.precision < 0.7)
  const leaky = score(lines, (l) => ({ text: l.text, spans: [...l.spans] }))
  assert.ok([...leaky.byType.values()].some((t) => t.leaked > 0))
})

test('scrubbing twice is scrubbing once, byte for byte', () => {
  for (const l of [...corpus(), ...heldOut(4, 1500)]) {
    const once = scrubber.scrub(l.text, l.field).text
    assert.equal(scrubber.scrub(once, l.field).text, once)
  }
})

test('mixtures of texts, cut and joined anywhere: scrubbing twice is scrubbing once, whatever the action', () => {
  const texts = [...corpus().filter((_, i) => i % 5 === 0), ...heldOut(9, 300)].map((l) => l.text)
  const actions = createTextScrubber(
    settingsOf(
      scrubSchema.parse({
        action: 'partial',
        detectors: { email: { action: 'pseudonym' }, password: { action: 'mask' } },
        pseudonym: { key: 'k'.repeat(20) },
      }),
    ),
  )
  const piece = fc.tuple(
    fc.constantFrom(...texts),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  const glue = fc.constantFrom(
    '',
    ' ',
    '\n',
    '"',
    '\\',
    ',',
    '[REDACTED:email]',
    '[REDACTED:',
    ']',
    '=',
    '%',
    '\\u00',
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, glue), { minLength: 1, maxLength: 4 }), (parts) => {
      const text = parts
        .map(
          ([[t, a, z], g]) =>
            t.slice(Math.floor(Math.min(a, z) * t.length), Math.ceil(Math.max(a, z) * t.length)) +
            g,
        )
        .join('')
      if (!text.isWellFormed()) return
      for (const s of [scrubber, actions]) {
        const once = s.scrub(text).text
        assert.equal(s.scrub(once).text, once)
      }
    }),
    { numRuns: 1500 },
  )
})
