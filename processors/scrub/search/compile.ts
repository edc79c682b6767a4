// From detector rows to what the scanner searches: one list of anchors with the detectors behind each, and the
// escapes that call for a decoded view. Done once at construction.

import { type Detector } from '../detectors/detector.ts'
import { FAILED_TYPE } from '../detectors/marker.ts'
import { DETECTORS } from '../detectors/table.ts'
import type { ActiveDetector, InnerScan, Matcher } from '../matchers/active-detector.ts'
import type { NumberRules } from '../matchers/policy.ts'
import { ALNUM, DASH, UNDERSCORE } from '../value/bytes.ts'
import { anchorTables } from './anchor-tables.ts'
import type { Anchor, CompiledDetectors, KeywordRule } from './anchors.ts'
import { FIRST_ANCHOR } from './candidates.ts'
import { escapeLiterals } from './escapes.ts'

export interface CompileOptions {
  readonly isOn: (d: Detector) => boolean
  /** Rules of users that run at keywords. */
  readonly extra: readonly KeywordRule[]
  readonly matcherOf: (d: Detector) => Matcher
  /** Scans bytes that a matcher decoded. */
  readonly inner: InnerScan
}

/** Tables of different detectors that stand in one kernel memory in turn are told apart by their number. */
let tablesMade = 0

/** Compiles the rows that are on. */
export function compile(options: CompileOptions): CompiledDetectors {
  const { isOn, extra, inner } = options
  const types: string[] = [...new Set(DETECTORS.map((d) => d.id)), FAILED_TYPE]
  // A rule of its own name for each tenant: the types are different ones.
  const extraFrom = types.length
  for (const e of extra) types.push(e.name)
  const active: ActiveDetector[] = []
  const builder = new AnchorBuilder()
  for (const d of DETECTORS) {
    if (!isOn(d)) continue
    const one = activeOf(d, types, options)
    active.push(one)
    const isWrapped = d.shape.kind === 'code' && d.shape.run === 'base64'
    const texts = isWrapped ? wrappedAnchors([...d.anchors, ...TOKEN_STARTS]) : d.anchors
    for (const text of texts) builder.add(text, d.anyCase === true, one)
  }
  for (const [i, e] of extra.entries()) {
    const base = DETECTORS[0] as Detector
    const d: Detector = { ...base, id: e.name, left: 'any', group: 'context', anchors: e.keywords }
    const t = extraFrom + i
    const one: ActiveDetector = {
      row: d,
      type: t,
      alsoType: t,
      rank: e.rank,
      leftMask: 0,
      match: e.match,
      inner,
    }
    for (const k of e.keywords) builder.add(k, true, one)
  }
  const find = (id: string): ActiveDetector | null => active.find((r) => r.row.id === id) ?? null
  const numbers: NumberRules = {
    card: find('credit_card'),
    ssn: find('ssn'),
    itin: find('itin'),
    iban: find('iban'),
    phone: find('phone'),
  }
  const literals = {
    anchors: builder.list(),
    escapes: escapeLiterals(),
    anyNumbers: Object.values(numbers).some((r) => r !== null),
  }
  const owner = ++tablesMade
  return {
    ...literals,
    tables: { owner, bytes: anchorTables(literals, owner) },
    numbers,
    types,
    extraFrom,
    isGuessable: types.map((t) => DETECTORS.find((d) => d.id === t)?.guessable === true),
    awsKeyType: types.indexOf('aws_access_key_id'),
    awsSecret: find('aws_secret_key'),
  }
}

function activeOf(d: Detector, types: readonly string[], options: CompileOptions): ActiveDetector {
  const { isOn, inner, matcherOf } = options
  const also = DETECTORS.find((x) => x.id === d.also)
  const leftMask = d.left === 'any' ? 0 : d.left === 'alnum' ? ALNUM : ALNUM | UNDERSCORE | DASH
  return {
    row: d,
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

/** The kernel knows the cases of ASCII alone: other letters are searched for as they stand. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (c) => c.toLowerCase())
}

class AnchorBuilder {
  readonly #byText = new Map<
    string,
    { text: string; anyCase: boolean; detectors: ActiveDetector[] }
  >()

  add(text: string, anyCase: boolean, detector: ActiveDetector): void {
    const at = `${anyCase ? 'i' : 'x'}${text}`
    const entry = this.#byText.get(at) ?? { text, anyCase, detectors: [] }
    entry.detectors.push(detector)
    this.#byText.set(at, entry)
  }

  list(): Anchor[] {
    return [...this.#byText.values()].map((e, i) => ({
      id: FIRST_ANCHOR + i,
      bytes: Buffer.from(e.anyCase ? lowerAscii(e.text) : e.text, 'utf8'),
      anyCase: e.anyCase,
      assigns: e.detectors.every((r) => {
        const shape = r.row.shape
        return (
          shape.kind === 'code' &&
          (shape.run === 'password' || shape.run === 'secret_value') &&
          ASSIGNING.has(e.text)
        )
      }),
      detectors: e.detectors,
    }))
  }
}

/** A shorter text stands too often in base64 of something else, such as an image, which would then be decoded for nothing. */
const WRAPPED_MIN = 4
/** Starts of common tokens that decide three characters only, at two of the three alignments. */
const SHORT_STARTS: ReadonlySet<string> = new Set(['sk-', 'sk_', 'hf_', 'SG.', 'r8_'])

/** What the tokens of the table begin with. */
const TOKEN_STARTS: readonly string[] = DETECTORS.filter(
  (d) => d.shape.kind === 'token' && d.anyCase !== true,
).flatMap((d) => d.anchors)

/** What known tokens begin with, in base64 at the three alignments: only the characters that the literal decides. */
function wrappedAnchors(literals: readonly string[]): string[] {
  const out: string[] = []
  for (const literal of literals) {
    for (let shift = 0; shift < 3; shift++) {
      const bytes = Buffer.from('\0'.repeat(shift) + literal, 'latin1')
      const first = Math.ceil((shift * 8) / 6)
      const whole = Math.floor((bytes.length * 8) / 6)
      const text = bytes.toString('base64').slice(first, whole)
      if (text.length >= WRAPPED_MIN || (SHORT_STARTS.has(literal) && text.length === 3))
        out.push(text)
    }
  }
  return out
}
