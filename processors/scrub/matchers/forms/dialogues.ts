// Logins as protocols speak them (`AUTH V` of Redis, `PASS V` behind `USER`, `a1 LOGIN bob V`), and the accounts that every
// system has (`admin:V`, `root / V`).

import { latinText, runEnd, SETS } from '../../value/bytes.ts'
import { isBasicCredentials } from '../../value/checksums.ts'
import { isIdentifier } from '../../value/identifier.ts'
import type { ActiveDetector } from '../active-detector.ts'
import { isStrong } from '../assigned-value.ts'
import type { ScannedValue } from '../scanned-value.ts'

const LOOK_BACK = 80
const LOOK_AHEAD = 200
const VALUE = String.raw`(\\*["']?)([^\s"'${'`'}\\]{6,128})`
/** Behind the command: what stands before the password. */
const FORMS: ReadonlyMap<string, RegExp> = new Map([
  ['AUTH ', new RegExp(String.raw`^(?:[a-z][\w.-]{0,40} )?${VALUE}`)],
  ['PASS ', new RegExp(`^${VALUE}`)],
  ['LOGIN ', new RegExp(String.raw`^\\*["']?[^\s"'\\]{1,64}\\*["']? ${VALUE}`)],
  ['IDENTIFY ', new RegExp(String.raw`^(?:[\w|${'`'}-]{1,30} )?${VALUE}`)],
  [
    'SETUSER ',
    new RegExp(String.raw`^[\w.-]{1,40} (?:[a-z~&+*@-]{1,20} ){0,6}>()([^\s"'\\]{4,128})`),
  ],
])
const EOL = String.raw`(?:^|\n|\\n|["'])`
/** A prompt, who speaks, or the tag of IMAP. */
const SPOKEN = new RegExp(
  String.raw`(?:>|C:|\xe2\x86\x92|NickServ:?)\s{1,2}$|${EOL}[aA.]\w{0,4}\d{0,4} $|${EOL}USER [^\s\\]{1,64}(?:\r?\n|(?:\\+r)?\\+n)$`,
)
const ALONE = new RegExp(`${EOL}$`)

/** `AUTH V`, `PASS V`, `LOGIN bob V`, `IDENTIFY V`. */
export function matchDialogue(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  s.spend(LOOK_BACK + LOOK_AHEAD)
  const command = latinText(s.b, p, p + len)
  const behind = latinText(s.b, p + len, Math.min(s.to, p + len + LOOK_AHEAD))
  if (command === 'AUTH ' && behind.startsWith('PLAIN ')) {
    const from = p + len + 6
    const end = runEnd(s.b, from, s.to, SETS.base64)
    if (isPlainLogin(s, from, end)) s.found(active.type, from, end, active.rank)
    return
  }
  const m = FORMS.get(command)?.exec(behind)
  const value = m?.[2]
  if (m === null || m === undefined || value === undefined || !isStrong(s, value)) return
  const before = latinText(s.b, Math.max(s.from, p - LOOK_BACK), p)
  const isCommand = command === 'IDENTIFY ' || command === 'SETUSER ' || command === 'AUTH '
  if (!SPOKEN.test(before) && !(isCommand && ALONE.test(before))) return
  // A line that goes on is prose.
  if (command !== 'SETUSER ' && /^["']? [A-Za-z]{2}/.test(behind.slice(m[0].length))) return
  const from = p + len + m[0].length - value.length
  s.found(active.type, from, from + value.length, active.rank)
}

/** `user:password`, or both behind a byte of zero, as SASL has them. */
function isPlainLogin(s: ScannedValue, from: number, end: number): boolean {
  if (end - from < 12) return false
  if (isBasicCredentials(s.b, from, end)) return true
  const text = Buffer.from(latinText(s.b, from, end), 'base64').toString('latin1')
  return /^[\w.@-]{0,64}\0[\w.@+-]{1,64}\0[\x20-\x7e]{4,128}$/.test(text)
}

const ACCOUNT = /^ ?([^\s"'`<>\\,;()]{8,64})/

/** `admin:V`, `root / V` */
export function matchAccount(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const m = ACCOUNT.exec(latinText(s.b, p + len, Math.min(s.to, p + len + 80)))
  const value = (m?.[1] ?? '').replace(/[.:!?\]}]+$/, '')
  // `root:x:0:0`, `admin:admin@host`
  if (m === null || /[@:/~]/.test(value) || !isStrong(s, value)) return
  if (!/[a-z]/.test(value) || !/[A-Z]/.test(value) || isIdentifier(value)) return
  const from = p + len + m[0].indexOf(m[1] ?? '')
  s.found(active.type, from, from + value.length, active.rank)
}
