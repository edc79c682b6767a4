// Texts made of a few pieces again and again: what makes an expression try every way to cut a text. Each must be done in
// seconds, which is no measure of speed: one that backtracks would take until the sun burns out.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import { createTextScrubber } from '../index.ts'

const DEADLINE_MS = 20_000
const BYTES = 2000
const TEXTS = 600

// biome-ignore format: a list
const PIECES = [
  'x: ', 'x=', '"x": "', 'Secret ', 'password ', 'token', 'key ', 'api_key', ' is ', ': ', '=', '"', "'", '\\"', '\\n',
  '\n', '\n  ', ' ', ', ', ' | ', '|', '<b>', '</b>', '<', '(', ')', '[', ']', '{', '}', '@', 'a@b.', '.', '-', '--token ',
  '1', '12 ', '1-', '(1', '+1', '%40', '\\u0040', '&#64;', '=3D', '=\n', 'cookie: ', 'Bearer ', 'basic ', 'eyJ', 'https://',
  'a:b@', '/', 'curl -u ', 'mysql -p', 'login ', 'and ', 'user', '"value":', '"name":', 'type', 'é', 'ключ ', 'data:',
  'kind: Secret', '-----BEGIN', 'AKIA', 'sk-', ' at ', ' dot ', '(at)', 'pass', '\t', ';', 'A,B', '\\\\', 'auth="', 'sig=',
  'ssn', 'iban ', 'GB82', '"delta"', '"type":"text"', '**', '`', '${', '{{', '_', 'aB1',
]

test('no text of repeated pieces keeps the scrubber busy', () => {
  const scrubber = createTextScrubber()
  const context = vm.createContext({ scrub: (text: string) => scrubber.scrub(text) })
  const script = new vm.Script('scrub(text)')
  let state = 20_261_125
  const below = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  for (let i = 0; i < TEXTS; i++) {
    const unit = Array.from({ length: 1 + below(5) }, () => PIECES[below(PIECES.length)]).join('')
    context['text'] = unit.repeat(Math.ceil(BYTES / unit.length))
    assert.doesNotThrow(
      () => script.runInContext(context, { timeout: DEADLINE_MS }),
      `busy for ${DEADLINE_MS} ms with ${JSON.stringify(unit)} repeated`,
    )
  }
})
