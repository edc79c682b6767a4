// Users and passwords of databases that are written without a scheme: `user:V@tcp(10.0.0.1:3306)/db` (Go), lines of `.pgpass`,
// `user:V@db.corp:5432/orders`. URLs with a scheme are in `headers.ts`, command lines in `commands.ts`.

import { latinText, runStart, SETS } from '../../value/bytes.ts'
import type { ActiveDetector } from '../active-detector.ts'
import { isPlaceholder, isStrong } from '../assigned-value.ts'
import type { ScannedValue } from '../scanned-value.ts'

const LOOK_AHEAD = 260
/** What may stand before the name of a user. */
const BEFORE_USER = bytesOf(' \t\r\n"\'=(,;<>[|`\\')
/** What no password written like that holds. */
const NO_PASSWORD = bytesOf(' \t\r\n"\'`')
const NO_PASSWORD_OF_HOST = bytesOf(' \t\r\n"\'`@/')
const USER = bytesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.$+%-')
const USER_OF_ORACLE = bytesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$#')
const USER_MAX = 64
const PASSWORD_MAX = 128

function bytesOf(chars: string): Uint8Array {
  const set = new Uint8Array(256)
  for (const c of chars) set[c.charCodeAt(0)] = 1
  return set
}

/** `user:V`, of which V ends at `end`. */
interface Login {
  readonly sign: number
  readonly user: Uint8Array
  readonly userMin: number
  readonly no: Uint8Array
  readonly min: number
}

const OF_PROTOCOL: Login = { sign: 0x3a, user: USER, userMin: 1, no: NO_PASSWORD, min: 3 }
const OF_HOST: Login = { sign: 0x3a, user: USER, userMin: 0, no: NO_PASSWORD_OF_HOST, min: 4 }
/** `scott/V@//host:1521/x` */
const OF_ORACLE: Login = {
  sign: 0x2f,
  user: USER_OF_ORACLE,
  userMin: 1,
  no: NO_PASSWORD_OF_HOST,
  min: 4,
}

/** Where the password begins that ends at `end`, the longest that can be; -1 = there is none. */
function passwordBefore(s: ScannedValue, end: number, login: Login): number {
  const low = Math.max(s.from, end - PASSWORD_MAX - 1)
  let found = -1
  let i = end - 1
  for (; i >= low; i--) {
    const c = s.b[i] as number
    if (c === login.sign && end - i - 1 >= login.min && isUserBefore(s, i, login)) found = i + 1
    if (login.no[c] === 1) break
  }
  s.spend(end - i)
  return found
}

function isUserBefore(s: ScannedValue, end: number, { user, userMin }: Login): boolean {
  const low = Math.max(s.from, end - USER_MAX)
  let i = end
  while (i > low && user[s.b[i - 1] as number] === 1) i--
  return end - i >= userMin && (i === s.from || BEFORE_USER[s.b[i - 1] as number] === 1)
}

/** Host, port, database, user; a backslash escapes a colon. */
const PGPASS_BEFORE_PORT = /(?:^|\n|\\n|["'`])(?:[\w.*-]{1,100}|\[[0-9a-f:]{2,40}\])$/i
const PGPASS_BEHIND_PORT =
  /^:(?:[\w$-]{1,64}|\*):[\w.@$+-]{1,64}:((?:\\[:\\]|[^\s:"'`\\]){4,128})(?=$|[\s"'`\\])/

/** Behind the user and password: `@tcp(`, `@unix(`, `@/db`. */
export function matchDsn(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  if (s.at(p) === COLON) matchPort(s, p, len, active)
  else if (s.at(p + len - 1) !== ROUND && s.at(p + 1) !== SLASH) reportStrong(s, p, active)
  else report(s, p, s.at(p + 1) === SLASH ? OF_ORACLE : OF_PROTOCOL, active)
}

const HOST_MAX = 100

const COLON = 0x3a
const ROUND = 0x28
const SLASH = 0x2f
/** A port of a database: a line of `.pgpass`, or `user:V@host` before it. */
function matchPort(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  const host = runStart(s.b, p, Math.max(s.from, p - HOST_MAX), SETS.word_dot_dash)
  if (host < p && s.at(host - 1) === 0x40) {
    report(s, host - 1, OF_HOST, active)
    // `sys/V@host:1521/x`
    if (s.at(p + 1) === 0x31) report(s, host - 1, OF_ORACLE, active)
  }
  // The anchor ends with the port; a star stands for any.
  const from = s.at(p + len - 1) === COLON ? p + len - 1 : p + len
  if (s.at(from) !== COLON) return
  s.spend(2 * HOST_MAX)
  const before = latinText(s.b, Math.max(s.from, p - HOST_MAX - 2), p)
  if (!PGPASS_BEFORE_PORT.test(before)) return
  const m = PGPASS_BEHIND_PORT.exec(latinText(s.b, from, Math.min(s.to, from + LOOK_AHEAD)))
  if (m !== null) reportAt(s, from + m[0].length - (m[1] ?? '').length, m[1] ?? '', active)
}

function report(s: ScannedValue, end: number, login: Login, active: ActiveDetector): void {
  const from = passwordBefore(s, end, login)
  if (from >= 0) reportAt(s, from, latinText(s.b, from, end), active)
}

/** `admin:V@10.0.0.1`: the form alone says little. */
function reportStrong(s: ScannedValue, end: number, active: ActiveDetector): void {
  const from = passwordBefore(s, end, OF_HOST)
  if (from < 0) return
  const value = latinText(s.b, from, end)
  if (isStrong(s, value)) s.found(active.type, from, end, active.rank)
}

/** Where no mail address ends: `host:port`, an address, a name alone or one of a network; no digest or version of an image. */
const HOST =
  /^(?:\[[0-9a-f:]{2,40}\]|(?!sha\d|v\d|\d{1,3}\.\d{1,3}(?!\.))[A-Za-z0-9][\w-]{1,62}(?:\.[\w-]{1,62}){0,6}(?=:\d{2,5}(?!\d))|(?!sha\d|v\d)[A-Za-z][\w-]{1,62}(?![\w.@-]|:[A-Za-z])|(?:[\w-]{1,62}\.){1,5}(?:internal|local|lan|svc|corp|intranet)(?![\w.@])|\d{1,3}(?:\.\d{1,3}){3}(?![\w.]))/
const HOST_REACH = 120

/** `elastic:V@es01:9200` at the at-sign: the password must look like one. */
export function matchHostLogin(
  s: ScannedValue,
  p: number,
  _len: number,
  active: ActiveDetector,
): void {
  const c = s.at(p - 1)
  // Most at-signs that begin no host of a mail stand before a word of code.
  if (c <= 0x20 || c === 0x22 || c === 0x27 || c === 0x28 || c === SLASH) return
  const from = passwordBefore(s, p, OF_HOST)
  if (from < 0) return
  const value = latinText(s.b, from, p)
  if (!isStrong(s, value)) return
  if (HOST.test(latinText(s.b, p + 1, Math.min(s.to, p + HOST_REACH))))
    s.found(active.type, from, p, active.rank)
}

function reportAt(s: ScannedValue, from: number, value: string, active: ActiveDetector): void {
  if (!isPlaceholder(s, value)) s.found(active.type, from, from + value.length, active.rank)
}
