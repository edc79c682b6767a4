// What the scanner searches: literals with the detectors behind each, escapes that call for a decoded view, and signs of texts
// that were split. Made of the detectors by `compile.ts`.

import type { ActiveDetector, Matcher } from '../matchers/active-detector.ts'
import type { NumberRules } from '../matchers/policy.ts'
import type { KernelTables } from './scanner.ts'

/** What stands before a piece of a text in JSON: parts of a message, deltas of a stream. */
export const SPLIT_TEXT_ANCHORS: readonly Uint8Array[] = [
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
  readonly detectors: readonly ActiveDetector[]
}

/** A rule of users with what runs at each of its keywords. */
export interface KeywordRule {
  readonly name: string
  readonly keywords: readonly string[]
  readonly match: Matcher
  readonly rank: number
}

export interface Literals {
  readonly anchors: readonly Anchor[]
  /** Escapes that may hide something: `\u0040`, `%40`, `\/`, full-width digits. */
  readonly escapes: readonly Uint8Array[]
  /** Whether digits are looked for. */
  readonly anyNumbers: boolean
}

/** The detectors that are on, ready to be searched and run. */
export interface CompiledDetectors extends Literals {
  /** The literals as the kernel reads them. */
  readonly tables: KernelTables
  readonly numbers: NumberRules
  /** By type number. */
  readonly types: readonly string[]
  /** Type number of the first rule of users; the others follow in order. */
  readonly extraFrom: number
  /** Few values are possible of the type. */
  readonly isGuessable: readonly boolean[]
  readonly awsKeyType: number
  readonly awsSecret: ActiveDetector | null
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
