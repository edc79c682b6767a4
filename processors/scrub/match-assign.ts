// Assignments: `DB_PASSWORD=..`, `"api_key": ".."`, `<token>..</token>`, "the password is ..", also inside
// JSON at any depth of escaping. The name decides what is expected, the value must live up to it.

import {
  ALNUM,
  CLASS,
  DASH,
  DIGIT,
  DOT,
  hasWord,
  isEscapeTail,
  LOWER,
  latinText,
  skipEscape,
  UNDERSCORE,
  UPPER,
  VALUE,
} from './bytes.ts'
import { entropy, mixOf } from './checks.ts'
import { type KeyMeaning, keyMeaning } from './key-names.ts'
import { isMarker } from './marker.ts'
import { maskCookies } from './match-headers.ts'
import { isWordy } from './match-tokens.ts'
import type { Rule } from './rule.ts'
import type { Subject } from './subject.ts'

const NAME = ALNUM | UNDERSCORE | DASH | DOT
const NAME_RIGHT = ALNUM | UNDERSCORE | DASH
const NAME_LEFT_MAX = 64
const NAME_RIGHT_MAX = 40
const QUOTED_MAX = 2048
const LOOK_MAX = 256

/**
 * Between name and value, as latin1 of UTF-8: closing quotes, then `:` `=` `=>` `|` `>` or "is" in some
 * languages or `","value":"`, then opening quotes. Group 1 is the separator, group 2 the opening quote.
 */
