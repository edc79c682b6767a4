// From detector rows to what the scanner searches: one list of anchors with the rules behind each, and the
// escapes that call for a decoded view. Done once at construction.

import { type Detector } from '../detectors/detector.ts'
import { FAILED_TYPE } from '../detectors/marker.ts'
import { DETECTORS } from '../detectors/table.ts'
import type { NumberRules } from '../matchers/policy.ts'
import type { InnerScan, Matcher, Rule } from '../matchers/rule.ts'
import { matcherOf } from '../matchers/table.ts'
import { ALNUM, DASH, UNDERSCORE } from '../value/bytes.ts'

/** Candidate ids below `FIRST_ANCHOR` are not literals. */
export const CANDIDATE = { DIGITS: 0, ESCAPE: 1, PIECE: 2 } as const
export const FIRST_ANCHOR = 3

/** What stands before a piece of a text in JSON: parts of a message, deltas of a stream. */
export const PIECE_ANCHORS: readonly Uint8Array[] = [
  '"delta"',
  '\\"delta\\"',
  '"type":"text"',
  '"type": "text"',
].map((t) => Buffer.from(t, 'utf8'))

export interface Anchor {
  readonly id: number
  /** Lower-cased when `anyCase`. */
  readonly bytes: Uint8Array
  readonly anyCase: boolean
  /** A name: what follows must be able to be an assignment. */
  readonly assigns: boolean
  readonly rules: readonly Rule[]
}

/** A keyword of a custom rule with what runs there. */
export interface ExtraRule {
  readonly name: string
  readonly keywords: readonly string[]
  readonly match: Matcher
  readonly rank: number
}

export interface Compiled {
  readonly anchors: readonly Anchor[]
  /** Escapes that may hide something: `\u0040`, `%40`, `\/`, full-width digits. */
  readonly escapes: readonly Uint8Array[]
  readonly numbers: NumberRules
  readonly anyNumbers: boolean
  /** By type number. */
  readonly types: readonly string[]
  /** Type number of the first extra rule; the others follow in order. */
  readonly extraFrom: number
  readonly detectorByType: readonly (Detector | null)[]
  readonly awsKeyType: number
  readonly awsSecret: Rule | null
}

/** Compiles the rows that are on. `inner` scans decoded bytes; null at the greatest depth. */
export function compile(
  isOn: (d: Detector) => boolean,
  extra: readonly ExtraRule[],
  inner: InnerScan,
): Compiled {
  const types: string[] = [...new Set(DETECTORS.map((d) => d.id)), FAILED_TYPE]
  // A rule of its own name for each tenant: the types are different ones.
  const extraFrom = types.length
  for (const e of extra) types.push(e.name)
  const rules: Rule[] = []
  const builder = new AnchorBuilder()
  for (const d of DETECTORS) {
    if (!isOn(d)) continue
    const rule = ruleOf(d, types, isOn, inner)
    rules.push(rule)
    const isWrapped = d.shape.kind === 'code' && d.shape.run === 'base64'
    const texts = isWrapped ? wrappedAnchors(d.anchors) : d.anchors
    for (const text of texts) builder.add(text, d.anyCase === true, rule)
  }
  for (const [i, e] of extra.entries()) {
    const base = DETECTORS[0] as Detector
    const d: Detector = { ...base, id: e.name, left: 'any', group: 'context', anchors: e.keywords }
    const t = extraFrom + i
    const rule: Rule = {
      detector: d,
      type: t,
      alsoType: t,
      rank: e.rank,
      leftMask: 0,
      match: e.match,
      inner,
    }
    for (const k of e.keywords) builder.add(k, true, rule)
  }
  const find = (id: string): Rule | null => rules.find((r) => r.detector.id === id) ?? null
  const numbers: NumberRules = {
    card: find('credit_card'),
    ssn: find('ssn'),
    itin: find('itin'),
    iban: find('iban'),
    phone: find('phone'),
  }
  return {
    anchors: builder.list(),
    escapes: escapeAnchors(),
    numbers,
    anyNumbers: Object.values(numbers).some((r) => r !== null),
    types,
    extraFrom,
    detectorByType: types.map((t) => DETECTORS.find((d) => d.id === t) ?? null),
    awsKeyType: types.indexOf('aws_access_key_id'),
    awsSecret: find('aws_secret_key'),
  }
}

function ruleOf(
  d: Detector,
  types: readonly string[],
  isOn: (d: Detector) => boolean,
  inner: InnerScan,
): Rule {
  const also = DETECTORS.find((x) => x.id === d.also)
  const leftMask = d.left === 'any' ? 0 : d.left === 'alnum' ? ALNUM : ALNUM | UNDERSCORE | DASH
  return {
    detector: d,
    type: types.indexOf(d.id),
    alsoType: also !== undefined && isOn(also) ? types.indexOf(also.id) : -1,
    rank: d.rank,
    leftMask,
    match: matcherOf(d),
    inner,
  }
}

/** Names that stand in every other text: only where an assignment may follow. The others are rare enough to look at each. */
const ASSIGNING = new Set([
  'pass',
  'pwd',
  'key',
  'oken',
  'ecret',
  'redential',
  'uthorization',
  'creds',
  'login',
])

