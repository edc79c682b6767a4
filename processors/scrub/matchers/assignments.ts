// Assignments: `DB_PASSWORD=..`, `"api_key": ".."`, `<token>..</token>`, "the password is ..", also inside
// JSON at any depth of escaping. The name decides what is expected, the value must live up to it
// (`assigned-value.ts`); where the value stands is found by `assignment-forms.ts`.

import { nameIn } from '../detectors/key-name-cache.ts'
import { isKeyOfOther, keyMeaning } from '../detectors/key-names.ts'
import {
  ALNUM,
  classOf,
  DASH,
  DOT,
  isEscapeTail,
  latinText,
  SETS,
  skipEscape,
  UNDERSCORE,
} from '../value/bytes.ts'
import { isIdentifier } from '../value/identifier.ts'
import { type KeyMeaning } from '../value/key-meaning.ts'
import { entropy, isWordy } from '../value/randomness.ts'
import type { ActiveDetector } from './active-detector.ts'
import { isPassword, isSecret, isStrong } from './assigned-value.ts'
import {
  type Assigned,
  assignedAfter,
  assignedBefore,
  type NameRange,
  NOTHING,
  nextInList,
} from './assignment-forms.ts'
import type { CellCheck } from './columns.ts'
import { matchColumn } from './columns.ts'
import { endsMessage, inAnswer, isQuestion, isRequest } from './forms/answers.ts'
import {
  atSamePlace,
  behindSelector,
  CLOSES,
  inBindingOrMap,
  inNextField,
  inTag,
  LESS_THAN,
} from './forms/beside.ts'
import { Place, SLASH, SPACE, type ValueCheck } from './forms/place.ts'
import {
  behindPrompt,
  inNextPair,
  inSentenceBefore,
  inState,
  intoFile,
  mayFollowItsValue,
} from './forms/prompts.ts'
import { hasParameters, skipScheme } from './forms/schemes.ts'
import { maskCookies } from './headers.ts'
import { anotherValue, type ProseValue, valueInSentence } from './prose-value.ts'
import type { ScannedValue } from './scanned-value.ts'

const NAME = ALNUM | UNDERSCORE | DASH | DOT
const NAME_RIGHT = ALNUM | UNDERSCORE | DASH
const NAME_LEFT_MAX = 64
const NAME_RIGHT_MAX = 40
const LOOK_MAX = 256
const LIST_MAX = 64

/** A word such as password at `p`: reports the value assigned to the name around it. */
export function matchPassword(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const name = nameAt(s, p, len)
  if (name === null || name.meaning.kind !== 'password') return
  let value = assignedAfter(s, name)
  if (value === NOTHING) {
    // A question in a language whose particle is a separator too.
    matchBeside(s, name, active, PASSWORD_CELL)
    return
  }
  if (value !== null && reportAppPassword(s, name, value.from, active)) return
  if (value === null || !isPassword(s, value, name.text, name.meaning)) {
    value = assignedBefore(s, name)
    if (value === null) passwordInSentence(s, name, active)
  }
  if (value === null && !matchBeside(s, name, active, PASSWORD_CELL))
    matchColumn(s, name.from, name.to, active, PASSWORD_CELL)
  for (let n = 0; value !== null && n < LIST_MAX; n++) {
    if (!isPassword(s, value, name.text, name.meaning)) return
    s.found(active.type, value.from, value.to, active.rank)
    reportAnother(s, value.to, active)
    value = value.list ? nextInList(s, value) : null
  }
}

const APP_PASSWORD = /^[a-z]{4}(?: [a-z]{4}){3}(?![ ]?[a-z])/

/** `app password: abcd efgh ijkl mnop`, as Google shows them. */
function reportAppPassword(
  s: ScannedValue,
  name: Name,
  from: number,
  active: ActiveDetector,
): boolean {
  if (!/app|google|gmail|smtp/i.test(latinText(s.b, Math.max(s.from, name.from - 16), name.to)))
    return false
  const found = APP_PASSWORD.exec(latinText(s.b, from, Math.min(s.to, from + 24)))
  if (found === null) return false
  s.found(active.type, from, from + found[0].length, active.rank)
  return true
}

