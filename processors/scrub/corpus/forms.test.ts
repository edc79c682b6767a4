// The forms in which secrets are written down: each must lose its secret, and keep it lost when scrubbed again; what
// only looks like one must stay.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTextScrubber } from '../index.ts'
import { card, Draw, FAKES, fake } from './fake-secrets.ts'
import { FORMS, LOOKALIKES } from './forms.ts'
import { OUTSIDE_FORMS, OUTSIDE_LOOKALIKES } from './outside-forms.ts'

const scrubber = createTextScrubber()
const HEX = '0123456789abcdef'
const MIXED = 'ABCDEFGHJKLMNPabcdefghjkmnpqrstuv23456789'

/** Values that have no vendor: by the names the forms use. */
const PLAIN: Readonly<Record<string, (d: Draw) => string>> = {
  hex32: (d) => d.chars(HEX, 32),
  hex40: (d) => d.chars(HEX, 40),
  hex64: (d) => d.chars(HEX, 64),
  alnum32: (d) => `${d.chars(MIXED, 30)}a7`,
  alnum35: (d) => `${d.chars(MIXED, 33)}Z3`,
  alnum40: (d) => `${d.chars(MIXED, 38)}Z3`,
  letters48: (d) => d.chars('abcdefghijklmnopqrstuvwxyz', 48),
  pw: (d) => fake('password', d),
  b64: (d) => Buffer.from(d.chars('abcdefghij0123456789ABC', 33)).toString('base64'),
  card16: (d) => {
    for (;;) {
      const c = card(d)
      if (c.length === 16) return c
    }
  },
}

const SETS: Readonly<Record<string, string>> = {
  alnum: MIXED,
  word: `${MIXED}-_`,
  hex: HEX,
  lower: 'abcdefghjkmnpqrstuv23456789',
  upper: 'ABCDEFGHJKLMNP23456789',
  base58_: MIXED,
  base32_: 'ABCDEFGHJKLMNP234567',
}

/** `alnum43`, `hex16`: so many characters of a set; `plainpw`: letters and digits. */
function drawn(name: string, d: Draw): string | undefined {
  if (name === 'plainpw')
    return `Zk${d.chars(MIXED, 8)}${d.chars('23456789', 2)}${d.chars(MIXED, 3)}`
  const m = /^([a-z]+(?:\d+_)?)(\d+)$/.exec(name)
  const set = SETS[m?.[1] ?? '']
  return set === undefined ? undefined : `${d.chars(set, Number(m?.[2]) - 2)}a7`
}

const hex = (c: string): string => c.charCodeAt(0).toString(16)
const all = (t: string, by: (c: string) => string): string => Array.from(t, by).join('')
const each = (t: string, these: RegExp, by: (c: string) => string): string => t.replace(these, by)

/** How a value is written in the form. */
// biome-ignore format: a table
const ENCODINGS: Readonly<Record<string, (t: string) => string>> = {
  json: (t) => JSON.stringify(t).slice(1, -1),
  json2: (t) => JSON.stringify(JSON.stringify(t)).slice(3, -3),
  pct: encodeURIComponent,
  pctall: (t) => all(t, (c) => `%${hex(c).toUpperCase()}`),
  b64: (t) => Buffer.from(t).toString('base64'),
  b64u: (t) => Buffer.from(t).toString('base64url'),
  b64n: (t) => Buffer.from(`name=${t};x`).toString('base64'),
  qp: (t) => each(t, /[=@]/g, (c) => `=${hex(c).toUpperCase()}`),
  qpall: (t) => all(t, (c) => `=${hex(c).toUpperCase()}`),
  qpsoft: (t) => `${t.slice(0, 12)}=\r\n${t.slice(12)}`,
  qpsoftlf: (t) => `${t.slice(0, 9)}=\n${t.slice(9, 25)}=\n${t.slice(25)}`,
  ent: (t) => each(t, /[@.=/]/g, (c) => `&#${c.charCodeAt(0)};`),
  entx: (t) => each(t, /[@.=/-]/g, (c) => `&#x${hex(c)};`),
  commat: (t) => t.replace('@', '&commat;'),
  wide: (t) => all(t, (c) => (c > ' ' && c < '~' ? String.fromCharCode(c.charCodeAt(0) + 0xfee0) : c)),
  zw: (t) => `${t.slice(0, 8)}\u200b${t.slice(8)}`,
  esc: (t) => each(t, /[@.=/-]/g, (c) => `\\u${hex(c).padStart(4, '0')}`),
  u8: (t) => all(t, (c) => `\\x${hex(c)}`),
  dash: (t) => t.replace(/(....)(?=.)/g, '$1-'),
  sp: (t) => t.replace(/(....)(?=.)/g, '$1 '),
  dot: (t) => t.replace(/(....)(?=.)/g, '$1.'),
  und: (t) => t.replaceAll('-', '\u2011'),
  nodash: (t) => t.replace(/\D/g, ''),
  spd: (t) => t.replaceAll('-', ' '),
}

