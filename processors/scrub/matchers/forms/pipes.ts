// Passwords that are piped or handed over into a command: `echo V | sudo -S`, `docker login --password-stdin <<< 'V'`,
// `echo bob:V | chpasswd`. The option or command that reads them is the sign; the value stands before it on the line.

import { latinText } from '../../value/bytes.ts'
import type { ActiveDetector } from '../active-detector.ts'
import { isPlaceholder, isStrong } from '../assigned-value.ts'
import type { ScannedValue } from '../scanned-value.ts'

const LOOK_BACK = 300
const LOOK_AHEAD = 160
const ECHO =
  /(?:^|[\s;&|("'`$])(?:echo|printf|print|yes|Write-Output)(?: -[a-zA-Z]{1,3})*(?: \\*["']?(?:[\w.-]{1,32}:)?%s(?:\\+n)?\\*["']?)? {1,3}(\\*["']?)([^\s"'|\\]{4,128})(?:\\+n)?(?:[^\s"'|]{0,128})?\\*["']? {0,3}\|[^\n]{0,160}$/
const HERE_STRING = /<<< ?(?:\$?(\\*)["'])?([^\s"'|;&]{4,128})/
const USER_AND_PASSWORD = /^[\w.@-]{1,64}:(.{4,128})$/

/** What reads other things too: the value must look like a password, and before a pipe nothing but blanks may stand. */
const UNSURE =
  /^(?:\/dev\/stdin|\|| ?cryptsetup|secret|vault kv|--from-file|ssh-add|smbpasswd|vncpasswd|htpasswd -|pass insert|--stdin|-pass stdin|--with-token|-p stdin|age )/

/** At `sudo -S`, `--password-stdin`, `chpasswd` and the like. */
export function matchPiped(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  s.spend(2 * LOOK_BACK)
  const isUnsure = UNSURE.test(latinText(s.b, p, p + len))
  // The pipe may be part of the anchor.
  const at = s.at(p) === 0x7c ? p + 1 : p
  const line = latinText(s.b, Math.max(s.from, p - LOOK_BACK), at).split(
    /\n|\\n(?=[a-z]{2,12} |[$#] )/,
  )
  const before = line[line.length - 1] as string
  const m = ECHO.exec(before)
  if (m !== null) {
    const value = m[2] ?? ''
    const from = at - before.length + m.index
    const first = m[0].indexOf(value, m[0].search(/[ "']/))
    const quote = m[1] ?? ''
    const given = quote === '' ? value : m[0].slice(first).replace(/["'|][^]*$/, '')
    reportLines(s, from + first, withoutEscape(given, quote.slice(0, -1)), isUnsure, active)
  }
  const behind = latinText(s.b, p + len, Math.min(s.to, p + len + LOOK_AHEAD)).split('\n')[0]
  const here = HERE_STRING.exec(behind as string)
  if (here === null) return
  const value = here[2] ?? ''
  const from = p + len + here.index + here[0].length - value.length
  reportLines(s, from, withoutEscape(value, here[1] ?? ''), isUnsure, active)
}

/** Cuts off the backslashes before a closing quote, which are as many as before the opening one. */
function withoutEscape(given: string, escape: string): string {
  return given.endsWith(escape) ? given.slice(0, given.length - escape.length) : given
}

/** Blanks and escaped line feeds, whose backslash may be escaped itself, or else a line. */
const LINES = /\\+n|\s+|((?:(?!\\+n)\S)+)/g

/** `passwd` asks for the old one and twice for the new one: all stand in the same quotes, `\n` between. */
function reportLines(
  s: ScannedValue,
  from: number,
  given: string,
  isUnsure: boolean,
  active: ActiveDetector,
): void {
  for (const { 1: line = '', index } of given.matchAll(LINES))
    if (line.length >= 4) report(s, from + index, line.slice(0, 128), isUnsure, active)
}

/** Of `user:password` only the password. */
function report(
  s: ScannedValue,
  from: number,
  value: string,
  isUnsure: boolean,
  active: ActiveDetector,
): void {
  const password = USER_AND_PASSWORD.exec(value)?.[1] ?? value
  if (isPlaceholder(s, password) || (isUnsure && !isStrong(s, password))) return
  const start = from + value.length - password.length
  s.found(active.type, start, start + password.length, active.rank)
}

/** Words of commands that read a password, key or token from their input. */
const ASKS =
  /log[io]n|auth|secret|token|pass|pw|key|cred|runas|vpn|kinit|context|\benv\b|\bsu\b|sql/i
const HANDED = /^<<< ?(?:\$?(\\*)["'])?([^\s"'|;&]{8,128})/

/** `openconnect --user svc vpn <<< V`: whatever the command is, something in its line says what it asks for. */
export function matchHereString(
  s: ScannedValue,
  p: number,
  _len: number,
  active: ActiveDetector,
): void {
  const m = HANDED.exec(latinText(s.b, p, Math.min(s.to, p + LOOK_AHEAD)))
  const value = withoutEscape(m?.[2] ?? '', m?.[1] ?? '')
  if (m === null || !isStrong(s, value)) return
  s.spend(LOOK_BACK)
  const before = latinText(s.b, Math.max(s.from, p - LOOK_BACK), p)
  if (!ASKS.test(before.slice(before.lastIndexOf('\n') + 1))) return
  const from = p + m[0].length - (m[2] ?? '').length
  s.found(active.type, from, from + value.length, active.rank)
}
