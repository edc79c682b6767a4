// Escapes that may hide a part of a secret. Where one stands in a value, the value is decoded and judged once more.

import { CONCATENATIONS } from '../value/concatenation.ts'

/** Escapes of JSON and C, and character references. */
const BACKSLASH = ['\\u00', '\\u20', '\\uff', '\\uFF', '\\x', '\\/', '&#']
// biome-ignore format: a list of names
const NAMED = ['&commat;', '&period;', '&lowbar;', '&hyphen;', '&dash;', '&colon;', '&equals;', '&sol;']
/** How letters of other scripts begin behind `\u`: the words for password and key in them. */
// biome-ignore format: a list of digits
const SCRIPTS = ['01', '03', '04', '05', '06', '09', '0e', '0E', '30', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'A', 'B', 'C', 'D']
// biome-ignore format: a list of escapes
const QUOTED_PRINTABLE = ['=40', '=3D', '=3A', '=2D', '=2E', '=2F', '=2B', '=5F', '=22', '=20', '=\r\n', '=\n', '=\\r', '=\\n']
/** Full-width at-sign; zero-width space, non-joiner, word joiner, byte order mark, soft hyphen. */
const INVISIBLE = [0xff20, 0x200b, 0x200c, 0x2060, 0xfeff, 0xad]
const FULL_WIDTH_ZERO = 0xff10

export function escapeLiterals(): Uint8Array[] {
  const texts = [
    ...BACKSLASH,
    ...NAMED,
    ...SCRIPTS.map((d) => `\\u${d}`),
    ...QUOTED_PRINTABLE,
    ...CONCATENATIONS,
  ]
  for (let c = 0x20; c < 0x7f; c++) {
    const hex = c.toString(16).padStart(2, '0')
    texts.push(`%${hex}`)
    if (hex !== hex.toUpperCase()) texts.push(`%${hex.toUpperCase()}`)
  }
  for (let n = 0; n < 10; n++) texts.push(String.fromCharCode(FULL_WIDTH_ZERO + n))
  texts.push(...INVISIBLE.map((c) => String.fromCharCode(c)))
  return texts.map((t) => Buffer.from(t, 'utf8'))
}
