// Credentials in headers and URLs: Bearer, Basic, JWT, cookies, passwords in URLs, signatures, webhooks.

import { isMarker } from '../detectors/marker.ts'
import {
  ALNUM,
  hasWord,
  isAlnum,
  isFreeLeft,
  LOWER,
  latinText,
  lowerText,
  runStart,
  SETS,
} from '../value/bytes.ts'
import { isBasicCredentials, isJoseHeader, isObject } from '../value/checksums.ts'
import { isFiller, isHexOnly, isWordy, mixOf } from '../value/randomness.ts'
import type { ActiveDetector } from './active-detector.ts'
import { cookieLine, matchJar, nextCookieLine } from './forms/cookie-lists.ts'
import { wrappedEnd } from './forms/wrapped.ts'
import { Progress, type ScannedValue } from './scanned-value.ts'

/** Lists of cookies before this were read. */
const COOKIES_READ = new Progress()

/** `%20`, a folded line, `' + '`; else quotes, spaces, a colon, quotes. */
const BEHIND_SCHEME = new RegExp(
  String.raw`^(?: (?:\{\w{0,8}\}|%s)\\*["'${'`'}] ?[,%] ?\(?\\*["'${'`'}]|%20|\x20?(?:\x1b|\\+(?:u001[bB]|x1[bB]|033|e))\[[\d;]{0,8}m|\+|\\+u0020|=20|\\+t|(?:\r?\n|\\+r\\+n|\\+n)[ \t]{1,8}| ?["'${'`'}] ?[+.] ?["'${'`'}]|(?:\\+["']|["']){0,4}[ \t]{0,2}[:=,]?[ \t]{0,3}(?:\\+["']|["'<]|\\+u00(?:22|27|3[cC])){0,4})`,
)

/** What may stand right behind a scheme word. */
const SEPARATES = new Uint8Array(256)
for (const c of ' %\x1b\\+=\r\n"\'`\t:,<') SEPARATES[c.charCodeAt(0)] = 1

/** After the scheme word: spaces, a colon, quotes, `%20`; -1 when nothing separates. */
function afterScheme(s: ScannedValue, p: number): number {
  const c = s.at(p)
  if (SEPARATES[c] !== 1) return -1
  // One space and a word, also behind a comma: most of them are prose.
  if (c === 0x20 && isAlnum(s.at(p + 1))) return p + 1
  if (c === 0x2c && s.at(p + 1) === 0x20 && isAlnum(s.at(p + 2))) return p + 2
  const m = BEHIND_SCHEME.exec(latinText(s.b, p, Math.min(s.to, p + 24)))
  return m === null || m[0].length === 0 ? -1 : p + m[0].length
}

/** `Bearer <token>`: 16 and more of the b64token set with a digit, or 40. Not "bearer of this letter", not `Bearer realm=`. */
export function matchBearer(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  if (!startsWord(s, p, 0x62)) return
  const from = afterScheme(s, p + len)
  // `Bearer <access_token>` is a place for one.
  if (from < 0 || isOpenBracket(s, from)) return
  let end = s.runEnd(from, SETS.bearer)
  while (end > from && (s.b[end - 1] === 0x2e || s.b[end - 1] === 0x2d)) end--
  const n = end - from
  if (n < 16 && !(end === s.to && n >= 10)) return
  const look = Math.min(end, from + 256)
  const digit = (mixOf(s.b, from, look) & SETS.digits) !== 0
  if (!digit && n < 40) return
  if (isFiller(s.b, from, end) || isWordy(s.b, from, look)) return
  if (hasWord(s.b, from, end, 'realm=')) return
  s.found(active.type, from, end, active.rank)
}

function isOpenBracket(s: ScannedValue, from: number): boolean {
  return s.at(from - 1) === 0x3c || /u003c$/i.test(latinText(s.b, Math.max(s.from, from - 5), from))
}

/** The byte before `p` is the first letter of the scheme, and begins a word. */
function startsWord(s: ScannedValue, p: number, lower: number): boolean {
  if (p - 1 < s.from || ((s.b[p - 1] as number) | 0x20) !== lower) return false
  return isFreeLeft(s.b, p - 1, s.from, ALNUM)
}

/** `Basic <base64 of user:password>`. Not "basic understanding". */
export function matchBasic(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  if (!startsWord(s, p, 0x62)) return
  const from = afterScheme(s, p + len)
  if (from < 0) return
  const end = s.runEnd(from, SETS.base64)
  if (end - from < 8 || !isBasicCredentials(s.b, from, end)) return
  s.found(active.type, from, end, active.rank)
}

/** `"auth": "dXNlcjpwYXNz"`, as registries and proxies keep it: base64 of user and password without the scheme. */
export function matchAuthValue(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const last = s.b[p + len - 1] as number
  const from = p + len - (last === 0x22 || last === 0x27 || last === 0x3a || last === 0x3d ? 1 : 0)
  const m = /^\\*["']? ?[:=] ?(?:\\*["']|)(?=[A-Za-z0-9+/_-]{8})/.exec(
    latinText(s.b, from, Math.min(s.to, from + 20)),
  )
  if (m === null) return
  const start = from + m[0].length
  const end = s.runEnd(start, SETS.base64_any)
  if (end - start < 12 || end - start > 400 || !isBasicCredentials(s.b, start, end, true)) return
  s.found(active.type, start, end, active.rank)
}

/** `eyJ..` `.` `eyJ..` `.` signature: the header must decode to JSON with alg; also cut ones at the value's end. */
export function matchJwt(s: ScannedValue, p: number, _len: number, active: ActiveDetector): void {
  const headEnd = s.runEnd(p, SETS.word_dash)
  const cut = headEnd === s.to
  if (headEnd - p < 12 || (s.at(headEnd) !== 0x2e && !cut)) return
  if (!isJoseHeader(s.b, p, headEnd) && !isPayload(s, p, headEnd)) return
  let end = headEnd
  let parts = 1
  while (parts < 5 && s.at(end) === 0x2e) {
    const next = s.runEnd(end + 1, SETS.word_dash)
    if (next === end + 1 && parts > 1 && s.at(next) !== 0x2e) break
    end = next
    parts++
  }
  if (parts < 2 && !cut) return
  if (parts === 2 && end - headEnd < 9 && end !== s.to) return
  // The other parts of one that was wrapped stand in further lines.
  const whole = wrappedEnd(s, p, end, SETS.word_dot_dash)
  const isWhole = whole > end || parts !== 2
  s.found(active.type, p, isWhole ? whole : secondLineEnd(s, end), active.rank)
}

/** The rest of the second part, a dot and the third in the next line; at most so many bytes are looked at. */
const SECOND_LINE =
  /^[ \t]{0,2}(?:\r?\n|\\+r\\+n|\\+n)[ \t>|#*]{0,16}([\w-]{4,4000}\.[\w-]{16,1000})(?![\w.-])/
const SECOND_LINE_MAX = 5100

/** Where a token ends that breaks off in its second part: wherever its line was cut, only its rest has this form. */
function secondLineEnd(s: ScannedValue, end: number): number {
  const c = s.at(end)
  if (c !== 0x0a && c !== 0x0d && c !== 0x5c) return end
  s.spend(COPY_COST)
  const m = SECOND_LINE.exec(latinText(s.b, end, Math.min(s.to, end + SECOND_LINE_MAX)))
  return m === null || !/\d/.test(m[1] ?? '') ? end : end + m[0].length
}

const COPY_COST = 500

const OBJECT = [0x65, 0x79, 0x4a]

/** Two objects of JSON and a signature: a header may have none of the usual names. */
function isPayload(s: ScannedValue, p: number, headEnd: number): boolean {
  if (s.at(headEnd) !== 0x2e || OBJECT.some((c, i) => s.at(headEnd + 1 + i) !== c)) return false
  const end = s.runEnd(headEnd + 1, SETS.word_dash)
  return (
    s.at(end) === 0x2e && s.runEnd(end + 1, SETS.word_dash) - end > 16 && isObject(s.b, p, headEnd)
  )
}

const PLAIN_COOKIES =
  /^(?:theme|locale|lang|language|tz|timezone|currency|country|path|domain|expires|max-age|samesite|priority|version|consent|cookie_?consent|dark_?mode|color_?scheme)$/

/** `Cookie: session=<value>; theme=dark`: values of cookies, not those that only set a preference. */
export function matchCookie(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  if (p < s.reached(COOKIES_READ)) return
  if (!startsWord(s, p, 0x63)) {
    // `addCookies([..])`
    if (s.at(p - 1) !== 0x43) return
    const word = wordEnd(s, p + len)
    const listed = cookieLine(s, word)
    if (listed > 0) s.advance(COOKIES_READ, maskCookieLines(s, listed, active))
    else if (!matchJar(s, word, active)) cookieOfCall(s, p + len, active)
    return
  }
  if (isProse(s, p + len)) {
    // `<Cookie sid=V for host>`, as a jar of Python prints it.
    if (s.at(p - 2) === 0x3c) maskCookies(s, p + len + 1, s.to, active.type, active.rank)
    if (!isLabel(s, p + len)) return
    const said = SAID_COOKIES.exec(latinText(s.b, p + len, Math.min(s.to, p + len + 48)))
    const from = p + len + (said?.[0].length ?? 0)
    if (said !== null) maskCookies(s, from, Math.min(s.to, from + 4096), active.type, active.rank)
    return
  }
  const head =
    /^(?:s|2|[_-]?(?:header|string|value|str))?[\\"']{0,4}\s{0,2}(?:[:=]|(?<=\t))\s{0,3}[\\"']{0,4}/i.exec(
      latinText(s.b, p + len, Math.min(s.to, p + len + 24)),
    )
  const word = wordEnd(s, p + len)
  const listed = cookieLine(s, word)
  if (listed > 0) {
    s.advance(COOKIES_READ, maskCookieLines(s, listed, active))
    return
  }
  if (matchJar(s, word, active)) return
  if (head === null) {
    cookieOfCall(s, p + len, active)
    return
  }
  const from = p + len + head[0].length
  s.advance(COOKIES_READ, maskCookies(s, from, Math.min(s.to, p + 4096), active.type, active.rank))
}

/** "Cookies sent: sid=V", "cookie header value: sid=V" */
const SAID_COOKIES = /^s?(?: [A-Za-z]{2,12}){1,3}: (?=[\w.-]{1,64}=[^=])/

/** Nothing but letters and blanks stands before the next colon. */
function isLabel(s: ScannedValue, p: number): boolean {
  let i = p
  while (i < p + 44 && (s.at(i) === 0x20 || isLetter(s.at(i)))) i++
  return s.at(i) === 0x3a
}

function isLetter(c: number): boolean {
  return (c | 0x20) >= 97 && (c | 0x20) <= 122
}

/** `cookies`, `cookie2` */
function wordEnd(s: ScannedValue, p: number): number {
  return s.at(p) === 0x73 || s.at(p) === 0x32 ? p + 1 : p
}

const COOKIE_LINES_MAX = 64

/** Header lines one after another, each in quotes; returns how far they were read. */
function maskCookieLines(s: ScannedValue, from: number, active: ActiveDetector): number {
  let at = from
  for (let line = 0; line < COOKIE_LINES_MAX; line++) {
    const end = maskCookies(s, at, Math.min(s.to, at + 4096), active.type, active.rank)
    const next = nextCookieLine(s, end)
    if (next === 0) return end
    at = next
  }
  return at
}

/** "cookies may", "cookie-free" is not: neither a sign of assignment nor a bracket can follow within the word. */
function isProse(s: ScannedValue, p: number): boolean {
  const c = s.at(p)
  const behind = c === 0x73 || c === 0x32 ? p + 1 : p
  return isAlnum(s.at(behind)) || (s.at(behind) === 0x20 && isAlnum(s.at(behind + 1)))
}

/** `cookies.set("sid", "..")`, `res.cookie('session', '..')`. */
function cookieOfCall(s: ScannedValue, from: number, active: ActiveDetector): void {
  const m =
    /^s?(?:\(\))?(?:\.(?:set|append|add|put))? ?\( ?(?:\\*["'`])([\w.-]{1,64})(?:\\*["'`]), ?(?:\\*["'`])([^"'`\\\s]{12,400})\\*["'`]/.exec(
      latinText(s.b, from, Math.min(s.to, from + 520)),
    )
  if (
    m === null ||
    PLAIN_COOKIES.test((m[1] ?? '').toLowerCase()) ||
    isMarker(m[2] ?? '', s.policy.markers)
  )
    return
  const start = from + m[0].lastIndexOf(m[2] ?? '')
  const end = start + (m[2] ?? '').length
  if ((mixOf(s.b, start, end) & SETS.digits) !== 0) s.found(active.type, start, end, active.rank)
}

/** Reports the values of a cookie list in `[from, to)`; returns how far it was read. */
export function maskCookies(
  s: ScannedValue,
  from: number,
  to: number,
  type: number,
  rank: number,
): number {
  let i = from
  for (let pairs = 0; pairs < 64 && i < to; pairs++) {
    const eq = s.runEnd(i, SETS.word_dot_dash)
    if (eq === i || eq >= to || s.b[eq] !== 0x3d) return i
    const end = cookieEnd(s.b, eq + 1, to)
    const name = lowerText(s.b, i, eq)
    const wordy = end - eq - 1 < 12 && mixOf(s.b, eq + 1, end) === LOWER
    if (
      end - eq - 1 >= 6 &&
      !wordy &&
      !PLAIN_COOKIES.test(name) &&
      !isMarker(latinText(s.b, eq + 1, end), s.policy.markers)
    )
      s.found(type, eq + 1, end, rank)
    if (s.at(end) !== 0x3b) return end
    i = end + 1
    while (i < to && s.b[i] === 0x20) i++
  }
  return i
}

function cookieEnd(b: Uint8Array, from: number, to: number): number {
  let i = from
  while (
    i < to &&
    b[i] !== 0x3b &&
    b[i] !== 0x22 &&
    b[i] !== 0x27 &&
    b[i] !== 0x5c &&
    (b[i] as number) > 0x20
  )
    i++
  return i
}

const WEB_SCHEMES =
  /^(?:https?|ftps?|sftp|ssh|git|git\+https?|git\+ssh|svn|wss?|socks5h?|proxy|oci|docker)$/
const URL_STOP = new Uint8Array(256)
for (const c of ' \t\r\n"\'<>`\\') URL_STOP[c.charCodeAt(0)] = 1
for (let i = 0; i < 0x20; i++) URL_STOP[i] = 1
for (let i = 0xe0; i < 0xf5; i++) URL_STOP[i] = 1
const NO_PASSWORD =
  /^(?:<.*|\$.*|\{.*|%[sd(].*|\*+|x+|\.+|\[[a-z _-]{0,24}\]?|password|passwd|pass|pwd|secret|token|your.*|mypass(?:word)?|redacted|changeme|:.*)$/i

/** `postgres://user:<password>@host`: the password only. A token as user of an http URL counts too. */
export function matchUrl(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  const schemeFrom = runStart(s.b, p, Math.max(s.from, p - 24), SETS.word_dot_dash | 64)
  const scheme = lowerText(s.b, schemeFrom, p).replace(/^.*[._-]/, '')
  const web = WEB_SCHEMES.test(scheme)
  const from = p + len
  const at = userinfoEnd(s, from, web)
  if (at < 0) return
  let colon = from
  while (colon < at && s.b[colon] !== 0x3a) colon++
  const type = web ? active.alsoType : active.type
  if (colon >= at) {
    const random = at - from >= 20 && !isWordy(s.b, from, at) && (mixOf(s.b, from, at) & 1) !== 0
    if (web && random && !isFiller(s.b, from, at) && type >= 0)
      s.found(type, from, at, active.rank - 4)
    return
  }
  if (at - colon < 2 || type < 0 || isNoPassword(s, latinText(s.b, colon + 1, at))) return
  s.found(type, colon + 1, at, active.rank)
}

function isNoPassword(s: ScannedValue, text: string): boolean {
  return NO_PASSWORD.test(text) || isMarker(text, s.policy.markers)
}

/** Position of the `@` that ends user and password, or -1. Database passwords may hold `/`, `?` and `#` unescaped. */
function userinfoEnd(s: ScannedValue, from: number, web: boolean): number {
  const max = Math.min(s.to, from + 512)
  let at = -1
  for (let i = from; i < max; i++) {
    const c = s.b[i] as number
    if (URL_STOP[c] === 1) break
    if (c === 0x40) at = i
    if (c === 0x2f || c === 0x3f || c === 0x23) {
      if (at >= 0 || web) break
      if (i === from) break
    }
  }
  if (at < 0) return -1
  const next = s.at(at + 1)
  // `postgresql://bob:V@/orders?host=/run/postgresql`
  if (next === 0x2f && !web) return at
  return next === 0x5b || next > 0x2f || next === 0x24 ? at : -1
}

/** Of `x-amz-signature`, behind which any sign may stand; the others end in theirs. */
const AMZ_LENGTH = 15
/** What signed addresses have beside `sig=`, and what they have beside `Signature=`. */
const OF_SAS = /[?&;"'](?:amp;)?(?:sv|se|sp|st|sr)=|core\.windows\.net|sharedaccess/
const OF_SIGNED_URL =
  /[?&](?:amp;)?(?:googleaccessid|key-pair-id|policy|expires|[a-z]{0,8}accesskeyid|x-goog-date)=/

/** `sig=` of a shared access signature, `Signature=` of a signed URL (Google, CloudFront, older S3), or `X-Amz-Signature=` and 64 hex. */
export function matchSignature(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const sign = p + len - (len === AMZ_LENGTH ? 0 : 1)
  const head = /^[\\"']{0,4}\s{0,2}(?:=|:|%3d|\\u003d)\s{0,2}[\\"']{0,4}/i.exec(
    latinText(s.b, sign, Math.min(s.to, p + len + 12)),
  )
  if (head === null) return
  const from = sign + head[0].length
  const isHex = len === AMZ_LENGTH || hasWord(s.b, p - 7, p, 'x-goog-')
  if (isHex) {
    const end = s.runEnd(from, SETS.hex)
    if (end - from >= 40 || (end === s.to && end - from >= 8))
      s.found(active.type, from, end, active.rank)
    return
  }
  if (s.isCovered(active.type, p)) return
  const end = signatureEnd(s, from)
  const isSas = len === 4
  if (end - from < (isSas ? 40 : 26) || isHexOnly(s.b, from, end)) return
  const around =
    lowerText(s.b, Math.max(s.from, p - 400), p + 1) +
    lowerText(s.b, end, Math.min(s.to, end + 300))
  if ((isSas ? OF_SAS : OF_SIGNED_URL).test(around)) s.found(active.type, from, end, active.rank)
}

function signatureEnd(s: ScannedValue, from: number): number {
  let i = from
  const max = Math.min(s.to, from + 700)
  for (;;) {
    i = s.runEnd(i, SETS.base64_any)
    if (i >= max || s.at(i) !== 0x25) return i
    i++
  }
}

/** `https://hooks.slack.com/services/T../B../..`: the whole URL is the secret. */
export function matchHook(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  const end = s.runEnd(p + len, SETS.word_dash | 128)
  if (end - p - len < 30 || isFiller(s.b, p + len, end)) return
  const start = runStart(s.b, p, Math.max(s.from, p - 40), SETS.word_dot_dash | 128)
  const https = hasWord(s.b, start - 6, p, 'https:') ? start - 6 : start
  s.found(active.type, https, end, active.rank)
}
