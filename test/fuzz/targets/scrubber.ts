// The scrubber: a key between blanks is found whatever surrounds it, and no text makes the search fail or hang.

import assert from 'node:assert/strict'
import { ALPHABET, type Dice } from '../../../bench/traffic/random.ts'
import { createTextScrubber } from '../../../processors/scrub/index.ts'
import { mutated } from '../mutate.ts'
import type { OpenTarget, Target } from '../target.ts'
import { seedBodies } from './bodies.ts'

const BYTES_MAX = 8 * 1024
const FIELDS = [
  '',
  'gen_ai.input.messages',
  'http.request.header.authorization',
  'password',
  'user.id',
  'url.full',
]

export const scrubber: Target = {
  name: 'scrubber',
  about: 'texts through the scrubber, half of them with a key put into them',
  executions: 10_000,
  open: async () => open(),
}

function open(): OpenTarget {
  const texts = seedBodies().flatMap((s) => s.bodies)
  const scrubbers = createTextScrubber()
  return {
    input: (dice) => mutated(texts, dice, BYTES_MAX),
    execute(input, dice) {
      const around = input.toString('utf8')
      const key = dice.chance(0.5) ? testKey(dice) : null
      const at = dice.int(0, around.length)
      const text = key === null ? around : `${around.slice(0, at)} ${key} ${around.slice(at)}`
      const field = dice.pick(FIELDS)
      const { text: scrubbed, spans } = scrubbers.scrub(text, field)
      // The key was drawn: it belongs to nobody, and without it the failure cannot be looked at.
      if (key !== null)
        assert.ok(!scrubbed.includes(key), `the key ${key} at ${at} of "${field}" was not found`)
      let end = 0
      for (const span of spans) {
        assert.ok(span.start >= end && span.end > span.start, 'findings overlap or are empty')
        end = span.end
      }
      assert.ok(end <= text.length, 'a finding lies beyond the text')
    },
  }
}

/** A key of random characters in the form of a real one, so it belongs to nobody. */
function testKey(dice: Dice): string {
  const made = [
    () => `ghp_${dice.chars(36, ALPHABET.alnum)}`,
    () => `sk-ant-api03-${dice.chars(93, ALPHABET.alnum)}AA`,
    () => `AKIA${dice.chars(16, ALPHABET.base32)}`,
    () =>
      `xoxb-${dice.chars(12, ALPHABET.digits)}-${dice.chars(12, ALPHABET.digits)}-${dice.chars(24, ALPHABET.alnum)}`,
  ]
  return dice.pick(made)()
}