const BETWEEN =
  /^[\\"'`*_\])]{0,8}[ \t]{0,8}(?:(:=|=>|->|==|=|:|\||>|%3[dD]|\uff1a|\xef\xbc\x9a|\xe6\x98\xaf|\xe3\x81\xaf|\xe4\xb8\xba|\xec\x9d\x80)|(is|ist|es|est|era|lautet|was)(?::|[ \t])|([\\"',]{0,6}(?:[ \t]|\\+n|\n){0,8}[\\"']{0,4}(?:value|val|v)[\\"']{0,4}[ \t]{0,4}[:=]))(?:[ \t]|\\+t){0,8}((?:[\\"'`*(]|\xe2\x80[\x98\x9c]|\xe3\x80[\x8c\x8e]){0,8})/
/** "the password for the staging database is X". */
const LONG_BETWEEN =
  /^ (?:for|of|to|on|at|in)(?: [\w.'-]{1,24}){1,5}(?: (is)(?::|[ \t])|(:))[ \t]{0,4}([\\"'`*(]{0,8})/

const NOT_A_VALUE =
  /^(?:<[^>]*>?|\$.*|\{\{.*|\{%.*|%[({sdv]?.{0,2}|\*+|[xX]{3,}|\.{2,}.*|\[[a-z _-]{0,24}\]?|null|none|nil|undefined|true|false|string|str|text|number|int|integer|boolean|bool|object|array|bytes|required|optional|password|passwd|pass|pwd|secret|token|key|changeme|change[-_]?me|redacted|hidden|masked|placeholder|example|your[-_ ]?.*|my[-_]?(?:password|secret|token|key).{0,4}|insert[-_ ].*|enter[-_ ].*|dummy|foo|bar|empty|todo|tbd|n\/a|-+|_+|\?+|@[a-z_]+|:[a-z_]+|#.{0,3})$/i
/** Code that reads the secret from elsewhere. */
const CODE =
  /^(?:process\.env|os\.(?:environ|getenv)|env[.[(]|getenv|config[.[(]|settings[.[(]|secrets?[.[(]|self\.|this\.|vault[.:(]|ref\+|data\.|var\.|local\.|module\.|input\(|prompt\(|getpass|System\.getenv|Deno\.env|import\.meta|req(?:uest)?\.|ctx\.|args\.|options\.|credentials?\.|user\.|params\.|props\.|!|&)|^[A-Za-z_][\w.]{0,60}\(|^[a-z_]\w{0,40}\[["']?/

interface Assigned {
  from: number
  to: number
  quoted: boolean
  /** `is` and the like: prose, so the value must look less like a word. */
  prose: boolean
}

/** A word such as password at `p`: reports the value assigned to the name around it. */
export function matchPassword(s: Subject, p: number, len: number, rule: Rule): void {
  const name = nameAt(s, p, len)
  if (name === null || name.meaning.kind !== 'password') return
  const value = assignedAfter(s, name, true)
  if (value === null || !isPassword(s, value)) return
  s.found(rule.type, value.from, value.to, rule.rank)
}

/** A word such as key, token, secret or authorization at `p`. */
export function matchSecretValue(s: Subject, p: number, len: number, rule: Rule): void {
  const name = nameAt(s, p, len)
  if (name === null) return
  const storage = rule.detector.id === 'azure_storage_key'
  const kind = storage ? 'secret' : name.meaning.kind
  if (kind === 'none' || kind === 'password') return
  const value = assignedAfter(s, name, false)
  if (value === null) return
  if (kind === 'cookie') {
    maskCookies(s, value.from, value.to, rule.type, rule.rank)
    return
  }
  if (kind === 'header') skipScheme(s, value)
  const isList = kind === 'header' && hasSpace(s, value)
  if (storage ? value.to - value.from < 40 : !isList && !isSecret(s, value, name.meaning)) return
  s.found(rule.type, value.from, value.to, rule.rank)
}

/** What is left of a scheme with parameters, long enough not to be prose. */
function hasSpace(s: Subject, v: Assigned): boolean {
  const text = latinText(s.b, v.from, Math.min(v.to, v.from + LOOK_MAX))
  return /^[A-Za-z]+=\S.{16}/.test(text) && !/^realm=/i.test(text)
}

interface Name {
  readonly from: number
  readonly to: number
  readonly meaning: KeyMeaning
}

function nameAt(s: Subject, p: number, len: number): Name | null {
  const b = s.b
  const word = (b[p] as number) < 0x80
  let from = p
  const low = Math.max(s.from, p - NAME_LEFT_MAX)
  if (word) {
    while (from > low && inMask(b[from - 1] as number, NAME)) from--
    from = Math.min(p, skipEscape(b, from, s.from))
    for (let i = p; i > from; i--)
      if (isEscapeTail(b, i, s.from) && b[i - 2] === 0x5c) from = Math.max(from, i)
  }
  let to = p + len
  const high = Math.min(s.to, to + NAME_RIGHT_MAX)
  if (word) while (to < high && inMask(b[to] as number, NAME_RIGHT)) to++
  // "key-" or "token." at the end of a name is punctuation.
  while (to > p + len && inMask(b[to - 1] as number, DASH | DOT)) to--
  const text = word ? latinText(b, from, to) : utf8Text(b, from, to)
  let meaning = keyMeaning(text)
  if (word && s.at(from - 1) === 0x20) meaning = wordsBefore(s, from, text, meaning)
  return meaning.kind === 'none' ? null : { from, to, meaning }
}

function utf8Text(b: Uint8Array, from: number, to: number): string {
  return Buffer.from(b.subarray(from, to)).toString('utf8')
}

/** "API key", "secret key", "access token": the word before belongs to the name. */
function wordsBefore(s: Subject, from: number, text: string, alone: KeyMeaning): KeyMeaning {
  let i = from - 1
  while (i > s.from && i > from - 24 && inMask(s.b[i - 1] as number, NAME_RIGHT)) i--
  if (i === from - 1) return alone
  const joined = keyMeaning(`${latinText(s.b, i, from - 1)}_${text}`)
  return joined.kind === 'none' && alone.strength === 'whole' ? alone : joined
}

function inMask(c: number, mask: number): boolean {
  return ((CLASS[c] as number) & mask) !== 0
}

function assignedAfter(s: Subject, name: Name, prose: boolean): Assigned | null {
  // In `https://x-access-token:..@host` the name is a user, and the URL rule judges what follows.
  if (s.at(name.from - 1) === 0x2f && s.at(name.from - 2) === 0x2f) return null
  const text = latinText(s.b, name.to, Math.min(s.to, name.to + 160))
  let m = BETWEEN.exec(text)
  let isProse = m !== null && m[2] !== undefined
  let open = m?.[4] ?? ''
  if (m === null && prose) {
    m = LONG_BETWEEN.exec(text)
    open = m?.[3] ?? ''
    isProse = true
  }
  if (m === null) {
    const flag = s.at(name.from - 1) === 0x2d || hasWord(s.b, name.from, name.to, '--')
    m = flag ? /^[ \t]{1,4}([\\"'`]{0,4})/.exec(text) : null
    if (m === null) return null
    open = m[1] ?? ''
    isProse = false
  }
  const from = name.to + m[0].length
  const quote = /["'`]/.exec(open)?.[0]
  const quoted = quote !== undefined
  const to = quoted ? quotedEnd(s, from, quote.charCodeAt(0)) : plainEnd(s, from, m[1] === '>')
  return to <= from ? null : { from, to, quoted, prose: isProse }
}

/** Before the closing quote, an escaped one too, or the end of the line. */
function quotedEnd(s: Subject, from: number, quote: number): number {
  const max = Math.min(s.to, from + QUOTED_MAX)
  for (let i = from; i < max; i++) {
    const c = s.b[i] as number
    if (c === quote || c === 0x0a) return i
    if (c === 0x5c) {
      let j = i
      while (j < max && s.b[j] === 0x5c) j++
      const x = s.at(j)
      if (x === quote || x === 0x6e || x === 0x72) return i
      i = j
    }
  }
  return max === s.to ? max : s.runEnd(from, VALUE)
}

function plainEnd(s: Subject, from: number, markup: boolean): number {
  let end = s.runEnd(from, VALUE)
  if (markup && s.at(end) !== 0x3c) return from
  while (end > from && '.:)]}'.includes(String.fromCharCode(s.b[end - 1] as number))) end--
  return end
}

/** `Bearer x`, `Token x`: the scheme stays. Schemes with parameters (`Digest a="b", ..`) are secret to the line's end. */
function skipScheme(s: Subject, value: Assigned): void {
  const head = latinText(s.b, value.from, Math.min(s.to, value.from + 30))
  const m =
    /^(bearer|basic|token|apikey|api-key|key|digest|negotiate|hawk|aws4-hmac-sha256)[ \t]{1,3}/i.exec(
      head,
    )
  if (m === null) return
  value.from += m[0].length
  if (value.quoted) return
  const isList = /^(?:digest|hawk|aws4)/i.test(m[0])
  value.to = isList ? lineEnd(s, value.from) : plainEnd(s, value.from, false)
}

function lineEnd(s: Subject, from: number): number {
  const max = Math.min(s.to, from + QUOTED_MAX)
  let i = from
  while (i < max && s.b[i] !== 0x0a && s.b[i] !== 0x0d && !(s.b[i] === 0x5c && s.b[i + 1] === 0x6e))
    i++
  return i
}

/** 4..128 characters that are no placeholder, type name, code or prose. `hunter42` in prose, `x` nowhere. */
function isPassword(s: Subject, v: Assigned): boolean {
  const n = v.to - v.from
  if (n < 4 || n > 256) return false
  const text = latinText(s.b, v.from, v.to)
  if (NOT_A_VALUE.test(text) || CODE.test(text) || isMarker(text)) return false
  const mix = mixOf(s.b, v.from, v.to)
  const symbol = /[^A-Za-z0-9 .,:;'()-]/.test(text)
  if ((mix & DIGIT) !== 0 && n >= 5)
    return !/ [a-z]+ /.test(text) && !/^\d{1,3}$/.test(text) && !isSizeOrDate(text)
  if (v.prose) return symbol && mix === (LOWER | UPPER) && n >= 8 && !/\s/.test(text)
  if (v.quoted) return n >= 6 && !/\s/.test(text)
  return n >= 8 && (symbol || mix === (LOWER | UPPER)) && !isWordy(s.b, v.from, v.to)
}

function isSizeOrDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d/.test(text) || /^\d+(?:ms|s|m|h|d|kb|mb|%)$/i.test(text)
}

/** Long, random and with a digit; `token: refresh` and `key: logs/2026/..` are not. */
function isSecret(s: Subject, v: Assigned, meaning: KeyMeaning): boolean {
  const n = v.to - v.from
  const whole = meaning.strength === 'whole'
  const min = meaning.kind === 'header' || whole ? 12 : 16
  if (n < min || (v.prose && n < 16)) return false
  const look = Math.min(v.to, v.from + LOOK_MAX)
  const text = latinText(s.b, v.from, look)
  if (
    NOT_A_VALUE.test(text) ||
    CODE.test(text) ||
    isMarker(text) ||
    /\s/.test(text) ||
    text.includes('://')
  )
    return false
  // X-Amz-Credential: a key id and its scope; the id has its own detector.
  if (text.includes('aws4_request')) return false
  if (/^[./~]?[\w-]+(?:\/[\w.-]+){2,}$/.test(text) && /\.\w{2,5}$/.test(text)) return false
  if ((mixOf(s.b, v.from, look) & DIGIT) === 0 && !(whole && n >= 20 && v.quoted)) return false
  if (/^\d+(?:\.\d+)?$/.test(text) && n < 24) return false
  if (isWordy(s.b, v.from, look)) return false
  return entropy(s.b, v.from, look) > (whole ? 2.8 : 3.2)
}
