// Users and passwords of databases that are written without a scheme: `user:V@tcp(10.0.0.1:3306)/db` (Go), lines of `.pgpass`,
// `user:V@db.corp:5432/orders`. URLs with a scheme are in `headers.ts`, command lines in `commands.ts`.

import { latinText } from '../../value/bytes.ts'
import type { ActiveDetector } from '../active-detector.ts'
import { isPlaceholder } from '../assigned-value.ts'
import type { Subject } from '../subject.ts'

const LOOK_BACK = 260
/** What may stand before the name of a user. */
const BEFORE = String.raw`(?:^|[\s"'=(,;<>[|\`\\])`
const USER_BEFORE_PROTOCOL = new RegExp(String.raw`${BEFORE}[\w.$+%-]{1,64}:([^\s"'\`]{3,128})$`)
const USER_BEFORE_HOST = new RegExp(
  String.raw`${BEFORE}[\w.$+%-]{0,64}:([^\s"'\`@/]{4,128})@[\w.-]{1,100}$`,
)
/** `scott/V@//host:1521/x` */
const ORACLE = new RegExp(String.raw`${BEFORE}[\w$#]{1,40}\/([^\s"'\`@/]{4,128})$`)
/** Host, port, database, user; a backslash escapes a colon. */
const PGPASS_BEFORE_PORT = /(?:^|\n|\\n|["'`])(?:[\w.*-]{1,100}|\[[0-9a-f:]{2,40}\])$/i
const PGPASS_BEHIND_PORT =
  /^:(?:[\w$-]{1,64}|\*):[\w.@$+-]{1,64}:((?:\\[:\\]|[^\s:"'`\\]){4,128})(?=$|[\s"'`\\])/

/** Behind the user and password: `@tcp(`, `@unix(`, `@/db`. */
export function matchDsn(s: Subject, p: number, len: number, active: ActiveDetector): void {
  if (!s.mayLook(2 * LOOK_BACK)) return
  const before = latinText(s.b, Math.max(s.from, p - LOOK_BACK), p)
  if (s.at(p) === 0x3a) matchPort(s, p, len, before, active)
  else if (len === 3 && s.at(p + 1) === 0x2f) report(s, p, ORACLE.exec(before), 0, active)
  else report(s, p, USER_BEFORE_PROTOCOL.exec(before), 0, active)
}

/** A port of a database: a line of `.pgpass`, or `user:V@host` before it. */
function matchPort(
  s: Subject,
  p: number,
  len: number,
  before: string,
  active: ActiveDetector,
): void {
  if (PGPASS_BEFORE_PORT.test(before)) {
    // The anchor ends with the port; a star stands for any.
    const from = s.at(p + len - 1) === 0x3a ? p + len - 1 : p + len
    const text = latinText(s.b, from, Math.min(s.to, from + LOOK_BACK))
    const m = PGPASS_BEHIND_PORT.exec(text)
    if (m !== null) {
      reportAt(s, from + m[0].length - (m[1] ?? '').length, m[1] ?? '', active)
      return
    }
  }
  const m = USER_BEFORE_HOST.exec(before)
  if (m !== null) report(s, p, m, m[0].length - m[0].lastIndexOf('@'), active)
}

/** `behind`: how far before `end` the password ends. */
function report(
  s: Subject,
  end: number,
  m: RegExpExecArray | null,
  behind: number,
  active: ActiveDetector,
): void {
  const value = m?.[1]
  if (value !== undefined) reportAt(s, end - behind - value.length, value, active)
}

function reportAt(s: Subject, from: number, value: string, active: ActiveDetector): void {
  if (!isPlaceholder(s, value)) s.found(active.type, from, from + value.length, active.rank)
}
