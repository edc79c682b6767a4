// Passwords on command lines, where an option or a place says what they are: `curl -u user:pw`, `mysql -ppw`, `sshpass -p pw`,
// `7z -ppw`; in statements of SQL and PowerShell: `IDENTIFIED BY pw`, `ConvertTo-SecureString "pw"`; and "login: bob / pw".

import { hasWord as hasPrefix, latinText, runEnd, SETS } from '../value/bytes.ts'
import type { ActiveDetector } from './active-detector.ts'
import { isPlaceholder, isStrong } from './assigned-value.ts'
import { type Word, wordsOf } from './forms/command-line.ts'
import { type CommandRow, rowsOf } from './forms/command-options.ts'
import { maskCookies } from './headers.ts'
import type { ScannedValue } from './scanned-value.ts'

/** What is looked at behind the name of a command. */
const LINE_MAX = 600
const VALUE_MIN = 3
const VALUE_MAX = 256
const WORDS_COST = 100
/** What it costs to find the words of a line, at all and for each byte of it (2026-11-30). */
const LINE_COST = 2500
const WORD_BYTE_COST = 12

/** A command's name at `p`: the passwords among its arguments. */
export function matchCommand(
  s: ScannedValue,
  p: number,
  _len: number,
  active: ActiveDetector,
): void {
  const end = runEnd(s.b, p, Math.min(s.to, p + NAME_MAX), SETS.word_dot_dash)
  if (BEHIND_NAME[s.at(end)] !== 1) return
  // "connect to" is mostly prose.
  if (hasPrefix(s.b, p, end, 'conn') && !isLoginOfOracle(s, end + 1)) return
  const name = latinText(s.b, p, end)
  const { words, first } = argumentsAt(s, p, name.length)
  if (first >= words.length) return
  // The options of a line are the same for each command of that name in it.
  const isKnown = last.names.has(name)
  last.names.add(name)
  if (!isKnown && name.startsWith('curl')) cookiesOf(s, words, first, active)
  const hasOptions = last.optionAt >= first && !isKnown
  for (const row of rowsOf(name)) {
    if (!hasOptions && !row.isPlain) continue
    if (row.sub !== null && !hasWord(words, first, row.sub)) continue
    for (const part of passwordsIn(s, words, first, row, hasOptions))
      s.found(active.type, part.from, part.to, active.rank)
  }
}

/** A word with a slash, then an at-sign: `scott/V@orcl`. */
function isLoginOfOracle(s: ScannedValue, from: number): boolean {
  const high = Math.min(s.to, from + 120)
  let slash = false
  for (let i = from; i < high; i++) {
    const c = s.b[i] as number
    if (c <= 0x20) return false
    if (c === 0x2f) slash = true
    if (c === 0x40 && slash) return true
  }
  return false
}

const NAME_MAX = 40
const BEHIND_NAME = new Uint8Array(256)
for (const c of ' \t\n"\'`\\') BEHIND_NAME[c.charCodeAt(0)] = 1
/** A subcommand stands among the first words. */
const SUB_REACH = 12

function hasWord(words: readonly Word[], first: number, form: RegExp): boolean {
  const end = Math.min(words.length, first + SUB_REACH)
  for (let i = first; i < end; i++) if (form.test((words[i] as Word).text)) return true
  return false
}

/** The words of the line that was read last, with their places in the bytes: a line of many commands is read once. */
interface Line {
  of: ScannedValue | null
  value: number
  from: number
  to: number
  words: readonly Word[]
  /** The last word that is an option; -1 = none is. */
  optionAt: number
  /** The word before which the last command was. */
  first: number
  /** Commands whose options were looked for. */
  names: Set<string>
}

const last: Line = {
  of: null,
  value: 0,
  from: 0,
  to: 0,
  words: [],
  optionAt: -1,
  first: 0,
  names: new Set(),
}

