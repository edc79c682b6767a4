// Passwords that are piped or handed over into a command: `echo V | sudo -S`, `docker login --password-stdin <<< 'V'`,
// `echo bob:V | chpasswd`. The option or command that reads them is the sign; the value stands before it on the line.

import { latinText } from '../../value/bytes.ts'
import type { ActiveDetector } from '../active-detector.ts'
import { isPlaceholder } from '../assigned-value.ts'
import type { ScannedValue } from '../scanned-value.ts'

const LOOK_BACK = 300
const LOOK_AHEAD = 160
const ECHO =
  /(?:^|[\s;&|("'`$])(?:echo|printf|print|yes|Write-Output)(?: -[a-zA-Z]{1,3})*(?: \\*["']?%s(?:\\+n)?\\*["']?)? {1,3}(\\*["']?)([^\s"'|\\]{4,128})(?:\\+n)?(?:[^\s"'|]{0,128})?\\*["']? {0,3}\|[^\n]{0,160}$/
const HERE_STRING = /<<< ?(?:\\*["'])?([^\s"'\\|;&]{4,128})/
const USER_AND_PASSWORD = /^[\w.@-]{1,64}:(.{4,128})$/

/** At `sudo -S`, `--password-stdin`, `chpasswd` and the like. */
export function matchPiped(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  s.spend(2 * LOOK_BACK)
  const line = latinText(s.b, Math.max(s.from, p - LOOK_BACK), p).split(/\n|\\n(?=[a-z$#])/)
  const before = line[line.length - 1] as string
  const m = ECHO.exec(before)
  if (m !== null) {
    const at = p - before.length + m.index + m[0].indexOf(m[2] ?? '', m[0].search(/[ "']/))
    report(s, at, m[2] ?? '', active)
  }
  const behind = latinText(s.b, p + len, Math.min(s.to, p + len + LOOK_AHEAD)).split('\n')[0]
  const here = HERE_STRING.exec(behind as string)
  if (here === null) return
  const value = here[1] ?? ''
  report(s, p + len + here.index + here[0].length - value.length, value, active)
}

/** Of `user:password` only the password. */
function report(s: ScannedValue, from: number, value: string, active: ActiveDetector): void {
  const password = USER_AND_PASSWORD.exec(value)?.[1] ?? value
  if (isPlaceholder(s, password)) return
  const start = from + value.length - password.length
  s.found(active.type, start, start + password.length, active.rank)
}
