// Where the value of a name stands: behind `:` `=` "is", in the next cell of a pair or call, on the next line, in
// a block scalar, an attribute, a `default =` of HCL. Finds the range and says how sure the form is; whether the
// value lives up to the name is left to `assigned-value.ts`.

import { hasWord, latinText, UNQUOTED } from '../value/bytes.ts'
import { lineBelow } from './forms/next-line.ts'
import { namedValue } from './named-value.ts'
import type { ScannedValue } from './scanned-value.ts'

export interface Assigned {
  from: number
  to: number
  quoted: boolean
  /** `is` and the like: prose, so the value must look less like a word. */
  prose: boolean
  /** The form alone says little ("password X", a pair of strings): the value must look like a secret by itself. */
  loose: boolean
  /** Nothing but a space or dash between: "pass `X` on" is no assignment. */
  bare: boolean
  /** Two neighbours of a longer list of strings. */
  pair: boolean
  /** An argument of a call behind its name, or all of an element of XML: as sure as an assignment. */
  sure: boolean
  /** First of a list: `"tokens": ["..", ".."]`. */
  list: boolean
}

/** A separator with no value behind it. */
export const NOTHING: Assigned = {
  from: 0,
  to: 0,
  quoted: false,
  prose: false,
  loose: false,
  bare: false,
  pair: false,
  sure: false,
  list: false,
}

/** A name in the text: its range. */
export interface NameRange {
  readonly from: number
  readonly to: number
}