/** The words behind the name at `p`: those from `first` on. */
function argumentsAt(s: ScannedValue, p: number, nameLength: number): Line {
  s.spend(WORDS_COST)
  if (last.of === s && last.value === s.serial && p > last.from && p < last.to) {
    let i = last.first
    while (i < last.words.length && endOf(last.words[i] as Word) <= p) i++
    const word = last.words[i]
    // A word in quotes is a line of its own: `ssh host "mysql -pX"`.
    if (word !== undefined && word.at <= p && !word.isQuoted && !word.text.includes(' ')) {
      last.first = i + 1
      return last
    }
  }
  s.spend(LINE_COST)
  const line = latinText(s.b, p, Math.min(s.to, p + LINE_MAX))
  const isItem = /- ["']?$/.test(latinText(s.b, Math.max(s.from, p - 4), p))
  const words = wordsOf(line, nameLength, isItem).map((w) => ({ ...w, at: w.at + p }))
  const end = words.at(-1)?.at ?? p
  last.of = s
  last.value = s.serial
  last.from = p
  // Behind the middle a line that is longer than what was looked at is read again.
  last.to = Math.min(end, p + LINE_MAX / 2)
  last.words = words
  last.optionAt = words.findLastIndex(isOption)
  last.first = 0
  last.names = new Set()
  s.spend(WORD_BYTE_COST * (end - p))
  return last
}

function endOf(word: Word): number {
  return word.at + word.text.length
}

function isOption(word: Word): boolean {
  const c = word.text.charCodeAt(0)
  return c === 0x2d || (c === 0x2f && !word.isQuoted)
}

interface Place {
  readonly from: number
  readonly to: number
}

function passwordsIn(
  s: ScannedValue,
  words: readonly Word[],
  first: number,
  row: CommandRow,
  hasOptions: boolean,
): Place[] {
  const out: Place[] = []
  let place = 0
  const add = (text: string, at: number, isQuoted: boolean): void => {
    if (isPassword(s, text, isQuoted, row)) out.push({ from: at, to: at + text.length })
  }
  // Without options only a few words may be one.
  const end = hasOptions ? words.length : Math.min(words.length, first + PLACES_MAX)
  for (let i = first; i < end; i++) {
    const word = words[i] as Word
    const next = words[i + 1]
    if (!isOption(word)) {
      place++
      const isValue = i > first && row.next.has((words[i - 1] as Word).text)
      if (row.isLeading && !isValue) return out
      if (row.places.includes(place)) add(word.text, word.at, word.isQuoted)
      for (const f of row.forms) addForm(word.text, word.at, word.isQuoted, f, add)
    }
    const form = row.next.get(word.text) ?? groupedForm(row, word.text)
    if (form === null) addWithin(word, row, add)
    else if (next !== undefined) addForm(next.text, next.at, next.isQuoted, form, add)
  }
  if (row.special !== null) addSpecial(words.slice(first), row.special, add)
  return out
}

const PLACES_MAX = 16

type Add = (text: string, at: number, isQuoted: boolean) => void

/** `-su user:pw`: the last of some options of one letter. */
function groupedForm(row: CommandRow, text: string): RegExp | null {
  if (!row.isGrouped || !/^-[a-zA-Z]{2,6}$/.test(text)) return null
  return row.next.get(`-${text.at(-1)}`) ?? null
}

/** Behind `=`, or right behind an option that needs nothing between. */
function addWithin(word: Word, row: CommandRow, add: Add): void {
  const { text } = word
  const equals = text.indexOf('=')
  const form = equals > 0 ? row.next.get(text.slice(0, equals)) : undefined
  const joined =
    row.isGrouped && /^-[A-Za-z]./.test(text) ? row.next.get(text.slice(0, 2)) : undefined
  if (form !== undefined || joined !== undefined) {
    const inner = unquoted(text, form !== undefined ? equals + 1 : 2)
    addForm(inner.text, word.at + inner.at, inner.isQuoted, (form ?? joined) as RegExp, add)
    return
  }
  for (const head of row.joined) {
    if (!text.startsWith(head) || text.length === head.length) continue
    const inner = unquoted(text, head.length)
    if (!inner.isQuoted && head.length === 2 && /^[=:]|^[a-z]{2,}[=:]/.test(inner.text)) continue
    add(inner.text, word.at + inner.at, inner.isQuoted)
    return
  }
}

/** The rest of a word, without the quotes around it. */
function unquoted(text: string, from: number): { text: string; at: number; isQuoted: boolean } {
  const quote = /^\\*["'`]/.exec(text.slice(from))?.[0]
  if (quote === undefined || !text.endsWith(quote))
    return { text: text.slice(from), at: from, isQuoted: false }
  const at = from + quote.length
  return { text: text.slice(at, -quote.length), at, isQuoted: true }
}

function addForm(text: string, at: number, isQuoted: boolean, form: RegExp, add: Add): void {
  const m = form.exec(text)
  const value = m?.[1]
  if (m === null || value === undefined) return
  add(value, at + m.index + m[0].lastIndexOf(value), isQuoted)
}

/** The word behind a share (`\\\\srv\\share`), and the last one. */
function addSpecial(words: readonly Word[], special: 'share' | 'last', add: Add): void {
  const plain = words.filter((w) => !w.text.startsWith('-') && !w.text.startsWith('/'))
  const share = plain.findIndex((w) => w.text.startsWith('\\'))
  const word = special === 'last' ? (plain.length > 1 ? plain.at(-1) : undefined) : plain[share + 1]
  if (word !== undefined && (special === 'last' || share >= 0))
    add(word.text, word.at, word.isQuoted)
}

function isPassword(s: ScannedValue, text: string, isQuoted: boolean, row: CommandRow): boolean {
  if (text.length < VALUE_MIN || text.length > VALUE_MAX) return false
  if (text.startsWith('-') || isPlaceholder(s, text) || FROM_ELSEWHERE.test(text)) return false
  if (row.proof === 'any' || (row.proof === 'quoted' && isQuoted)) return true
  return row.proof === 'strong' ? isStrong(s, text) : text.length > 3 && !PLAIN.test(text)
}

/** A variable, a file, something that is asked for. */
const FROM_ELSEWHERE = /^(?:%\w+%|@.*|(?:env|file|fd|stdin|prompt|ask):?.*|\*)$/i
/** A word of prose, a number as ports are, a path, a version. */
const PLAIN = /^(?:[A-Z]?[a-z]+[.,;:)]*|\d{1,5}|[./~][\w./-]*|[A-Z]+|v?\d+(?:\.\d+)+)$/

/** `curl -b 'sid=..; theme=dark'`. */
function cookiesOf(
  s: ScannedValue,
  words: readonly Word[],
  first: number,
  active: ActiveDetector,
): void {
  if (active.alsoType < 0) return
  for (let i = first; i < words.length; i++) {
    const word = words[i] as Word
    const isAlone = word.text === '-b' || word.text === '--cookie'
    const list = isAlone ? words[i + 1] : word
    const head = isAlone ? '' : (/^(?:-b|--cookie=)\\*["'`]?/.exec(word.text)?.[0] ?? null)
    if (list === undefined || head === null) continue
    const from = list.at + head.length
    maskCookies(s, from, list.at + list.text.length, active.alsoType, active.rank)
  }
}

interface Statement {
  readonly form: RegExp
  readonly isStrong?: 'always' | 'bare'
}

const Q = String.raw`\\*["'\`]`
/** The password is the second group. */
const STATEMENTS: readonly Statement[] = [
  { form: /^securestring (?:-[a-z]{1,20} ){0,3}([\\"']{1,3})([^"'\\\n]{4,128})\1/i },
  {
    form: /^identified (?:with [\w'"]{1,40} )?(?:by|as) (?:password )?(\\*["']?)([^\s"'`;\\]{4,128})/i,
    isStrong: 'bare',
  },
  {
    form: /^userid=(\\*["']?)[\w$#]{1,40}\/([^\s@"'/\\]{4,128})(?=@|[\s"'\\]|$)/i,
    isStrong: 'always',
  },
  {
    form: new RegExp(
      String.raw`^plainauth\(\s{0,4}(${Q})[^"'\`\n]{0,40}\1\s{0,2},\s{0,4}\1[^"'\`\n]{1,64}\1\s{0,2},\s{0,4}\1([^\s"'\`\\]{4,128})\1`,
      'i',
    ),
  },
  {
    form: /^pass(?:word)?[-_]?(?:cmd|command|eval)\\*["']?\s{0,3}[:=]?\s{0,3}(?:\\*["']\s{0,2}){0,2}(?:(?:ba|z)?sh -c )?(\\*["']?)(?:echo|printf)(?: -[a-zA-Z]{1,2}){0,2}(?: %s)? (?:\\*["'])?([^\s"'`\\;|]{4,128})/i,
    isStrong: 'always',
  },
  { form: /^pserver:()[\w$.-]{1,40}:([^\s@"']{3,128})@/ },
  { form: /^oracle:thin:()[\w$#]{1,40}\/([^\s@"']{4,128})@/ },
  {
    form: new RegExp(
      String.raw`^(?:network|ps)credential(?:\]::new)?\(\s{0,4}(${Q})[^"'\`\n]{0,64}?\1\s{0,2},\s{0,4}\1([^"'\`\\\n]{4,128})\1`,
      'i',
    ),
  },
  {
    form: new RegExp(
      String.raw`^(?:(?:http_)?basic_?auth\w{0,14}|plaintext|passwordauthentication|set_auth|http_basic\w{0,16}|credentials\.basic|username(?:and)?password\w{0,24}|auth ?=) ?\(\s{0,4}(?:username\s?[:=]\s?|user\s?[:=]\s?)?[bru]?(${Q})[^"'\`\\\n]{1,64}\1\s{0,2},\s{0,4}[bru]?\1([^\s"'\`\\]{4,128})\1`,
      'i',
    ),
  },
  {
    form: new RegExp(
      String.raw`^(?:authprovider|login|\.authenticate|credentials|\.auth|->__construct|getconnection|ldap_bind|simple_bind(?:_s)?|ftp_login|ssh2_auth_password|imap_open|(?:mysqli?|odbc|sqlsrv|oci|pg)_p?connect|new mysqli|new pdo|\.connect)\(\s{0,4}(?:(?:[$\w.>-]{1,40}|${Q}[^"'\`\n]{1,80}${Q})\s{0,2},\s{0,4}){0,3}?[bru]?(${Q})[^"'\`\\\n]{1,64}\1\s{0,2},\s{0,4}[bru]?\1((?=[^\s"'\`]{0,64}\d)[^\s"'\`\\]{6,128})\1\s{0,2}[,)]`,
      'i',
    ),
    isStrong: 'always',
  },
  // Keys of wallets
  {
    form: new RegExp(
      String.raw`^(?:wallet|toaccount|fromsecretkey|fromprivatekey|fernet|accounts:\s?)[([]\s{0,8}(?:[\w.]{1,24}\(\s?)?b?(${Q})((?:0x)?[0-9a-f]{64}|[1-9A-HJ-NP-Za-km-z]{80,90}|[\w-]{43}=)\1`,
      'i',
    ),
  },
  { form: /^pragma (?:re)?key\s?=\s?("x'|"|')([^'"\n]{6,128})['"]/i },
  { form: /^rootpw --plaintext ()(\S{4,64})/ },
  // Routers and tunnels
  {
    form: /^(?:enable (?:secret|password)|pre-shared-key|wpa-psk ascii) ()(?:\d )?(\S{6,64})/i,
    isStrong: 'always',
  },
  {
    form: /^(?:(?:tacacs|radius)-server(?: [\w.:-]{1,40}){0,6}? key|isakmp key) ()(?:\d )?(\S{6,64})/i,
    isStrong: 'always',
  },
  {
    form: /^username [\w.@-]{1,40} (?:privilege \d{1,2} )?(?:secret|password) ()(?:\d )?(\S{4,64})/,
    isStrong: 'always',
  },
  { form: /^snmp-server community ()(\S{4,64})/i, isStrong: 'always' },
  { form: /^wifi:(?:[TSHtsh]:[^;\n"]{0,64};){0,3}()P:([^;\n"]{4,64});/i },
  {
    form: new RegExp(
      String.raw`^sp_addlogin\s{1,4}(?:@\w{1,20}\s?=\s?)?N?(${Q})[^"'\`\n]{1,64}\1\s{0,2},\s{0,4}(?:@\w{1,20}\s?=\s?)?N?\1([^"'\`\\\n]{4,128})\1`,
      'i',
    ),
  },
]
const STATEMENT_MAX = 240
const PIPED = /(\\*["'])([^"'\\\n]{4,128})\1 {0,2}\| {0,2}ConvertTo-$/i

/** `'V' | ConvertTo-SecureString -AsPlainText` */
function pipedString(s: ScannedValue, p: number, active: ActiveDetector): void {
  const before = latinText(s.b, Math.max(s.from, p - STATEMENT_MAX), p)
  const value = PIPED.exec(before)?.[2]
  if (value === undefined || isPlaceholder(s, value)) return
  const from = p - before.length + before.lastIndexOf(value)
  s.found(active.type, from, from + value.length, active.rank)
}

/** A word of SQL, PowerShell or JDBC at `p` that a password follows. */
export function matchStatement(
  s: ScannedValue,
  p: number,
  _len: number,
  active: ActiveDetector,
): void {
  const text = latinText(s.b, p, Math.min(s.to, p + STATEMENT_MAX))
  s.spend(STATEMENT_MAX)
  if (/^securestring/i.test(text)) pipedString(s, p, active)
  for (const { form, isStrong: asked } of STATEMENTS) {
    const m = form.exec(text)
    const value = m?.[2]
    if (m === null || value === undefined) continue
    const needsProof = asked === 'always' || (asked === 'bare' && m[1] === '')
    if (isPlaceholder(s, value) || (needsProof && !isStrong(s, value))) return
    const at = p + m[0].lastIndexOf(value)
    s.found(active.type, at, at + value.length, active.rank)
    return
  }
}

/** `JSESSIONID=..` outside a Cookie header. */
export function matchSessionId(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const m =
    /^[\\"']{0,3}\]? ?(?:=>|[=:])\s{0,8}(?:string\(\d{1,5}\) )?[\\"']{0,3}([\w.%~+/-]{16,200})/.exec(
      latinText(s.b, p + len, Math.min(s.to, p + len + 220)),
    )
  const value = m?.[1]
  if (m === null || value === undefined || !/\d/.test(value) || isPlaceholder(s, value)) return
  const end = p + len + m[0].length
  s.found(active.type, end - value.length, end, active.rank)
}

const LOGIN =
  /^s?(?:[\\"'*]{0,3} ?(?:details|data|info|is|are))?[\\"'*]{0,3}\s?[:=]?\s{0,6}[\\"'`*]{0,3}([^\s/:|"'`<>]{2,40})\s{0,2}(?:[/:|]|\r?\n)\s{0,6}([^\s"'`<>\\,;]{6,64})/

/** "login: bob / Tulip#42x": a name, a joint, and what looks like a password. */
export function matchLogin(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  const m = LOGIN.exec(latinText(s.b, p + len, Math.min(s.to, p + len + 140)))
  if (m === null) return
  const value = (m[2] ?? '').replace(/[.)\]}]+$/, '')
  if (!isStrong(s, value)) return
  const at = p + len + m[0].length - (m[2] ?? '').length
  s.found(active.type, at, at + value.length, active.rank)
}
