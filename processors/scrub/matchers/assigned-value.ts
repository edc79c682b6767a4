// Does a value live up to the name it is assigned to? Passwords may be short but are no type name, placeholder,
// code or prose; keys and tokens are long and random. What stands in a form that says little must say more.

import { isMarker } from '../detectors/marker.ts'
import { DIGIT, LOWER, latinText, UPPER } from '../value/bytes.ts'
import { isIdentifier } from '../value/identifier.ts'
import type { KeyMeaning } from '../value/key-meaning.ts'
import { entropy, isWordy, mixOf } from '../value/randomness.ts'
import type { Assigned } from './assignment-forms.ts'
import type { ScannedValue } from './scanned-value.ts'

const LOOK_MAX = 256

const NOT_A_VALUE =
  /^(?:<[^>]*>?|\$.*|\{\{.*|\{%.*|%[({sdv]?.{0,2}|\*+|[xX]{3,}|\.{2,}.*|\[[a-z _-]{0,24}\]?|null|none|nil|undefined|true|false|string|str|text|number|int|integer|boolean|bool|object|array|bytes|required|optional|password|passwd|pass|pwd|secret|token|key|changeme|change[-_]?me|redacted|hidden|masked|placeholder|example|your[-_ ]?.*|my[-_]?(?:password|secret|token|key).{0,4}|insert[-_ ].*|enter[-_ ].*|dummy|foo|bar|empty|todo|tbd|n\/a|-+|_+|\?+|@[a-z_]+|:[a-z_]+|#.{0,3}|urn:.*|0x[0-9a-f]{1,8})$/i
/** Code that reads the secret from elsewhere. */
const CODE =
  /^(?:process\.env|os\.(?:environ|getenv)|env[.[(]|getenv|config[.[(]|settings[.[(]|secrets?[.[(]|self\.|this\.|vault[.:(]|ref\+|data\.|var\.|local\.|module\.|input\(|prompt\(|getpass|System\.getenv|Deno\.env|import\.meta|req(?:uest)?\.|ctx\.|args\.|options\.|credentials?\.|user\.|params\.|props\.|exports\.|require|!|&|=|\()|^[A-Za-z_$][\w.$:]{0,60}\(|^[A-Za-z_$][\w.$]{0,40}\[["']?/
/** Part of it comes from elsewhere, or it is an expression: `x${i}`, `{{ x }}`, `[a-z0-9]{8}`, `^[A-Z]+$`. */
const TEMPLATE = /\$\{|\{\{|%\(|\[\^?[aA]-[zZ]|\{\d+,\d*\}|^\/\^/

/** 4..256 characters that are no placeholder, type name, code or prose. `hunter42` in prose, `x` nowhere. */
export function isPassword(
  s: ScannedValue,
  v: Assigned,
  name: string,
  meaning: KeyMeaning,
): boolean {
  const n = v.to - v.from
  if (n < 4 || n > 256) return false
  const text = latinText(s.b, v.from, v.to)
  if (v.pair || isPlaceholder(s, text) || isOtherThing(text, name)) return false
  const isWeak = meaning.strength === 'weak'
  if (v.bare && isWeak && !isBareWord(s, v, name, text)) return false
  if (v.loose || (isWeak && !v.quoted)) return isStrong(s, text)
  if (!v.quoted && (isCode(text) || isTypeName(text))) return false
  const mix = mixOf(s.b, v.from, v.to)
  if ((mix & DIGIT) !== 0 && n >= 5)
    return !/ [a-z]+ /.test(text) && !/^\d{1,3}$/.test(text) && !isSizeOrDate(text)
  return isPasswordOfLetters(s, v, text, mix)
}

/** `user bob, pass V`, `pw V`, `pass V!x9`: of the weak names the one that is also a verb needs a login before it. */
function isBareWord(s: ScannedValue, v: Assigned, name: string, text: string): boolean {
  if (!/^pass$/i.test(name)) return /^(?:pw|psk|mdp)$/i.test(name) || /[!@#$%^&*?~]/.test(text)
  const before = latinText(s.b, Math.max(s.from, v.from - LOGIN_BACK), v.from)
  return LOGIN_BEFORE.test(before)
}

const LOGIN_BACK = 90
const LOGIN_BEFORE =
  /\b(?:user(?:name)?|login|account|benutzer|usuario|utente|utilisateur)\s?[:=]?\s\S{1,40}[,;]?\s(?:and |und |et |y |e )?pass["'`:]{0,2}\s["'`]?$/i

function isCode(text: string): boolean {
  return text.startsWith('{') || bracketsIn(text) > 1 || isCodeName(text)
}

/** `SecretStr`, `AccessToken2`, `CharArray`, `Base64String`, `Optional<String>`: a type, as signatures have it behind a colon. */
const TYPE_NAME =
  /^(?:[\w.]{1,40}[.:])?[A-Z][A-Za-z]{0,30}(?:64|32|16)?[A-Za-z]{0,24}(?:Str(?:ing)?|Text|Bytes?|Array|Slice|Buffer|Data|Type|Value|Field|Token|Secret|Password|Credentials?|Keys?|Form|Request|Input|Dto|DTO|Param|Model|Schema|Option|Optional|Ref|Ptr|View|Box)(?:V?\d)?(?:[?!]|\[\]|[<[].{0,40})?$/

function isTypeName(text: string): boolean {
  return TYPE_NAME.test(text)
}

/** The value repeats its name, is an address, a version or a directory (`PWD=/home/ann`). */
function isOtherThing(text: string, name: string): boolean {
  if (repeatsName(text, name) || /^https?:\/\/|^\d+(?:\.\d+)+$/.test(text)) return true
  return /^(?:old_?)?pwd$/i.test(name) && /^(?:[/~]|[A-Za-z]:[\\/])/.test(text)
}

/** Without a digit it needs quotes, both cases or a symbol. */
function isPasswordOfLetters(s: ScannedValue, v: Assigned, text: string, mix: number): boolean {
  const n = v.to - v.from
  const symbol = /[^A-Za-z0-9 .,:;'()-]/.test(text)
  const isMixed = mix === (LOWER | UPPER)
  if (v.prose) return symbol && isMixed && n >= 8 && !/\s/.test(text)
  if (v.quoted) return n >= 6 && !/\s/.test(text)
  if (n < 8 || isCamelCase(text) || isWordy(s.b, v.from, v.to)) return false
  return symbol || isMixed
}

/** Stands for a value: `$PW`, `<password>`, `***`, code. */
export function isPlaceholder(s: ScannedValue, text: string): boolean {
  return (
    NOT_A_VALUE.test(text) ||
    CODE.test(text) ||
    TEMPLATE.test(text) ||
    isMarker(text, s.policy.markers)
  )
}

/** Looks like a password without any help: letters and digits, and a symbol, both cases or two digits. */
export function isStrong(s: ScannedValue, text: string): boolean {
  if (text.length < 6 || text.length > 64 || /[\s<>]/.test(text)) return false
  if (!/\d/.test(text) || !/[A-Za-z\u0080-\u00ff]/.test(text)) return false
  if (isPlaceholder(s, text) || isPathOrCode(text)) return false
  if (/[!@#$%^&*?~+=]/.test(text)) return text.length >= 7 && /[A-Za-z].*[A-Za-z]/.test(text)
  if (
    (isVersioned(text) && !isScattered(text)) ||
    (text.length >= 14 && !/\d.*\d.*\d/.test(text) && isIdentifier(text))
  )
    return false
  if (/[a-z]/.test(text) && /[A-Z]/.test(text)) return text.length >= 7
  if (isMixedLower(text)) return true
  // hunter42, not sha256, oauth2, step-2
  return /^[a-z]{3,}\d{2,}[a-z0-9]*$/.test(text) && text.length >= 8
}

/** `bmvky4fugc98`: small letters and three digits and more in two places, but no hex and no name. */
function isMixedLower(text: string): boolean {
  if (text.length < 11 || !/^[a-z0-9]+$/.test(text) || /^[0-9a-f]+$/.test(text)) return false
  return (
    /[a-z]\d+[a-z]+\d|\d+[a-z]+\d+[a-z]/.test(text) &&
    (text.match(/\d/g)?.length ?? 0) >= 3 &&
    !isIdentifier(text)
  )
}

/** An address, a path, a query, a version, a size, a UUID, the name of something in code. */
function isPathOrCode(text: string): boolean {
  if (/:\/\/|^https?|[?&][\w.-]+=|%2F|^[./~]|^\w+\/\w+\/|^#/.test(text)) return true
  if (isSizeOrDate(text) || bracketsIn(text) > 1 || isCodeName(text)) return true
  if (/\.[a-z]{2,5}$/.test(text) || /^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(text)) return true
  return /^v?\d+(?:[.:-]\d+)+\w{0,6}$/i.test(text)
}

/** `h2B4fDQWcvN8Vs`: digits in several places and letters of both cases are no version, whatever they begin with. */
function isScattered(text: string): boolean {
  if (text.length < 10 || !/[a-z]/.test(text) || !/[A-Z]/.test(text)) return false
  return (text.match(/\d+/g)?.length ?? 0) >= 2 && !isIdentifier(text)
}

/** `sha256`, `OAuth2Client`, `EC2`, `Base64Url`: words and the numbers that belong to them. */
function isVersioned(text: string): boolean {
  return /^(?:sha|md|base|oauth|utf|x|ec|s|http|ipv|p|rsa|ed|aes|hs|rs|es|bcrypt|argon|pbkdf|totp|mfa|scram|step|section|chapter|figure|table|python|java|node|windows|version|field|line|page|item|user|test|level|phase|task|day|week|month|year|q|h)[-_]?\d/i.test(
    text,
  )
}

/** `FAILURE = "failure"`, `RESET_PASSWORD: "reset_password"`: the value is (the end of) its own name. */
function repeatsName(text: string, name: string): boolean {
  const plain = (t: string): string => t.toLowerCase().replace(/[^a-z0-9]/g, '')
  const value = plain(text)
  if (value.length < 4) return false
  const own = plain(name)
  return own.endsWith(value) || (own.length >= 6 && value.endsWith(own))
}

function bracketsIn(text: string): number {
  return text.match(/[(){}[\]]/g)?.length ?? 0
}

/** `z.ZodDefault`, `client_1.Client`, `K8S_VALUE_SECRET`: a path or a constant, not a value. */
function isCodeName(text: string): boolean {
  if (/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(text))
    return /[A-Z]{3}/.test(text) && isIdentifier(text)
  return /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/.test(text) && isIdentifier(text)
}

/** `FlowsCommon`, `binaryLike`: two words and more without a joint. */
function isCamelCase(text: string): boolean {
  return /^(?:[a-z]+|[A-Z]{1,5}[a-z]+)(?:[A-Z]{1,5}[a-z]+)*$/.test(text) && isIdentifier(text)
}

function isSizeOrDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d/.test(text) || /^\d+(?:ms|s|m|h|d|kb|mb|%)$/i.test(text)
}

/** Long, random and with a digit; `token: refresh` and `key: logs/2026/..` are not. */
export function isSecret(s: ScannedValue, v: Assigned, name: string, meaning: KeyMeaning): boolean {
  const n = v.to - v.from
  const whole = meaning.strength === 'whole'
  const isLoose = v.loose && !v.sure
  if (n < (isShortSecret(s, v, name) ? 12 : lengthMin(v, isLoose, meaning))) return false
  const look = Math.min(v.to, v.from + LOOK_MAX)
  const text = latinText(s.b, v.from, look)
  if (isNoSecret(s, text, name) || (isLoose && /^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(text)))
    return false
  if ((mixOf(s.b, v.from, look) & DIGIT) === 0 && !(whole && n >= 20 && v.quoted && !isLoose))
    return false
  if (/^\d+(?:\.\d+)?$/.test(text) && n < 24)
    return !text.includes('.') && isLongNumber(v, isLoose, meaning)
  if (isWordy(s.b, v.from, look) || isIdentifier(text)) return false
  return entropy(s.b, v.from, look) > (whole ? 2.8 : 3.2)
}

/** `secret="V"`: the word alone is a sure name where a quoted value in both cases and digits is assigned to it. */
function isShortSecret(s: ScannedValue, v: Assigned, name: string): boolean {
  if (
    !v.quoted ||
    v.prose ||
    v.loose ||
    v.pair ||
    !/^(?:secrets?|credentials?|creds?)$/i.test(name)
  )
    return false
  return mixOf(s.b, v.from, v.to) === (DIGIT | LOWER | UPPER)
}

/** A form or a name that says little asks for more. */
function lengthMin(v: Assigned, isLoose: boolean, meaning: KeyMeaning): number {
  if (isLoose) return 20
  return !v.prose && (meaning.kind === 'header' || meaning.strength === 'whole') ? 12 : 16
}

/** An id of digits alone, as some services give for a token: only behind a name that says more than `token`. */
function isLongNumber(v: Assigned, isLoose: boolean, meaning: KeyMeaning): boolean {
  if (meaning.strength !== 'whole' || meaning.kind !== 'token') return false
  return !v.prose && !isLoose && v.to - v.from >= 16
}

function isNoSecret(s: ScannedValue, text: string, name: string): boolean {
  if (isPlaceholder(s, text)) return true
  if (/\s/.test(text) || text.includes('://') || bracketsIn(text) > 1) return true
  // X-Amz-Credential: a key id and its scope; the id has its own detector.
  if (text.includes('aws4_request') || repeatsName(text, name)) return true
  return /^[./~]?[\w-]+(?:\/[\w.-]+){2,}$/.test(text) && /\.\w{2,5}$/.test(text)
}
