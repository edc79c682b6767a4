// Passwords on command lines, where a one-letter option or a position says what they are: `curl -u user:pw`,
// `mysql -ppw`, `sshpass -p pw`, `redis-cli -a pw`, `ConvertTo-SecureString "pw"`; and "login: bob / pw".

import { latinText } from '../value/bytes.ts'
import type { ActiveDetector } from './active-detector.ts'
import { isPlaceholder, isStrong } from './assigned-value.ts'
import { maskCookies } from './headers.ts'
import { Progress, type Subject } from './subject.ts'

/** Names of commands before this were looked at. */
const COMMANDS_READ = new Progress()

const LINE_MAX = 320
const USER_PASS = String.raw`([\\"']{0,2})[^\s:"'\\]{1,64}:([^\s"'\\]{4,128})`
const ARG = String.raw`([\\"']{0,2})([^\s"'\\]{4,128})`

interface Command {
  readonly starts: RegExp
  /** Group 2 is the password. */
  readonly form: RegExp
  /** The option alone is no proof: the value must look like a password. */
  readonly strong?: boolean | 'bare'
}

const COMMANDS: readonly Command[] = [
  {
    starts: /^(?:curl|wget|http)\b/,
    form: new RegExp(String.raw` (?:-u|-U|--user|--proxy-user|-a)[ =]?${USER_PASS}`),
  },
  { starts: /^sshpass\b/, form: new RegExp(String.raw` -p ?${ARG}`) },
  {
    starts: /^(?:mysql|mariadb)/,
    form: new RegExp(String.raw` -p${ARG}`),
    strong: true,
  },
  {
    starts: /^(?:docker|podman|nerdctl|helm|buildah|skopeo|az|oc)\b/,
    form: new RegExp(String.raw` login [^&;|]{0,120}?-p ${ARG}`),
  },
  {
    starts: /^(?:redis-cli|mongosh?|influx)\b/,
    form: new RegExp(String.raw` -[ap] ${ARG}`),
    strong: true,
  },
  { starts: /^ldap/, form: new RegExp(String.raw` -w ${ARG}`) },
  {
    starts: /^smbclient/,
    form: new RegExp(String.raw` -U ?([\\"']{0,2})[^\s%"']{1,64}%([^\s"'\\]{4,128})`),
  },
  {
    starts: /^securestring/i,
    form: /^securestring (?:-string )?([\\"']{1,3})([^"'\\\n]{4,128})\1/i,
  },
  {
    starts: /^identified/i,
    form: /^identified (?:with [\w'"]{1,40} )?by (?:password )?(\\*["']?)([^\s"'`;\\]{4,128})/i,
    strong: 'bare',
  },
  { starts: /^oracle:thin:/, form: /^oracle:thin:()[\w$#]{1,40}\/([^\s@"']{4,128})@/ },
]

function isNeedingProof(c: Command, quote: string | undefined): boolean {
  return c.strong === true || (c.strong === 'bare' && quote === '')
}

/** A command's name at `p`: the password among its arguments, up to the end of the line. */
export function matchCommand(s: Subject, p: number, len: number, active: ActiveDetector): void {
  // A line full of names is looked at once.
  if (p < s.reached(COMMANDS_READ)) return
  const line = /^[^\n]*/.exec(latinText(s.b, p, Math.min(s.to, p + LINE_MAX)))?.[0] ?? ''
  const command = COMMANDS.find((c) => c.starts.test(line))
  if (command === undefined) return
  s.advance(COMMANDS_READ, p + len)
  if (line.startsWith('curl')) cookiesOf(s, p, line, active)
  const m = command.form.exec(line)
  if (m === null) return
  const value = m[2] as string
  if (isPlaceholder(s, value) || (isNeedingProof(command, m[1]) && !isStrong(s, value))) return
  const at = p + m.index + m[0].lastIndexOf(value)
  s.found(active.type, at, at + value.length, active.rank)
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