class AnchorBuilder {
  readonly #byText = new Map<string, { text: string; anyCase: boolean; rules: Rule[] }>()

  add(text: string, anyCase: boolean, rule: Rule): void {
    const at = `${anyCase ? 'i' : 'x'}${text}`
    const entry = this.#byText.get(at) ?? { text, anyCase, rules: [] }
    entry.rules.push(rule)
    this.#byText.set(at, entry)
  }

  list(): Anchor[] {
    return [...this.#byText.values()].map((e, i) => ({
      id: FIRST_ANCHOR + i,
      bytes: Buffer.from(e.anyCase ? e.text.toLowerCase() : e.text, 'utf8'),
      anyCase: e.anyCase,
      assigns: e.rules.every((r) => {
        const shape = r.detector.shape
        return (
          shape.kind === 'code' &&
          (shape.run === 'password' || shape.run === 'secret_value') &&
          ASSIGNING.has(e.text)
        )
      }),
      rules: e.rules,
    }))
  }
}

/** What known tokens begin with, in base64 at the three alignments: only the characters that the literal decides. */
function wrappedAnchors(literals: readonly string[]): string[] {
  const out: string[] = []
  for (const literal of literals) {
    for (let shift = 0; shift < 3; shift++) {
      const bytes = Buffer.from('\0'.repeat(shift) + literal, 'latin1')
      const first = Math.ceil((shift * 8) / 6)
      const whole = Math.floor((bytes.length * 8) / 6)
      const text = bytes.toString('base64').slice(first, whole)
      if (text.length >= 4 || (literal === 'sk-' && text.length === 3)) out.push(text)
    }
  }
  return out
}

function escapeAnchors(): Uint8Array[] {
  const out: Uint8Array[] = []
  const add = (t: string): void => void out.push(Buffer.from(t, 'utf8'))
  for (const t of ['\\u00', '\\u20', '\\uff', '\\uFF', '\\x', '\\/', '&#']) add(t)
  for (const t of [
    '&commat;',
    '&period;',
    '&lowbar;',
    '&hyphen;',
    '&dash;',
    '&colon;',
    '&equals;',
    '&sol;',
  ])
    add(t)
  // Letters of other scripts: the words for password and key in them.
  for (const t of [
    '01',
    '03',
    '04',
    '05',
    '06',
    '09',
    '0e',
    '0E',
    '30',
    '4',
    '5',
    '6',
    '7',
    '8',
    '9',
    'a',
    'b',
    'c',
    'd',
    'A',
    'B',
    'C',
    'D',
  ])
    add(`\\u${t}`)
  // Quoted-printable.
  for (const t of [
    '=40',
    '=3D',
    '=3A',
    '=2D',
    '=2E',
    '=2F',
    '=2B',
    '=5F',
    '=22',
    '=20',
    '=\r\n',
    '=\n',
    '=\\r',
    '=\\n',
  ])
    add(t)
  for (let c = 0x20; c < 0x7f; c++) {
    const hex = c.toString(16).padStart(2, '0')
    add(`%${hex}`)
    if (hex !== hex.toUpperCase()) add(`%${hex.toUpperCase()}`)
  }
  // Full-width digits and at-sign; zero-width space, non-joiner, word joiner.
  for (let c = 0xff10; c <= 0xff19; c++) add(String.fromCharCode(c))
  for (const c of [0xff20, 0x200b, 0x200c, 0x2060, 0xfeff, 0xad]) add(String.fromCharCode(c))
  return out
}

/** Bytes that may follow a country code or any other anchor of two bytes: the scanner looks at three. */
const PHONE_TAIL = tailSet('0123456789 -(.\u00a0\u2009')
/** A word goes on behind the soft line break of quoted-printable. */
const WORD_TAIL = tailSet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_@.')
/** The check digits of an IBAN. */
const DIGIT_TAIL = tailSet('0123456789')
const PRINTABLE_TAIL = tailSet(String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 33 + i)))

function tailSet(chars: string): Uint8Array {
  const t = new Uint8Array(256)
  for (const c of chars) t[Buffer.from(c, 'utf8')[0] as number] = 1
  return t
}

const isUpper = (c: number | undefined): boolean => c !== undefined && c >= 65 && c <= 90

/** What an anchor of two bytes needs behind it. */
export interface Tail {
  /** By byte: 1 = may stand there. */
  readonly set: Uint8Array
  /** How many bytes of the set. */
  readonly count: 1 | 2
}

/** What must stand behind an anchor of two bytes; null for all others. */
export function tailOf(anchor: Uint8Array): Tail | null {
  if (anchor.length !== 2) return null
  if (anchor[0] === 0x3d) return { set: WORD_TAIL, count: 1 }
  if (isUpper(anchor[0]) && isUpper(anchor[1])) return { set: DIGIT_TAIL, count: 2 }
  return { set: anchor[0] === 0x2b ? PHONE_TAIL : PRINTABLE_TAIL, count: 1 }
}
