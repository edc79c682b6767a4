// Which texts need not be joined: those whose seams cannot lie inside of a token. Any cut of any token is suspect.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Draw, FAKES, fake } from '../corpus/fake-secrets.ts'
import type { Range } from '../value/value-range.ts'
import { hasSuspectSeam, mayCross } from './seams.ts'

const draw = new Draw(31)

function joined(texts: readonly string[]): { b: Buffer; parts: Range[] } {
  const parts: Range[] = []
  let at = 0
  for (const text of texts) {
    const to = at + Buffer.byteLength(text)
    parts.push({ from: at, to })
    at = to
  }
  return { b: Buffer.from(texts.join('')), parts }
}

const isSuspect = (...texts: string[]): boolean => {
  const { b, parts } = joined(texts)
  return mayCross(b, parts) && hasSuspectSeam(b, parts)
}

test('messages that end and begin with words are not joined', () => {
  const quiet: readonly (readonly string[])[] = [
    ['You answer questions about 2025 orders only.', 'Where is my parcel with number 17?'],
    ['The first paragraph ends here and says nothing', 'the second one begins with a word'],
    [
      "I don't know what that means, says a user of 7 words",
      "It's a long story that began in 1999.",
    ],
    ['A document about the weather in the north.', '{"city":"Paris","days":[1,2,3],"unit":"C"}'],
    ['{"city":"Paris","days":[1,2,3],"unit":"C"}', 'It will rain on 3 days of the next week.'],
  ]
  for (const texts of quiet) assert.equal(isSuspect(...texts), false, texts.join(' | '))
})

test('wherever a token is cut, its seam is suspect', () => {
  const before = 'the text that stands before it is long enough '
  for (const type of Object.keys(FAKES))
    for (let i = 0; i < 20; i++) {
      const secret = fake(type, draw)
      if (/\s/.test(secret)) continue
      const cut = 1 + draw.below(secret.length - 1)
      const left = before + secret.slice(0, cut)
      const right = `${secret.slice(cut)} and long enough what comes behind it`
      // A quote or a bracket beside the seam is the end of a value, not a part of one.
      if (/[!?,;{}[\]"]$/.test(left) || /^[!?,;{}[\]"]/.test(right)) continue
      assert.equal(isSuspect(left, right), true, `${type} cut at ${cut}: ${left} | ${right}`)
    }
})
