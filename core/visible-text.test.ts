// Text from outside must be harmless in terminals and logs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelValue } from './metrics.ts'
import { visible, visibleJson, withCharacters } from './visible-text.ts'

const UNSAFE = [
  '\u0000',
  '\u0007',
  '\u001b',
  '\r',
  '\n',
  '\u007f',
  '\u0085',
  '\u009b',
  '\u061c',
  '\u200e',
  '\u202e',
  '\u2028',
  '\u2066',
  '\ufeff',
]

test('nothing that moves a cursor or turns text round is left', () => {
  for (const c of UNSAFE) {
    const shown = visible(`a${c}b`)
    assert.match(shown, /^a\\u[0-9a-f]{4}b$/)
    assert.equal(JSON.parse(`"${shown}"`), `a${c}b`)
  }
  assert.equal(visible('héllo 你好 🙂 ‘quoted’ – é'), 'héllo 你好 🙂 ‘quoted’ – é')
})

test('JSON lines stay the same values', () => {
  const values = UNSAFE.map((c) => ({ name: `x${c}y`, 'k\u009b': ['Ärger', '…', '🙂', 'ﷺ'] }))
  const text = values.map((v) => `${JSON.stringify(v)}\n`).join('')
  const shown = visibleJson(Buffer.from(text)).toString()
  assert.deepEqual(
    shown
      .trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l) as unknown),
    values,
  )
  for (const c of UNSAFE) if (c !== '\n') assert.ok(!shown.includes(c), JSON.stringify(c))
  const plain = Buffer.from('{"a":"nothing odd"}\n')
  assert.equal(visibleJson(plain), plain)
})

test('a label of a metric is one short line, whatever a client called its model', () => {
  assert.equal(labelValue('m\u0000\nx"\\'), 'm\\\\u0000\\\\u000ax\\"\\\\')
  assert.ok(labelValue('x'.repeat(10_000)).length <= 200)
})

test('characters outside ASCII are shown as they are, and the JSON has the same value', () => {
  for (const value of [
    'Ä',
    '😀',
    'a\\u00e4',
    '\u0000\u001f"\\',
    'plain',
    '\ud83d alone',
    '\\\\ä',
  ]) {
    const json = JSON.stringify({ value }).replace(/[\u0080-\uffff]/g, (c) =>
      `\\u${c.charCodeAt(0).toString(16)}`.replace('\\ue4', '\\u00e4').replace('\\uc4', '\\u00c4'),
    )
    assert.deepEqual(JSON.parse(withCharacters(json)), { value })
  }
  assert.equal(withCharacters('"\\u00fc\\n\\u0022\\\\u00fc"'), '"ü\\n\\u0022\\\\u00fc"')
})
