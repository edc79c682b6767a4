// What is invisible, or steers how text is drawn, is shown as a mark; what a script or an emoji needs to be read stays.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oneLine, visible } from '../../console/src/parts/visible.ts'

const point = (code: number): string => String.fromCodePoint(code)
const tags = (text: string): string =>
  Array.from(text, (c) => point(0xe0000 + (c.codePointAt(0) ?? 0))).join('')

test('every invisible character of Unicode becomes a mark', () => {
  const missed: string[] = []
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = point(code)
    if (!/\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|\p{Cc}/u.test(character)) continue
    if (code === 9 || code === 10 || code === 13) continue
    if (visible(`a${character}b`).includes(character)) missed.push(code.toString(16))
  }
  assert.deepEqual(missed, [])
})

test('a mark says which character it was, and a long run is counted', () => {
  assert.equal(visible('ad\u00admin'), 'ad⟨U+00AD⟩min')
  assert.equal(visible('\u001b[31m'), '␛[31m')
  assert.equal(visible(`x${tags('A')}`), 'x⟨U+E0041⟩')
  assert.equal(visible(tags('ignore all')).endsWith('⟨2 more⟩'), true)
  assert.equal(oneLine('a\ufeff b\n c'), 'a⟨U+FEFF⟩ b c')
  for (const text of ['\u3164', '\uffa0', '\u180e', '\u034f', '\u115f', '\u2800', '\u{e0121}'])
    assert.match(visible(`user${text}`), /^user⟨U\+[0-9A-F]{4,5}⟩$/)
})

test('what a script or an emoji needs is left as it is', () => {
  for (const text of [
    'می\u200cخواهم',
    'क्\u200dष क्\u200cष',
    'ශ්\u200dරී',
    '👩\u200d💻 👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥 👍🏽 ❤\ufe0f ☎\ufe0e 1\ufe0f\u20e3 🇩🇪',
    `🏴${tags('gbsct')}\u{e007f}`,
    '葛\u{e0100}城',
    'مرحبا שלום नमस्ते ü ñ\u0303 日本',
  ])
    assert.equal(visible(text), text)
})

test('nothing hides behind what is needed elsewhere', () => {
  for (const text of [
    'a\u200cb',
    'a\u200db',
    'می\u200c\u200cخواهم',
    '👩\u200d',
    '👩\u200da',
    '❤\ufe0f\ufe0f',
    '1\ufe0f',
    `🏴${tags('usevil')}\u{e007f}`,
    `a${tags('gbsct')}\u{e007f}`,
    '葛\u{e0100}\u{e0101}',
  ])
    assert.match(visible(text), /⟨U\+/, JSON.stringify(text))
})

test('a cut leaves no half of a character', () => {
  assert.equal(oneLine('aa😀', 3), 'aa…')
})
