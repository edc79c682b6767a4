// Cookies that are no header line: lists of header lines (`"set-cookie": ["sid=V; Path=/"]`, `["Cookie", "sid=V"]`), jars
// (`"cookies": [{"name": "sid", "value": "V"}]`, `cookies={"sid": "V"}`), and files of jars.

import { isMarker } from '../../detectors/marker.ts'
import { latinText, SETS } from '../../value/bytes.ts'
import { isWordy, mixOf } from '../../value/randomness.ts'
import { Progress, type ScannedValue } from '../scanned-value.ts'

/** What the values are reported as. */
interface Reported {
  readonly type: number
  readonly rank: number
}

const JAR_MAX = 4096
/** Pairs of jars before this were read. */
const JARS_READ = new Progress()
/** The same for the last one when it was a list. */
const LISTS_READ = new Progress()

function isListRead(s: ScannedValue): boolean {
  return s.reached(LISTS_READ) > s.from
}
const Q = String.raw`\\*["'${'`'}]`
/** Behind the word only signs, a quote, colon or bracket among them: `: [ "`, `", "`, `"], ["`, `:[`, `" . "`, `":[]string{"`. */
const LINES =
  /^(?=[^\w\n]{0,16}["'`[:])[^\w\n]{1,16}(?:(?:value|val|v|string|Morsel)[^\w\n]{1,8})?(?!name=)(?=[\w.$-]{1,64}=[^=])/
const NEXT_LINE = new RegExp(
  String.raw`^[^"'${'`'}\\]{0,300}${Q}\s{0,3},\s{0,8}${Q}(?=[\w.$-]{1,64}=)`,
)
const JAR = new RegExp(
  String.raw`^(?:[_-]?[jJ]ar)?(?:${Q}\]?\s{0,3}|\s{1,3})?(?:(?:=>|[:=(])\s{0,3}(?:array\(\d{1,4}\) |Array\s{0,8}|dict|new Map|Map\.of)?[[{(]|(?:\.\w{2,12})?[({]\s?(?=(?:version=\d{1,2}, )?name\s?[=:])|\(\)\s{0,2}(?:->|=>|[:=])\s{0,3}[[{]|\{(?=["'])|\.\w{2,12}\(\s?\{|\(\w{1,16}: \[\s?(?=\.name)|:(?=name=))`,
)
const JAR_VALUE = new RegExp(
  String.raw`${Q}?value${Q}?\s{0,3}[:=]\s{0,3}(?:${Q})?([^"'${'`'}\\\s,;)\]}]{8,2000})`,
  'gi',
)
const JAR_PAIR = new RegExp(
  String.raw`(?<![\w.$-])(?:${Q})?([\w.$-]{1,64})(?:${Q})?\]?\s{0,3}(?::|=>?|(?<=\(["'][\w.$-]{1,64}["']),)\s{0,12}(?:string\(\d{1,5}\) )?(?:${Q}|(?<==> ))([^"'${'`'}\\\s]{12,2000})`,
  'g',
)
/** Stands for a value. */
const TEMPLATE = /^[<$%*]|\$\{|\{\{/
const ABOUT =
  /^(?:name|domain|path|expires|sameSite|url|key|partitionKey|priority|sourceScheme|hostKey|creation|theme|lang|locale)$/i

/** `cookie_jar.add("https://x.corp", "sid=V")` */
const LINE_OF_CALL = new RegExp(
  String.raw`^(?:_?[jJ]ar)?\.\w{2,16}\(\s?(?:${Q}[^"'\\\n]{0,120}${Q}\s?,\s{0,8})?${Q}(?=[\w.$-]{1,64}=[^=])`,
)

/** Where the first cookie of a list of header lines begins behind the word at `p`; 0 = there is none. */
export function cookieLine(s: ScannedValue, p: number): number {
  const text = latinText(s.b, p, Math.min(s.to, p + 180))
  const m = LINES.exec(text.slice(0, 48)) ?? LINE_OF_CALL.exec(text)
  return m === null ? 0 : p + m[0].length
}

/** The same for the line behind the one that ended at `p`. */
export function nextCookieLine(s: ScannedValue, p: number): number {
  const m = NEXT_LINE.exec(latinText(s.b, p, Math.min(s.to, p + 380)))
  return m === null ? 0 : p + m[0].length
}

/** The values of a jar that begins behind the word at `p`; false when there is none. */
export function matchJar(s: ScannedValue, p: number, active: Reported): boolean {
  const head = JAR.exec(latinText(s.b, p, Math.min(s.to, p + 28)))?.[0]
  if (head === undefined) return false
  if (p < s.reached(JARS_READ) && !(isListRead(s) && head.endsWith('{'))) return true
  const text = jarAt(latinText(s.b, p, Math.min(s.to, p + JAR_MAX)))
  s.spend(2 * text.length)
  const isList = /value["'`\\]{0,4}\s{0,3}[:=]/i.test(text)
  // What a jar in this one holds was read with it, but for the pairs of one in a list.
  s.advance(JARS_READ, p + text.length)
  s.advance(LISTS_READ, isList ? p + text.length : s.from)
  for (const m of text.matchAll(isList ? JAR_VALUE : JAR_PAIR)) {
    const value = (isList ? m[1] : m[2]) ?? ''
    if (!isList && ABOUT.test(m[1] ?? '')) continue
    const end = p + m.index + m[0].length
    const from = end - value.length
    if (isWordy(s.b, from, end) || TEMPLATE.test(value) || isMarker(value, s.policy.markers))
      continue
    if ((mixOf(s.b, from, end) & SETS.digits) !== 0) s.found(active.type, from, end, active.rank)
  }
  return true
}

/** Up to the bracket that closes the first one. */
function jarAt(text: string): string {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string
    if ('[{('.includes(c)) depth++
    else if (']})'.includes(c) && --depth <= 0) return text.slice(0, i)
  }
  return text
}

/** Domain, flag, path, flag, time, name and value, as curl and browsers keep them in a file. */
const FILE_ROW =
  /^(?:\t|\\+t)(?:TRUE|FALSE)(?:\t|\\+t)[^\s\\]{1,200}(?:\t|\\+t)(?:TRUE|FALSE)(?:\t|\\+t)\d{1,20}(?:\t|\\+t)([\w.$-]{1,64})(?:\t|\\+t)([^\s\\]{8,2000})/

/** A row of a file of cookies, from its first flag on. */
export function matchCookieFile(s: ScannedValue, p: number, _len: number, active: Reported): void {
  const m = FILE_ROW.exec(latinText(s.b, p, Math.min(s.to, p + 2400)))
  if (m === null || ABOUT.test(m[1] ?? '')) return
  const end = p + m[0].length
  s.found(active.type, end - (m[2] ?? '').length, end, active.rank)
}

const COOKIE_NAME = new RegExp(String.raw`\bname${Q}?\s{0,3}[:=]\s{0,3}${Q}([\w.$-]{1,64})`, 'i')
const OBJECT_BACK = 2400
const OBJECT_AHEAD = 2400

/** The object around `"httpOnly"`, as browsers and their drivers list cookies: `{"name":"sid","value":"V","httpOnly":true}`. */
export function matchCookieObject(
  s: ScannedValue,
  p: number,
  _len: number,
  active: Reported,
): void {
  const low = Math.max(s.from, p - OBJECT_BACK)
  let from = p
  while (from > low && s.b[from - 1] !== 0x7b && s.b[from - 1] !== 0x7d) from--
  if (s.at(from - 1) !== 0x7b) return
  let to = p
  while (to < s.to && to < p + OBJECT_AHEAD && s.b[to] !== 0x7d && s.b[to] !== 0x7b) to++
  const text = latinText(s.b, from, to)
  s.spend(2 * text.length)
  if (ABOUT.test(COOKIE_NAME.exec(text)?.[1] ?? '')) return
  for (const m of text.matchAll(JAR_VALUE)) {
    const value = m[1] ?? ''
    const end = from + m.index + m[0].length
    const start = end - value.length
    if (isWordy(s.b, start, end) || TEMPLATE.test(value) || isMarker(value, s.policy.markers))
      continue
    if ((mixOf(s.b, start, end) & SETS.digits) !== 0) s.found(active.type, start, end, active.rank)
  }
}
