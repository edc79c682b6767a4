// Passwords on command lines, where a one-letter option or a position says what they are: `curl -u user:pw`,
// `mysql -ppw`, `sshpass -p pw`, `redis-cli -a pw`, `ConvertTo-SecureString "pw"`; and "login: bob / pw".

import { latinText } from '../value/bytes.ts'
import type { ActiveDetector } from './active-detector.ts'
import { isPlaceholder, isStrong } from './assigned-value.ts'
import { COMMAND_FORMS, type CommandForm } from './forms/command-forms.ts'
import { maskCookies } from './headers.ts'
import { Progress, type Subject } from './subject.ts'

/** Names of commands before this were looked at. */
const COMMANDS_READ = new Progress()

const LINE_MAX = 320
function isNeedingProof(c: CommandForm, quote: string | undefined): boolean {
  return c.strong === true || (c.strong === 'bare' && quote === '')
}

/** A command's name at `p`: the password among its arguments, up to the end of the line. */
export function matchCommand(s: Subject, p: number, len: number, active: ActiveDetector): void {
  // A line full of names is looked at once.
  if (p < s.reached(COMMANDS_READ)) return
  const line = /^[^\n]*/.exec(latinText(s.b, p, Math.min(s.to, p + LINE_MAX)))?.[0] ?? ''
  s.advance(COMMANDS_READ, p + len)
  if (line.startsWith('curl')) cookiesOf(s, p, line, active)
  // A line costs all forms of commands.
  if (!s.mayLook(8 * LINE_MAX)) return
  const args = argumentsIn(line)
  for (const command of COMMAND_FORMS) {
    const m = command.starts.test(args.text) ? command.form.exec(args.text) : null
    if (m === null) continue
    const value = m[2] as string
    if (isPlaceholder(s, value) || (isNeedingProof(command, m[1]) && !isStrong(s, value))) continue
    const at = p + (args.places[m.index + m[0].lastIndexOf(value)] ?? 0)
    s.found(active.type, at, at + value.length, active.rank)
    return
  }
}

/** Between two arguments of a list: `"mysql", "-u", "root"`. */
const NEXT_ARGUMENT = /(?:\\*["'`]) ?, ?(?:\\*["'`])/g

/** The line with lists of arguments as a shell would have them, and by character where it stands in the line. */
function argumentsIn(line: string): { text: string; places: readonly number[] } {
  const places: number[] = []
  let text = ''
  let from = 0
  const take = (to: number): void => {
    for (let i = from; i < to; i++) places.push(i)
    text += line.slice(from, to)
  }
  for (const m of line.matchAll(NEXT_ARGUMENT)) {
    take(m.index)
    text += ' '
    places.push(m.index)
    from = m.index + m[0].length
  }
  take(line.length)
  return { text, places }
}

/** `curl -b 'sid=..; theme=dark'`. */
function cookiesOf(s: Subject, p: number, line: string, active: ActiveDetector): void {
  const m = / (?:-b|--cookie)[ =](?:\\*["'])?(?=[\w.-]{1,64}=)/.exec(line)
  if (m === null || active.alsoType < 0) return
  maskCookies(s, p + m.index + m[0].length, Math.min(s.to, p + 2048), active.alsoType, active.rank)
}

/** `JSESSIONID=..` outside a Cookie header. */
export function matchSessionId(s: Subject, p: number, len: number, active: ActiveDetector): void {
  const m = /^[\\"']{0,3} ?[=:] ?[\\"']{0,3}([\w.%~+/-]{16,200})/.exec(
    latinText(s.b, p + len, Math.min(s.to, p + len + 220)),
  )
  const value = m?.[1]
  if (m === null || value === undefined || !/\d/.test(value) || isPlaceholder(s, value)) return
  const end = p + len + m[0].length
  s.found(active.type, end - value.length, end, active.rank)
}

const LOGIN =
  /^s?(?:[\\"'*]{0,3} ?(?:details|data|info|is|are))?[\\"'*]{0,3}\s?[:=]?\s{0,2}[\\"'`*]{0,3}([^\s/:|"'`<>]{2,40})\s{0,2}[/:|]\s{0,2}([^\s"'`<>\\,;]{6,64})/

/** "login: bob / Tulip#42x": a name, a joint, and what looks like a password. */
export function matchLogin(s: Subject, p: number, len: number, active: ActiveDetector): void {
  const m = LOGIN.exec(latinText(s.b, p + len, Math.min(s.to, p + len + 140)))
  if (m === null) return
  const value = (m[2] as string).replace(/[.)\]}]+$/, '')
  if (!isStrong(s, value)) return
  const at = p + len + m[0].length - (m[2] as string).length
  s.found(active.type, at, at + value.length, active.rank)
}