const OPENING =
  /^(?:sk-ant-(?:api03|admin01|oat01)-|-----BEGIN [A-Z ]*PRIVATE KEY-----|https:\/\/(?:hooks\.slack\.com\/services|discord\.com\/api\/webhooks)\/)/

interface Written {
  readonly text: string
  readonly values: readonly { readonly type: string; readonly written: string }[]
}

function write(form: string, d: Draw): Written {
  const values: { type: string; written: string }[] = []
  const text = form.replace(/\{\{(\w+)(?:\|(\w+))?\}\}/g, (_, type: string, how?: string) => {
    const value = PLAIN[type]?.(d) ?? drawn(type, d) ?? fake(type, d)
    const written = how === undefined ? value : (ENCODINGS[how]?.(value) ?? '')
    values.push({ type, written })
    return written
  })
  return { text, values }
}

/** Six characters of the secret in a row are still there; of an address, of the part before the at-sign. */
function survives(form: string, type: string, written: string, out: string): boolean {
  const from = OPENING.exec(written)?.[0].length ?? 0
  const at = type === 'email' ? written.indexOf('@') : -1
  const to = type === 'email' && at < 0 ? from : at < 0 ? written.length : at
  const width = Math.min(6, written.length)
  for (let i = from; i + width <= to; i++) {
    const piece = written.slice(i, i + width)
    if (out.includes(piece) && !form.includes(piece)) return true
  }
  return false
}

test('every form loses its secret, and scrubbing again changes nothing', () => {
  const d = new Draw(41)
  const leaks: string[] = []
  for (const form of [...FORMS, ...OUTSIDE_FORMS]) {
    for (let round = 0; round < 4; round++) {
      const { text, values } = write(form, d)
      const once = scrubber.scrub(text).text
      if (values.some((v) => survives(form, v.type, v.written, once))) leaks.push(form)
      assert.equal(scrubber.scrub(once).text, once, form)
    }
  }
  assert.deepEqual([...new Set(leaks)], [])
  assert.ok(FORMS.length > 450)
})

test('what only looks like a secret stays', () => {
  const d = new Draw(42)
  const changed: string[] = []
  for (const form of [...LOOKALIKES, ...OUTSIDE_LOOKALIKES]) {
    const { text } = write(form, d)
    const done = scrubber.scrub(text).text
    if (done !== text) changed.push(`${text} => ${done}`)
  }
  assert.deepEqual(changed, [])
  assert.ok(LOOKALIKES.length > 200)
})

test('the forms use every encoding and value', () => {
  const used = FORMS.join('\n')
  for (const name of Object.keys(ENCODINGS)) assert.ok(used.includes(`|${name}}}`), name)
  for (const name of Object.keys(PLAIN)) assert.ok(used.includes(`{{${name}`), name)
  assert.ok(Object.keys(FAKES).filter((t) => used.includes(`{{${t}`)).length > 15)
})