/** A symbol in it, or "is" before it: a name of a host or product has neither. */
function passwordInSentence(s: ScannedValue, name: Name, active: ActiveDetector): void {
  // To pass something on is no password.
  if (/^pass$/i.test(name.text)) return
  const value = valueInSentence(s, name)
  if (value === null) return
  const text = latinText(s.b, value.from, value.to)
  const isHex = value.linked && /^[0-9a-f]{24,64}$/.test(text) && isColon(s, value.from)
  if (!isHex && (!isStrong(s, text) || !(value.linked || /[!@#$%^&*?~+]/.test(text)))) return
  s.found(active.type, value.from, value.to, active.rank)
  reportAnother(s, value.to, active)
}

/** "the password to proceed: 1f2e.." */
function isColon(s: ScannedValue, from: number): boolean {
  return /:\s{0,2}["'`]?$/.test(latinText(s.b, Math.max(s.from, from - 4), from))
}

/** "changed the password from V to V" */
function reportAnother(s: ScannedValue, p: number, active: ActiveDetector): void {
  const value = anotherValue(s, p)
  if (value !== null && isStrong(s, latinText(s.b, value.from, value.to)))
    s.found(active.type, value.from, value.to, active.rank)
}

/** A word such as key, token, secret or authorization at `p`. */
export function matchSecretValue(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const name = nameAt(s, p, len)
  if (name === null) return
  const storage = active.row.id === 'azure_storage_key'
  const kind = storage ? 'secret' : name.meaning.kind
  if (kind === 'none' || kind === 'password') return
  const value = assignedAfter(s, name)
  if (value === NOTHING) return
  if (value === null || !isAssigned(s, value, name, kind, storage)) {
    if (storage) return
    const before = assignedBefore(s, name)
    if (before === null && kind !== 'cookie' && !matchBeside(s, name, active, SECRET_CELL))
      matchColumn(s, name.from, name.to, active, SECRET_CELL)
    const found = before ?? inSentence(s, name)
    if (found !== null && isSecret(s, found, name.text, name.meaning))
      s.found(active.type, found.from, found.to, active.rank)
    return
  }
  if (kind === 'cookie') {
    maskCookies(s, value.from, value.to, active.type, active.rank)
    return
  }
  s.found(active.type, value.from, value.to, active.rank)
  let next = value.list ? nextInList(s, value) : null
  for (let n = 0; next !== null && n < LIST_MAX; n++) {
    if (isSecret(s, next, name.text, name.meaning))
      s.found(active.type, next.from, next.to, active.rank)
    next = nextInList(s, next)
  }
}

/** ` string = ` at `p`: the name stands before it, as in `var apiKey string = "V"`. */
export function matchTypedValue(
  s: ScannedValue,
  p: number,
  _len: number,
  active: ActiveDetector,
): void {
  const from = nameStart(s, p)
  const { text, meaning } = nameIn(s.b, from, p)
  if (from === p || meaning.kind === 'none' || meaning.kind === 'cookie') return
  const value = assignedAfter(s, { from, to: p })
  if (value === null || !value.quoted) return
  const judge = meaning.kind === 'password' ? isPassword : isSecret
  if (judge(s, value, text, meaning)) s.found(active.type, value.from, value.to, active.rank)
}

function inSentence(s: ScannedValue, name: Name): Assigned | null {
  const value = valueInSentence(s, name)
  if (value === null || !value.linked || isRevisionOfCode(s, name, value)) return null
  return {
    ...value,
    quoted: false,
    prose: true,
    loose: true,
    bare: false,
    pair: false,
    sure: false,
    list: false,
  }
}

/** "secret scanning ran on 3f7f4ab7..": hex digits behind several words are those of a commit. */
function isRevisionOfCode(s: ScannedValue, name: Name, { from, to }: ProseValue): boolean {
  if (to - from > 40 || !/^[0-9a-f]+$/.test(latinText(s.b, from, to))) return false
  return latinText(s.b, name.to, from).trim().split(/\s+/).length > 2
}

function isAssigned(
  s: ScannedValue,
  value: Assigned,
  name: Name,
  kind: KeyMeaning['kind'],
  storage: boolean,
): boolean {
  if (kind === 'cookie') return true
  if (kind === 'header') skipScheme(s, value)
  if (storage) return value.to - value.from >= 40
  return (
    (kind === 'header' && hasParameters(s, value)) || isSecret(s, value, name.text, name.meaning)
  )
}

interface Name extends NameRange {
  readonly text: string
  readonly meaning: KeyMeaning
}

/** The name around the literal at `p`: letters, digits and joints on both sides, accented letters too. */
export function nameAt(s: ScannedValue, p: number, len: number): Name | null {
  const b = s.b
  const isLatin = (b[p] as number) < 0x80 || isLatinPair(b, p)
  const wordEnd = literalEnd(b, p, len)
  const from = isLatin ? nameStart(s, p) : p
  let to = isLatin ? nameEnd(s, wordEnd) : declinedEnd(b, p, wordEnd)
  // The type in a marker is no name.
  if (s.at(from - 1) === 0x3a && latinText(b, Math.max(s.from, from - 10), from) === '[REDACTED:')
    return null
  const known = nameIn(b, from, to)
  const { text } = known
  let { meaning } = known
  if (isLatin && s.at(from - 1) === 0x20) meaning = wordsBefore(s, from, to, meaning)
  else if (text === 'key' && isOfQuery(s, from, to)) meaning = KEY_OF_QUERY
  if (meaning.kind === 'none' && isKeyAlone(s, from, to, text)) meaning = KEY_OF_QUERY
  if (meaning.kind === 'none') return null
  if (meaning.needsQualifier === true) {
    if (!hasQualifier(s, from, to)) return null
    // "clave de API", "ключ API", "clé secrète AWS": the words behind belong to the name.
    // Named as surely as "API key" is.
    meaning = { ...meaning, strength: 'whole' }
    const more = QUALIFIER_BEHIND.exec(latinText(b, to, Math.min(s.to, to + 40)))
    to += more?.[0].length ?? 0
  }
  return { from, to, text, meaning }
}

const KEY_OF_QUERY = keyMeaning('api_secret')
/** Shorter values of `?key=` are often names. */
const QUERY_KEY_MIN = 28

/** `?key=` or `&key=` and a long word without a joint. */
function isOfQuery(s: ScannedValue, from: number, to: number): boolean {
  const left = s.at(from - 1)
  if ((left !== 0x3f && left !== 0x26) || s.at(to) !== 0x3d) return false
  return s.runEnd(to + 1, SETS.alnum) - to > QUERY_KEY_MIN
}

/** What stands between a key and a value, as latin1. */
const TO_VALUE = /^[\\"'`*]{0,4} {0,2}(?:(?:is|:|=>?|\xef\xbc\x9a) {0,2})?[\\"'`*]{0,4}/
const LONE_KEY_MIN = 32

/** `"key": "V"`, "use this key V": the word says little, but so long a word of both cases and digits is the name of nothing. */
function isKeyAlone(s: ScannedValue, from: number, to: number, text: string): boolean {
  if (text.length > 4 || !/^keys?$/i.test(text) || s.at(from - 1) === 0x2d) return false
  if (!hasLongWord(s, to)) return false
  const low = Math.max(s.from, from - 24)
  const before = /([A-Za-z]{2,20})[ _-]$/.exec(latinText(s.b, low, from))?.[1] ?? ''
  if (isKeyOfOther(before.toLowerCase())) return false
  const gap = TO_VALUE.exec(latinText(s.b, to, Math.min(s.to, to + 20)))?.[0].length ?? 0
  const end = s.runEnd(to + gap, SETS.word_dash)
  if (gap === 0 || end - to - gap < LONE_KEY_MIN) return false
  const value = latinText(s.b, to + gap, Math.min(end, to + gap + LOOK_MAX))
  return /[a-z].*[a-z]/.test(value) && /[A-Z].*[A-Z].*[A-Z]/.test(value) && /\d.*\d.*\d/.test(value)
}

const GAP_MAX = 16

/** Behind at most `GAP_MAX` bytes a run of letters and digits begins that is long enough: most names are told apart by that. */
function hasLongWord(s: ScannedValue, to: number): boolean {
  let i = to
  // "is" between.
  for (; i < to + GAP_MAX; i++) {
    const end = s.runEnd(i, SETS.word_dash)
    if (end - i >= LONE_KEY_MIN) return true
    if (end > i) i = end
    if (i > to + GAP_MAX) return false
  }
  return false
}

/** Anchors such as `pw=` end in what follows the name. */
function literalEnd(b: Uint8Array, p: number, len: number): number {
  let to = p + len
  while (to > p + 2 && !inMask(b[to - 1] as number, NAME_RIGHT) && (b[to - 1] as number) < 0x80)
    to--
  return to
}

function nameEnd(s: ScannedValue, wordEnd: number): number {
  const high = Math.min(s.to, wordEnd + NAME_RIGHT_MAX)
  let to = wordEnd
  while (to < high)
    if (inMask(s.b[to] as number, NAME_RIGHT)) to++
    else if (isLatinPair(s.b, to)) to += 2
    else break
  // "key-" or "token." at the end of a name is punctuation.
  while (to > wordEnd && inMask(s.b[to - 1] as number, DASH | DOT)) to--
  return to
}

/** Cyrillic and Greek words go on with up to four letters of their case. */
function declinedEnd(b: Uint8Array, p: number, wordEnd: number): number {
  let to = wordEnd
  if (isCyrillicOrGreek(b, p)) for (let i = 0; i < 4 && isCyrillicOrGreek(b, to); i++) to += 2
  return to
}

const QUALIFIER_BEHIND = new RegExp(
  Buffer.from(
    String.raw`^(?:(?: (?:de |d'|di |do |da |del |of )?(?:API|AWS|OpenAI|acceso|acesso|accesso|accès|se[cg]r(?:[a-z]|[\xc3-\xc5][\x80-\xbf]){2,6}|priv(?:[a-z]|[\xc3-\xc5][\x80-\xbf]){2,6}|дос(?:[\xd0\xd1][\x80-\xbf]){1,5}|bí mật|truy cập|rahasia|akses|سري|سرّي|الوصول)|ลับ))+`,
    'utf8',
  ).toString('latin1'),
  'i',
)

function nameStart(s: ScannedValue, p: number): number {
  const b = s.b
  const low = Math.max(s.from, p - NAME_LEFT_MAX)
  let from = p
  while (from > low)
    if (inMask(b[from - 1] as number, NAME)) from--
    else if (from - 1 > low && isLatinPair(b, from - 2)) from -= 2
    else break
  from = Math.min(p, skipEscape(b, from, s.from))
  for (let i = p; i > from; i--)
    if (isEscapeTail(b, i, s.from) && b[i - 2] === 0x5c) from = Math.max(from, i)
  return from
}

/** Two bytes of UTF-8 that are one accented Latin letter. */
function isLatinPair(b: Uint8Array, i: number): boolean {
  const lead = b[i] as number
  const next = b[i + 1] as number
  return lead >= 0xc3 && lead <= 0xc5 && next >= 0x80 && next < 0xc0
}

function isCyrillicOrGreek(b: Uint8Array, i: number): boolean {
  const lead = b[i] as number
  const next = b[i + 1] as number
  return lead >= 0xce && lead <= 0xd1 && next >= 0x80 && next < 0xc0
}

/** "Schlüssel" alone is any key; "API-Schlüssel", "clave de API" and "секретный ключ" are secrets. */
function hasQualifier(s: ScannedValue, from: number, to: number): boolean {
  const low = Math.max(s.from, from - 32)
  const high = Math.min(s.to, to + 16)
  const text = Buffer.from(s.b.buffer, s.b.byteOffset + low, high - low)
    .toString('utf8')
    .toLowerCase()
  return /api|aws|azure|openai|gcp|zug(?:riffs|angs)|gehei|hemlig|hemmelig|secr|segr|privat|acce|aces|login|auth|token|tajn|dostęp|přístup|prístup|pristup|gizli|erişim|bí mật|truy cập|rahasia|akses|tilgang|adgang|åtkomst|toegang|hozzáférés|titko|salai|käyttö|доступ|секрет|秘密|密|シークレット|アクセス|비밀|액세스|인증|ลับ|เข้าถึง|गुप्त|एपीआई|سري|سرّي|وصول|סודי|גישה|μυστικ|πρόσβασ/.test(
    text,
  )
}

/** "API key", "secret key", "access token": the word before belongs to the name. */
function wordsBefore(s: ScannedValue, from: number, to: number, alone: KeyMeaning): KeyMeaning {
  // "always pass X" is no name.
  if (alone.kind === 'password' && alone.strength === 'weak') return alone
  let i = from - 1
  while (i > s.from && i > from - 24 && inMask(s.b[i - 1] as number, NAME_RIGHT)) i--
  if (i === from - 1) return alone
  const joined = nameIn(s.b, i, to).meaning
  return joined.kind === 'none' && alone.strength === 'whole' ? alone : joined
}

function inMask(c: number, mask: number): boolean {
  return (classOf(c) & mask) !== 0
}

export const PASSWORD_CELL: CellCheck = (text, s) => isStrong(s, text)

export const SECRET_CELL: CellCheck = (text, s, from, to) =>
  text.length >= 20 &&
  text.length <= 512 &&
  /\d/.test(text) &&
  !/[\s"']|^[0-9a-f]{8}-[0-9a-f]{4}-|:\/\/|^\d+$|^\d{4}-\d\d-\d\dT/.test(text) &&
  !isIdentifier(text) &&
  !isWordy(s.b, from, to) &&
  entropy(s.b, from, Math.min(to, from + 256)) > 3.2

/** Reports what stands beside the name; true when anything did. */
function matchBeside(
  s: ScannedValue,
  name: NameRange,
  active: ActiveDetector,
  check: ValueCheck,
): boolean {
  const behind = s.at(name.to)
  const isTag = behind === LESS_THAN || s.at(name.to + 1) === LESS_THAN
  const isLabel = behind === SPACE || behind >= 0x80
  const isAsked = isQuestion(s, name.to)
  const isEnd = endsMessage(s, name.to)
  // Most names in prose: neither a quote or bracket behind them nor a question mark.
  const isNothing = !isTag && !isLabel && !isAsked && !isEnd && CLOSES[behind] !== 1
  const named = inBindingOrMap(s, name, active, check)
  if (named || (isNothing && !mayFollowItsValue(s, name.from))) return named
  const at = new Place(s, name, active, check)
  if ((isAsked || (isEnd && isRequest(at))) && inAnswer(at, isAsked)) return true
  return (isTag && inNextField(at)) || (isLabel && inNextPair(at)) || inCode(at)
}

/** The forms of code, commands and markup. */
function inCode(at: Place): boolean {
  const { s, from } = at
  const before = s.at(from - 1)
  if (before === SLASH && intoFile(at)) return true
  if (before === SPACE && inSentenceBefore(at)) return true
  if (CLOSES[s.at(at.to)] !== 1) return behindSelector(at) || behindPrompt(at)
  return inState(at) || inTag(at) || behindSelector(at) || behindPrompt(at) || atSamePlace(at)
}
