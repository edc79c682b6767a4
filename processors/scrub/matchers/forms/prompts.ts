// Values that stand beside a name in sentences, commands and calls that fill something in: `Type "V" into the password field`,
// `echo V > /run/secrets/db_password`, `expect "assword:"; send "V"`, `"element":"Password field","text":"V"`.

import { latinText } from '../../value/bytes.ts'
import { namedValue } from '../named-value.ts'
import type { ScannedValue } from '../scanned-value.ts'
import { type Place, report, SLASH, SPACE, TAG_MAX } from './place.ts'

/** A slash, or a blank and before that a word with a digit within reach: the value may stand before the name. */
export function mayFollowItsValue(s: ScannedValue, from: number): boolean {
  const c = s.at(from - 1)
  if (c === SLASH) return true
  if (c !== SPACE) return false
  const low = Math.max(s.from, from - SENTENCE_BACK)
  for (let i = from - 2; i >= low; i--) {
    const d = s.at(i)
    if (d === 0x0a) return false
    if (d >= 48 && d <= 57) return true
  }
  return false
}

const SENTENCE_BACK = 60
/** `Type "V" into the password field`, `V is my password`, `mit V als Passwort`. */
const BEFORE_NAME =
  /(?:^|[\s("'`])([^\s"'`()]{6,64})["'`]?,? (?:as|is|was|for|in|into|als|ist|in das|ins|comme|est|dans|como|es|en|\xc3\xa9|come|\xc3\xa8|som|\xc3\xa4r|jako|to|\xd0\xba\xd0\xb0\xd0\xba)(?: (?:the|a|my|our|your|his|her|das|dein|mein|le|la|el|o|a|tu|mon|il|root|admin|db|new|database|wifi|login|master|user|mot de|au)){0,3} $/i

/** The words that may stand right before the name, in lower case: 32 for each place and 1 to 26 for the letter. */
const LAST_WORDS = new Set(
  'as is was for in into als ist das ins comme est dans como es en come som jako to the a my our your his her dein mein le la el o tu mon il root admin db new database wifi login master user de au'
    .split(' ')
    .map(wordNumber),
)

function wordNumber(word: string): number {
  return Buffer.from(word).reduce((n, c) => n * 32 + (c & 31), 0)
}

/** A word of the form stands before the blank before the name: most names follow other words. */
function followsWord(s: ScannedValue, from: number): boolean {
  let number = 0
  let place = 1
  for (let i = from - 2; i >= from - 10; i--) {
    const c = s.at(i)
    if (c === SPACE) return LAST_WORDS.has(number)
    if (c >= 0x80) return true
    if ((c | 0x20) < 97 || (c | 0x20) > 122) return false
    number += (c & 31) * place
    place *= 32
  }
  return false
}

export function inSentenceBefore(at: Place): boolean {
  if (!followsWord(at.s, at.from)) return false
  const before = at.before(SENTENCE_BACK + 20)
  const m = BEFORE_NAME.exec(before)
  if (m === null) return false
  const value = (m[1] ?? '').replace(/[,.;:]$/, '')
  return report(at, at.from - before.length + m.index + m[0].indexOf(m[1] ?? ''), value)
}

const NOUN = String.raw`(?:field|textbox|text|box|input|entry|edit|element|area|value|prompt|row|control|here|\([\w ]{1,16}\)|\*)`
/** The rest of a label of a form, up to its quote. */
const LABEL = new RegExp(
  `^(?:(?: ${NOUN}){1,3}|(?:${Buffer.from('输入框|輸入框|框|欄|字段|フィールド|입력란|필드|поле', 'utf8').toString('latin1')}))[*:]?(?=\\\\*["'\`])`,
  'i',
)
/** The key that what is filled in stands under, and its quotes. */
const VALUE_KEY =
  /[\\"']{0,4}(?:value|val|v|text|content|input|keys)[\\"']{0,4}[ \t]{0,4}[:=][ \t]{0,8}((?:\\+["'`]|["'`]){1,4})/iy
const PAIRS_MAX = 280

/** `"element":"Password field","text":"V"`, as the tools of agents name what they fill in. */
export function inNextPair(at: Place): boolean {
  const { s } = at
  const label = LABEL.exec(latinText(s.b, at.to, Math.min(s.to, at.to + 60)))?.[0].length
  if (label === undefined) return false
  const text = at.behind(label + PAIRS_MAX).slice(label)
  const value = namedValue(text, VALUE_KEY)
  if (value === null) return false
  const rest = /^[^"'`\\\n]{4,256}/.exec(text.slice(value.end))?.[0] ?? ''
  return report(at, at.to + label + value.end, rest)
}

/** `expect "assword:"; send "V\r"`, `child.expect('password:')` and `child.sendline('V')`. */
const PROMPT =
  /^[: ?*$]{0,4}\\*["'}]?\)?[\s;,:{}]{0,12}(?:\\+n\s{0,12})?(?:[\w.]{1,16}\.)?(?:exp_)?send(?:_?line|Line)?(?: -- ?|\(| )\s?\\*["']([^"'\\\n]{4,64})/
const PROMPT_MAX = 140

export function behindPrompt(at: Place): boolean {
  const { s } = at
  if (!isSendNear(s, at.to)) return false
  const m = PROMPT.exec(at.behind(PROMPT_MAX))
  if (m === null) return false
  const end = at.to + m[0].length
  return report(at, end - (m[1] ?? '').length, m[1] ?? '')
}

/** Most names are followed by nothing like it. */
function isSendNear(s: ScannedValue, from: number): boolean {
  const high = Math.min(s.to, from + 48) - 3
  for (let i = from; i < high; i++)
    if (s.b[i] === 0x73 && s.b[i + 1] === 0x65 && s.b[i + 2] === 0x6e && s.b[i + 3] === 0x64)
      return true
  return false
}

const STATE =
  /^\\*"[^"]{0,4}(?:[^{}]{0,200}[{[]){1,4}[^{}]{0,200}\\*"(?:result|value|plaintext)\\*"\s{0,4}:\s{0,4}\\*"([^"\\\n]{4,256})/

/** `"type":"random_password","instances":[{"attributes":{"result":"V"`: the state of Terraform. */
export function inState(at: Place): boolean {
  const { s } = at
  const c = s.at(at.to)
  if (c !== 0x22 && c !== 0x5c) return false
  if (!latinText(s.b, at.to, Math.min(s.to, at.to + 240)).includes('"result')) return false
  const m = STATE.exec(at.behind(TAG_MAX))
  if (m === null) return false
  const end = at.to + m[0].length
  return report(at, end - (m[1] ?? '').length, m[1] ?? '')
}

/** `echo "V" > /run/secrets/db_password` */
const ECHO_INTO =
  /(?:^|[\s;&("'])(?:echo|printf)(?: -[a-zA-Z]{1,3})*(?: \\*["']?%s\\*["']?)? {1,3}\\*["']?([^\s"'|\\]{4,128})\\*["']? {0,3}(?:\| {0,2}(?:sudo )?tee |>{1,2}) {0,2}[\w./~$-]{0,100}$/

export function intoFile(at: Place): boolean {
  const before = at.before(300)
  const m = ECHO_INTO.exec(before)
  if (m === null) return false
  const value = m[1] ?? ''
  return report(at, at.from - before.length + m.index + m[0].indexOf(value, 6), value)
}
