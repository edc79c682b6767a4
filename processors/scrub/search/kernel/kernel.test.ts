// The kernel against the plain scanner, and the committed bytes against the source.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arena } from '../../../../core/arena.ts'
import { defaultSettings, KEYWORDS_MAX, scrubSchema, settingsOf } from '../../config.ts'
import { Draw, FAKES } from '../../corpus/fake-secrets.ts'
import { DETECTOR_IDS } from '../../detectors/table.ts'
import { createTextScrubber } from '../../index.ts'
import { createFinder } from '../../judge/create-judges.ts'
import { generated } from '../../scripts/generate-kernel.ts'
import { entriesOf, fingerprintKey } from '../anchor-tables.ts'
import { slowScan } from '../oracle.ts'
import { FINGERPRINTS } from './fingerprints.generated.ts'

const finder = createFinder(defaultSettings())
const arena = new Arena()
const scanner = finder.scanner(arena)

function agree(text: Uint8Array): number {
  arena.reset()
  const from = arena.append(text)
  const to = from + text.length
  const n = scanner.scan(from, to)
  const fast = Array.from(scanner.candidates.subarray(0, 2 * n))
  const slow = slowScan(finder.compiled, arena.bytes, from, to)
  assert.deepEqual(fast, slow, Buffer.from(text).toString('latin1'))
  return n
}

test('the kernel finds exactly what the plain scanner finds', () => {
  const draw = new Draw(3)
  const pieces = [
    ...Object.values(FAKES).flatMap((make) => [make(draw), make(draw)]),
    ...finder.compiled.anchors.map((a) => Buffer.from(a.bytes).toString('utf8')),
    'password: ',
    'api_key = "',
    ' the token is ',
    '--token abc ',
    '\\n',
    '\\u0040',
    '%40',
    '0.123456789',
    '2026-11-02 19:54',
    ' ',
    'x',
    '４１１１',
    '\n',
    'é',
    '1234',
    '@',
  ]
  const part = fc.oneof(
    fc.constantFrom(...pieces),
    fc.string({ maxLength: 20 }),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  let candidates = 0
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.nat(16), (parts, shift) => {
      candidates += agree(Buffer.from('.'.repeat(shift) + parts.join(''), 'utf8'))
    }),
    { numRuns: 1500 },
  )
  assert.ok(candidates > 2000, `only ${candidates} candidates`)
})

test('an anchor of two bytes is found once, whatever follows', () => {
  const short = [...finder.compiled.anchors.map((a) => a.bytes), ...finder.compiled.escapes].filter(
    (bytes) => bytes.length === 2,
  )
  assert.ok(short.length > 2)
  for (const anchor of short)
    for (const third of '0 (HZaq~') {
      const text: number[] = []
      for (let fourth = 0; fourth < 256; fourth++)
        text.push(...anchor, third.charCodeAt(0), fourth, 0x0a)
      agree(Uint8Array.from(text))
    }
})

test('more candidates than there was room for are found in a second round', () => {
  assert.ok(agree(Buffer.from('x@y'.repeat(4000))) >= 4000)
})

test('each anchor of the detectors has a searched place, and no place is left over', () => {
  const names = entriesOf(finder.compiled).map(fingerprintKey)
  const hint = 'run processors/scrub/scripts/choose-fingerprints.ts'
  assert.deepEqual(
    names.filter((name) => !FINGERPRINTS.has(name)),
    [],
    hint,
  )
  assert.deepEqual(
    [...FINGERPRINTS.keys()].filter((name) => !names.includes(name)),
    [],
    hint,
  )
})

test('the committed kernel is what the source compiles to', async () => {
  const committed = readFileSync(new URL('./scan.generated.ts', import.meta.url), 'utf8')
  assert.equal(committed, await generated())
})

test('all detectors and as many keywords as a configuration may have find room in the kernel', () => {
  const rules = Array.from({ length: KEYWORDS_MAX / 4 }, (_, i) => ({
    name: `rule_${i}`,
    pattern: `R${i}-[0-9]{5}`,
    keywords: [0, 1, 2, 3].map((k) => `keyword number ${i} of ${k}`),
  }))
  const detectors = Object.fromEntries(DETECTOR_IDS.map((id) => [id, true]))
  const scrubber = createTextScrubber(settingsOf(scrubSchema.parse({ detectors, rules })))
  assert.equal(
    scrubber.scrub('keyword number 7 of 2: R7-12345 at 10.1.2.3').text,
    'keyword number 7 of 2: [REDACTED:rule_7] at [REDACTED:ip_address]',
  )
})