const QUOTED_MAX = 2048
const LOOK_MAX = 280
/** Code around a string, and keys of a value in JSON: `Some("V")`, `String::from("V")`, `{"stringValue": "V"}`, `string(12) "V"`. */
const WRAPPER = String.raw`\[\]string\{(?=\\*["'])|string\(\d{1,5}\) (?=\\*")|(?:new )?(?:Some|Ok|Just|Optional\.of|(?:Secure|Secret)?String(?:::(?:from|new)|\.valueOf)?|Secret(?:Str|::new)?|\[\]byte|str|bytes|Buffer\.from|std::string|Password|PlainText)\((?=\\*["'${'`'}])|\{\s{0,2}\\*["']?(?:stringValue|string_value|value|plaintext|S)\\*["']?\s{0,2}:\s{0,2}(?=\\*["'])`
/** Opening quotes, escaped too; a backslash alone begins something else. */
const OPEN = String.raw`((?:${WRAPPER}|\\+["'${'`'}]|["'${'`'}*([]|%?qq?[{(]|\{(?=[^\s{}"'\\]{4,64}\}(?:;|$))|[NEbrufBRUF@]{1,2}(?=\\*["'])|\\+(?:u00(?:22|27|60|3[cC])|x2[27])|&#(?:3[49]|x2[27]);|<!\[CDATA\[|!!str |&\w{1,20} (?=\S)|\xc2\xab(?: |\xc2\xa0)?|\xe3\x80[\x8a\x90]|\xe2\x80[\x98\x9c]|\xe3\x80[\x8c\x8e]|&quot;|\x1b\[[\d;]{0,8}m|\\+(?:u001[bB]|x1[bB]|033|e)\[[\d;]{0,8}m){0,8})`
const BLANK = String.raw`(?:[ \t]|\\+t|&nbsp;|\xc2\xa0)`

/**
 * Between name and value, as latin1 of UTF-8: closing quotes, then `:` `=` `=>` `|` `>` or "is" in some
 * languages, then opening quotes. Groups: separator, prose word, opening.
 */
const BETWEEN = new RegExp(
  String.raw`^(?:\\+(?:u00(?:22|27)|x2[27])|[\\"'${'`'}*_\])]|&quot;|&#(?:3[49]|x2[27]);|\x1b\[[\d;]{0,8}m|\\+(?:u001[bB]|x1[bB]|033|e)\[[\d;]{0,8}m){0,8}(?:\[\d{0,4}\])?(?: #?\d{1,2}(?=:))?(?: (?:\([^()\n]{1,24}\)|\[[^[\]\n]{1,24}\]))?${BLANK}{0,24}(?:(:{1,3}=|<{1,2}-|[?.+]=|\|\|[:=]|=>(?:\s{1,24}(?=string\())?|->|\xe2\x87\x92|\xe2\x9e[\x9c\xa1]|;s:\d{1,4}:(?=\\*")|&gt;|===?|=|:|\||>|%3[dD]|\uff1a|\xef\xbc[\x9a\x9d]|\xe6\x98\xaf|\xe3\x81\xaf|\xe3\x81\x8c|\xe3\x82\x92|\xe4\xb8\xba|\xeb\xa5\xbc|\xec\x9d\x84|\xec\x9d\x80|\xeb\x8a\x94|\xec\x9d\xb4|(?=\xe3\x80[\x8c\x8e]))(?:\xef\xbc\x9a|:)?|(is|(?<=['\x99])s|ist|es|est|era|was|are|lautet|\xc3\xa9|\xc3\xa8|\xc3\xa4r|er|jest|je|este|l\xc3\xa0)(?::|[ \t]))(?:\*{1,3}|_{1,2})?${BLANK}{0,24}${OPEN}`,
)
/** A list of pairs under the name, as Postman keeps what a scheme needs: `"apikey":[{"key":"value","value":"V"}]`. */
const LIST_OF_PAIRS = /^\\*["']\s{0,2}:\s{0,3}\[\s{0,12}\{\s{0,12}/
/** The key of a value in a list of pairs, and what opens it: `","value":"`. */
export const VALUE_KEY = new RegExp(
  String.raw`[\\"']{0,4}(?:value|val|v|default|defaultValue|content|text|(?:parameter|param|field|env|setting)[_-]?value|(?:new|old|current|previous)(?:_?value)?|result|output|data|response)[\\"']{0,4}[ \t]{0,4}[:=]${BLANK}{0,8}${OPEN}`,
  'iy',
)
/** A tool's result may be anything. */
const UNSURE_KEY =
  /(?:new|old|current|previous|result|output|data|response)[\\"']{0,4}[ \t]{0,4}[:=][^:=]*$/i
const VALUE_KEY_MAX = 48
/** `["x-api-key", "V"]`, `define("X", "V")`. */
const TUPLE = /^(?:\\*["'`]) {0,2}[,;] {0,2}(?:(?:\r?\n|\\+n)[ \t]{0,24})?[bru]?(\\*["'`])/
/** `setPassword("V")`. */
const CALL = /^\( ?(\\*["'`])/
/** `: |` and a line, `:` and a line: a block scalar or a label above its value. */
const NEXT_LINE =
  /^["'`*]{0,3}[ \t]{0,4}[:=>]\*{0,2}[ \t]{0,4}([|>][-+]?\d?)?[ \t]{0,4}(?:\r?\n|\\r\\n|\\n){1,2}[ \t]{0,24}(["'`]{0,3})/
/** `variable "x" { type = string  default = "V"`. */
const HCL =
  /^"\s{0,3}\{(?:\s{0,12}(?:type|description|sensitive|nullable)\s{0,8}=[^\n]{0,100}\n){0,4}\s{0,12}(?:default|value)\s{0,8}=\s{0,4}(")/
/** `apiKey: string = "V"`, `var apiKey string = "V"`. */
const TYPED =
  /^(?: (?:string|str|char|String|&str)(?:\[\d{0,4}\])? {1,2}:?=|\??\s{0,2}:\s{0,2}&?(?:'\w+ )?[A-Za-z][\w<>[\]?.]{0,30}(?: \| \w{1,20}){0,2}\s{0,4}=)\s{0,4}(["'`])/
/** `<b>Password:</b> V`, `<td>token</td><td>V</td>`. */
const MARKUP =
  /^ {0,2}:?\s{0,4}(?:<\/?[a-z][a-z0-9-]{0,15}(?: [^<>]{0,60})?>\s{0,8}(?::\s{0,4})?){1,5}\s{0,4}(["'`]{0,2})/i
/** `Mot de passe admin = V`: a word or two belong to the label. */
const WORDS_THEN_SIGN =
  /^(?: [A-Za-z\x80-\xff]{2,24}){1,2} ?[:=] {0,2}((?:\\+["'`]|["'`*]){0,4})(?=[^\s"'`*])/
/** `<password type="text">V</password>`. */
const TAG = /^["']?(?:\s[\w:-]{1,24}="[^"<>]{0,60}"){1,4}\s{0,2}(>)/
/** `token - V`, `password "V"`, `password (V)`, `access token V`, `password 7 V` of a router, `password ..... V`, `(password . "V")`. */
const BARE =
  /^["'`*]{0,3}(?: {1,2}(?:-|\xe2\x80[\x93\x94]) {1,2}| {0,2}\xe2\x86\x92 {0,2}|[ \t]{0,2}\.{3,60}[ \t]{0,2}| \. (?=\\*")|[ \t]{1,40}(?:\d )?)((?:\\+["'`]|["'`*(]){0,4}|\xe2\x80[\x98\x9c])/

const FOLLOWS = new Uint8Array(256)
for (const c of '\x1b \t\r\n\\"\'`:=|>-,(*_])&<%?[;.') FOLLOWS[c.charCodeAt(0)] = 1
// First bytes of what separates in Chinese, Japanese and Korean, and of typographic quotes.
for (const c of [0xc2, 0xe2, 0xe3, 0xe4, 0xe6, 0xeb, 0xec, 0xef]) FOLLOWS[c] = 1

/** Anything else behind a name, such as another letter or the dot that ends a sentence, begins no form of an assignment. */
function mayFollow(s: ScannedValue, p: number): boolean {
  const c = s.at(p)
  return FOLLOWS[c] === 1 && (c !== DOT_BYTE || s.at(p + 1) === DOT_BYTE)
}

const DOT_BYTE = 0x2e

/** The value of the name that stands at `name`, or null. */
export function assignedAfter(s: ScannedValue, name: NameRange): Assigned | null {
  // In `https://x-access-token:..@host` the name is a user, and the URL rule judges what follows.
  if (s.at(name.from - 1) === 0x2f && s.at(name.from - 2) === 0x2f) return null
  if (!mayFollow(s, name.to) || isFollowedByWord(s, name)) return null
  const text = latinText(s.b, name.to, Math.min(s.to, name.to + LOOK_MAX))
  return (
    afterNextLine(s, name, text) ??
    afterList(s, name, text) ??
    afterSeparator(s, name, text) ??
    afterFlag(s, name, text) ??
    afterLooseForm(s, name, text)
  )
}

/** Words that link a name and its value, schemes of headers: 32 for each place and 1 to 26 for the letter. */
const TELLING = new Set(
  'is ist es est era was are lautet er jest je este bearer basic token apikey key digest hawk'
    .split(' ')
    .map((word) => Buffer.from(word).reduce((n, c) => n * 32 + (c & 31), 0)),
)

/**
 * "the token that we count": a space and a word of letters alone, which goes on in the same way. No form of an
 * assignment takes that for a value; it is what most names in prose are followed by, so it is asked first.
 */
function isFollowedByWord(s: ScannedValue, name: NameRange): boolean {
  if (s.at(name.to) !== 0x20 || s.at(name.from - 1) === 0x2d || s.at(name.from) === 0x2d)
    return false
  const from = name.to + 1
  let to = from
  let word = 0
  for (; isLetter(s.at(to)) && to - from < 24; to++) word = word * 32 + ((s.b[to] as number) & 31)
  const n = to - from
  if (n < 3 || n === 9 || (n <= 6 && TELLING.has(word))) return false
  const c = s.at(to)
  const next = s.at(to + 1)
  return c === 0x20 ? isLetter(next) : (c === 0x2c || c === 0x2e) && next === 0x20
}

function isLetter(c: number): boolean {
  return (c | 0x20) >= 97 && (c | 0x20) <= 122
}

/** `"apikey":[{"key":"value","value":"V"}]` */
function afterList(s: ScannedValue, name: NameRange, text: string): Assigned | null {
  const length = LIST_OF_PAIRS.exec(text)?.[0].length
  const value = length === undefined ? null : namedValue(text.slice(length), VALUE_KEY)
  if (length === undefined || value === null) return null
  return valueAt(s, name, length + value.end, value.open, {})
}

function afterSeparator(s: ScannedValue, name: NameRange, text: string): Assigned | null {
  const typed = text.includes('=') ? TYPED.exec(text) : null
  if (typed !== null) return valueAt(s, name, typed[0].length, typed[1] ?? '', {})
  const m = BETWEEN.exec(text)
  const value = m === null ? null : afterSign(s, name, m)
  // A parameter of CloudFormation: its value stands among the pairs below it.
  if (value !== null || (m !== null && !text.startsWith(':\n'))) return value
  return afterMarkup(s, name, text) ?? afterPairs(s, name, text)
}

function afterSign(s: ScannedValue, name: NameRange, m: RegExpExecArray): Assigned | null {
  const isCompared = m[1] === '==' || m[1] === '==='
  // `Pw==` ends base64; only with a string is it a comparison.
  if (isCompared && !/["'`]/.test(m[3] ?? '')) return null
  // Nothing that could be a value: no other form is tried.
  if ((s.at(name.to + m[0].length) & 0x80) !== 0) return NOTHING
  return valueAt(s, name, m[0].length, m[3] ?? '', {
    prose: m[2] !== undefined,
    loose: m[1] === '|' || isCompared,
    markup: (m[1] === '>' || m[1] === '&gt;') && !m[0].includes('CDATA'),
  })
}

function afterMarkup(s: ScannedValue, name: NameRange, text: string): Assigned | null {
  const tag = TAG.exec(text)
  if (tag !== null) return valueAt(s, name, tag[0].length, '', { markup: true })
  const m = WORDS_THEN_SIGN.exec(text)
  return m === null ? null : valueAt(s, name, m[0].length, m[1] ?? '', { loose: true })
}

function afterPairs(s: ScannedValue, name: NameRange, text: string): Assigned | null {
  const named = namedValue(text, VALUE_KEY)
  if (named !== null) {
    const key = text.slice(Math.max(0, named.end - VALUE_KEY_MAX), named.end)
    return valueAt(s, name, named.end, named.open, { loose: UNSURE_KEY.test(key) })
  }
  const m = text.startsWith('"') ? HCL.exec(text) : null
  return m === null ? null : valueAt(s, name, m[0].length, m[1] ?? '', {})
}

/** A blank, the next string of a list, the next item of a list in YAML. */
const BEHIND_FLAG =
  /^(?:[ \t]{1,4}|\\*["'`] {0,2}, {0,2}(?:\r?\n[ \t]{0,24})?|["']?[ \t]{0,2}(?:\r?\n|\\+n)[ \t]{0,24}- )([\\"'`]{0,4})/

function afterFlag(s: ScannedValue, name: NameRange, text: string): Assigned | null {
  const flag =
    s.at(name.from - 1) === 0x2d ||
    s.at(name.from) === 0x2d ||
    hasWord(s.b, name.from, name.to, '--')
  const m = flag ? BEHIND_FLAG.exec(text) : null
  return m === null ? null : valueAt(s, name, m[0].length, m[1] ?? '', {})
}

/** A block scalar is its first line; a label's value must be alone on the next line. */
function afterNextLine(s: ScannedValue, name: NameRange, text: string): Assigned | null {
  const m = NEXT_LINE.exec(text)
  if (m === null) return null
  const value = valueAt(s, name, m[0].length, m[2] ?? '', { loose: m[1] === undefined })
  if (value === null || value.quoted) return value
  const c = s.at(value.to)
  value.sure = m[0].startsWith('>') && isClosedBy(s, value.to, name)
  const ends =
    value.sure || c === 0 || c === 0x0a || c === 0x0d || c === 0x22 || c === 0x5c || c === 0x60
  return ends ? value : null
}

/** `</name>` stands behind the value. */
function isClosedBy(s: ScannedValue, p: number, name: NameRange): boolean {
  const text = latinText(s.b, p, Math.min(s.to, p + 40 + name.to - name.from))
  const m = /^\s{0,24}<\//.exec(text)
  return m !== null && text.startsWith(`${latinText(s.b, name.from, name.to)}>`, m[0].length)
}

function afterLooseForm(s: ScannedValue, name: NameRange, text: string): Assigned | null {
  const quoteBefore = s.at(name.from - 1)
  const isQuoted = quoteBefore === 0x22 || quoteBefore === 0x27 || quoteBefore === 0x60
  const pair = isQuoted ? TUPLE.exec(text) : null
  if (pair !== null) return pairAt(s, name, pair)
  const m = text.startsWith('(') ? CALL.exec(text) : text.includes('<') ? MARKUP.exec(text) : null
  if (m !== null) return valueAt(s, name, m[0].length, m[1] ?? '', { loose: true })
  const below = lineBelow(s, name, text)
  if (below !== null) return valueAt(s, name, below.length, below.open, { loose: !below.isSure })
  const bare = isQuoted ? null : BARE.exec(text)
  if (bare === null) return null
  const isSet = SETTER.test(latinText(s.b, Math.max(s.from, name.from - SETTER_MAX), name.from))
  return valueAt(s, name, bare[0].length, bare[1] ?? '', { loose: !isSet, bare: !isSet })
}

/** Commands that set a variable without a sign: `setx X V` of Windows, `setenv X V` of csh, `ENV X V` of a Dockerfile. */
const SETTER = /(?:^|[\s;&"'`(])(?:setx|setenv|ENV|set -g?x|set -Ux)[ \t]{1,2}$/
const SETTER_MAX = 12

const ALONE_BEFORE = /[[{](?:\s|\\+n){0,16}[bru]?\\*["'`]$/
const ALONE_BEHIND = /^\\*["'`](?:\s|\\+n){0,16}[\]}]/

/** `("X", "V")` and `["X", "V"]` say more than two strings in the middle of a list. */
function pairAt(s: ScannedValue, name: NameRange, m: RegExpExecArray): Assigned | null {
  const value = valueAt(s, name, m[0].length, m[1] ?? '', { loose: true })
  if (value === null) return null
  const before = latinText(s.b, Math.max(s.from, name.from - 24), name.from)
  const behind = latinText(s.b, value.to, Math.min(s.to, value.to + 24))
  const isCall = /\(\s{0,2}[bru]?\\*["'`]$/.test(before) && /^\\*["'`]\s{0,2}[,)]/.test(behind)
  const isAlone = ALONE_BEFORE.test(before) && ALONE_BEHIND.test(behind)
  value.pair = !isCall && !isAlone && !isFlag(s, name)
  value.sure = isCall
  return value
}

/** `"--password"` in a list of arguments. */
function isFlag(s: ScannedValue, name: NameRange): boolean {
  return s.at(name.from) === 0x2d || s.at(name.from - 1) === 0x2d
}

interface Form {
  readonly prose?: boolean
  readonly loose?: boolean
  readonly markup?: boolean
  readonly bare?: boolean
  readonly pair?: boolean
}

function valueAt(
  s: ScannedValue,
  name: NameRange,
  length: number,
  open: string,
  form: Form,
): Assigned | null {
  const from = name.to + length
  const quote = /["'`]/.exec(open)?.[0]
  const quoted = quote !== undefined || /&quot;|&#/.test(open)
  const to =
    quote !== undefined
      ? quotedEnd(s, from, quote.charCodeAt(0))
      : plainEnd(s, from, form.markup === true, open.includes('\xc2\xab'))
  if (to <= from || (!quoted && isTyped(s, to))) return null
  return {
    from,
    to,
    quoted,
    prose: form.prose === true,
    loose: form.loose === true,
    bare: form.bare === true,
    pair: form.pair === true,
    sure: false,
    list: open.includes('['),
  }
}

/** `password: SecretStr = Field(..)`: what stands before ` = ` is a type. */
function isTyped(s: ScannedValue, end: number): boolean {
  return s.at(end) === 0x20 && s.at(end + 1) === 0x3d && s.at(end + 2) === 0x20
}

/** Before the closing quote, an escaped one too, or the end of the line. */
export function quotedEnd(s: ScannedValue, from: number, quote: number): number {
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
  return max === s.to ? max : s.runEnd(from, UNQUOTED)
}

/** End of an unquoted value without the punctuation behind it. */
export function plainEnd(s: ScannedValue, from: number, markup: boolean, isAngled = false): number {
  let end = s.runEnd(from, UNQUOTED)
  // `«V»`
  if (isAngled && s.at(end - 1) === 0xbb && s.at(end - 2) === 0xc2) end -= 2
  if (markup && s.at(end) !== 0x3c && s.at(end) !== 0x26) return from
  while (end > from && '.:)]}'.includes(String.fromCharCode(s.b[end - 1] as number))) end--
  return end
}

/** The next element of a list of strings behind `v`, or null. */
export function nextInList(s: ScannedValue, v: Assigned): Assigned | null {
  const text = latinText(s.b, v.to, Math.min(s.to, v.to + 60))
  const m = /^(\\*["'`]) {0,2}, {0,2}\s{0,24}(\\*["'`])/.exec(text)
  if (m === null || !v.quoted) return null
  const from = v.to + m[0].length
  const to = quotedEnd(s, from, (m[2] ?? '').charCodeAt((m[2] ?? '').length - 1))
  return to <= from ? null : { ...v, from, to }
}

/** Keys of what names a value: `{"value":"V","selector":"#password"}`. */
const VALUE_BEFORE =
  /(\\*["'])(?:value|val|content|text|input|keys)\1\s{0,2}:\s{0,2}\1([^"'\\\n]{4,200})\1\s{0,2},\s{0,12}(?:\1\w{1,16}\1\s{0,2}:\s{0,2}(?:\1[^"'\\\n]{0,24}\1|[\w.]{1,12})\s{0,2},\s{0,12}){0,2}\1(?:name|key|id|header|label|field|element|selector|target|placeholder)\1\s{0,2}:\s{0,2}\1(?:[^"'\\\n]{0,40}[#=.\s[_-])?$/i

/** A quote, or the sign of a selector, stands before the name, and a colon before its quote. */
function isSecondKey(s: ScannedValue, from: number): boolean {
  let at = from - 1
  const c = s.at(at)
  if (c === 0x23 || c === 0x3d || c === 0x20 || c === 0x5b) {
    const low = Math.max(s.from, from - SELECTOR_MAX)
    while (at > low && s.b[at] !== 0x22 && s.b[at] !== 0x0a) at--
  }
  if (s.at(at) !== 0x22 && s.at(at) !== 0x27) return false
  // A colon or the sign of SQL, perhaps blanks and backslashes, then the quote.
  let colon = at - 1
  while (s.at(colon) === 0x5c || s.at(colon) === 0x20) colon--
  return s.at(colon) === 0x3a || s.at(colon) === 0x3d
}

/** `SET value = 'V' WHERE name = 'smtp_password'` */
const SET_BEFORE =
  /\bset\s{1,4}[\w"`.\\]{1,40}\s{0,4}=\s{0,4}N?('|\\*")([^'"\\\n]{4,200})\1\s{1,8}where\s{1,4}[\w"`.\\]{1,40}\s{0,4}(?:=|like)\s{0,4}N?\1[\w.:/%-]{0,40}$/i

const SELECTOR_MAX = 48

/** `{"value":"V","name":"DB_PASSWORD"}`: the value stands before its name. */
export function assignedBefore(s: ScannedValue, name: NameRange): Assigned | null {
  if (!isSecondKey(s, name.from)) return null
  const low = Math.max(s.from, name.from - LOOK_MAX)
  const text = latinText(s.b, low, name.from)
  const m = VALUE_BEFORE.exec(text) ?? SET_BEFORE.exec(text)
  if (m === null) return null
  const value = m[2] ?? ''
  const from = low + m.index + m[0].indexOf(value, /^set/i.test(m[0]) ? 6 : 8)
  return {
    from,
    to: from + value.length,
    quoted: true,
    prose: false,
    loose: true,
    bare: false,
    pair: false,
    sure: false,
    list: false,
  }
}
