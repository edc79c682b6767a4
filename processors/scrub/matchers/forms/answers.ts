// A question after a secret or a request for it, in many languages, and the answer in the next message: "What is your password?",
// `{"role":"user","content":"V"}`.

import { Progress, type ScannedValue } from '../scanned-value.ts'
import { type Place, report } from './place.ts'

const QUESTION_REACH = 90

/** Where the next byte stands that tells whether a question is asked, or how far none stands. */
const NEXT_MARK = new Progress()

/** A question mark stands within reach, in the same line. Each byte is read once for all names. */
export function isQuestion(s: ScannedValue, from: number): boolean {
  let at = Math.max(from, s.reached(NEXT_MARK))
  const high = Math.min(s.to, from + QUESTION_REACH)
  while (at < high && !isMark(s.b, at)) at++
  s.advance(NEXT_MARK, at)
  return at - from < QUESTION_REACH && isQuestionMark(s.at(at))
}

/** The last byte of a question mark: of the ASCII one, the full-width one and the Arabic one. */
function isQuestionMark(c: number): boolean {
  return c === 0x3f || c === 0x9f
}

/** A question mark of some script or the end of a line or string. */
function isMark(b: Uint8Array, i: number): boolean {
  const c = b[i]
  if (c === 0x9f) return (b[i - 1] === 0xbc && b[i - 2] === 0xef) || b[i - 1] === 0xd8
  return c === 0x3f || c === 0x22 || c === 0x0a || c === 0x5c
}

/** "Please enter the password of the database.": the line or string ends within reach, and asks nothing. */
export function endsMessage(s: ScannedValue, from: number): boolean {
  const at = s.reached(NEXT_MARK)
  return at - from < QUESTION_REACH && !isQuestionMark(s.at(at))
}

const REQUEST_REACH = 48
const REQUEST =
  /\b(?:enter|provide|type|paste|post|submit|specify|send|give|share|tell|need|require|supply|input|confirm|repeat|gib|geben|nenne|nennen|entrez|saisissez|fournissez|donnez|indiquez|introduce|introduzca|ingrese|escribe|indique|digite|informe|insira|inserisci|fornisci|voer|geef|vul|ange|skriv|indtast|oppgi|podaj|wpisz|zadejte|zadaj|masukkan|kirim|girin|introduceti|add meg)\b[^.!?\n"\\]{0,60}$/i
/** The same in other scripts, before or behind the name. */
const REQUEST_OF_SCRIPT = new RegExp(
  Buffer.from(
    '请|請|告诉|告訴|输入|輸入|提供|入力|教えて|送って|ください|입력|알려|주세요|введите|укажите|пришлите|напишите|введіть|вкажіть|въведете|εισάγετε|δώστε|أدخل|اكتب|أرسل|הזן|הקלד|שלח|दर्ज|बताएं|बताइए|ใส่|กรอก|nhập|şifrenizi',
    'utf8',
  ).toString('latin1'),
)

/** The shortest of those words. */
const REQUEST_MIN = 3
/** What cannot stand between the word and the name. */
const ENDS_CLAUSE = new Uint8Array(256)
for (const c of '.!?\n"\\') ENDS_CLAUSE[c.charCodeAt(0)] = 1

function holdsScript(s: ScannedValue, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (s.at(i) >= 0x80) return true
  return false
}

export function isRequest(at: Place): boolean {
  const { s, from, to } = at
  const low = Math.max(s.from, from - ABOUT_BACK)
  let start = from
  while (start > low && ENDS_CLAUSE[s.at(start - 1)] === 0) start--
  if (from - start > REQUEST_MIN && REQUEST.test(at.before(from - start))) return true
  if (!holdsScript(s, low, from) && !holdsScript(s, to, to + REQUEST_REACH)) return false
  const before = at.before(ABOUT_BACK)
  const line = before.slice(Math.max(before.lastIndexOf('\n'), before.lastIndexOf('"')) + 1)
  return REQUEST_OF_SCRIPT.test(line) || REQUEST_OF_SCRIPT.test(at.behind(REQUEST_REACH))
}

/** The rest of the question, then the next member that may be the answer. */
const QUESTION = /^[^?"\n\\]{0,80}?(?:[?:]|\xef\xbc\x9f|\xd8\x9f)(?:[^"\n\\]{0,60})/
/** The end of a request. */
const REQUEST_END = /^[^?"\n\\]{0,90}/
const ASKS = /\?|\xef\xbc\x9f|\xd8\x9f/
const ANSWER_IN_JSON = new RegExp(
  String.raw`^\\*"[^"{}]{0,4}(?:(?:\s{0,8}[}\]]){1,3}\s{0,8},\s{0,8}[{[]\s{0,8}|,\s{0,8})(?:\\*"[\w.-]{1,24}\\*"\s{0,4}:\s{0,4}(?:\\*"[^"]{0,60}\\*"|[\w.-]{1,20}|(?:[{[]\s{0,8}){1,2})\s{0,4},?\s{0,8}){0,4}\\*"(?:content|text|answer|value|message|body|response|reply|output|input|a)\\*"\s{0,4}:\s{0,4}\\*"`,
)
const ANSWER_LINE =
  /^(?:\r?\n|\\+n){1,2}[ \t]{0,8}(?:[-*>]{1,3} ?)?(?:\**[A-Za-z][\w .-]{0,24}\**: ?)?["'`]{0,2}/
const ANSWER_MAX = 160
/** The rest of the question, what stands between in JSON, and the answer. */
const ANSWER_AHEAD = 800
const ABOUT_BACK = 100
/** Who answers with the secret says little else. */
const ANSWER_WORDS_MAX = 8
/** "How do I change my password?", "What is a password?" */
const ABOUT_IT = /\b(?:how|why|when|where|which|whether|what(?:'s| is) an?)\b[^.!?\n"\\]{0,60}$/i

/** "What is your password?", and the next message says it. */
export function inAnswer(at: Place, isAsked: boolean): boolean {
  const behind = at.behind(ANSWER_AHEAD)
  const q = isAsked ? QUESTION.exec(behind) : REQUEST_END.exec(behind)
  if (q === null || (isAsked && !ASKS.test(q[0])) || ABOUT_IT.test(at.before(ABOUT_BACK)))
    return false
  const rest = behind.slice(q[0].length)
  const open = ANSWER_IN_JSON.exec(rest) ?? ANSWER_LINE.exec(rest)
  if (open === null) return false
  const from = q[0].length + open[0].length
  const answer = /^[^"\n\\]*/.exec(behind.slice(from, from + ANSWER_MAX))?.[0] ?? ''
  if (answer.split(/\s+/).length > ANSWER_WORDS_MAX) return false
  for (const m of answer.matchAll(/[^\s"',;()]+/g)) {
    const value = m[0].replace(/[.!?:]+$/, '')
    if (report(at, at.to + from + m.index, value)) return true
  }
  return false
}
