// Email addresses: from the at-sign outwards, both sides bounded. `icon@2x.png`, `pkg@1.2.3`, `git@host:path`
// and the at-sign of `scheme://user:password@host` are none.

import {
  ALNUM,
  classAt,
  classOf,
  DASH,
  DOT,
  hasWord,
  latinText,
  skipEscape,
  UNDERSCORE,
} from '../value/bytes.ts'
import type { ActiveDetector } from './active-detector.ts'
import { isStrong } from './assigned-value.ts'
import type { ScannedValue } from './scanned-value.ts'

const LOCAL_MAX = 64
const DOMAIN_MAX = 253
const FILE_TYPES = new Set(
  'png,jpg,jpeg,gif,svg,webp,ico,bmp,tiff,css,scss,js,ts,jsx,tsx,mjs,cjs,json,html,htm,xml,yaml,yml,txt,csv,pdf,exe,dll,jar,war,gz,tgz,tar,log,conf,cfg,ini,lock,map,woff,ttf,mp3,mp4,wav,avi,mov,parquet,proto,java,cpp,swift,kt,tmp,bak,local,localhost,localdomain,internal,lan,svc,service,socket,slice,timer,mount'.split(
    ',',
  ),
)

function isLocalChar(c: number): boolean {
  if ((classOf(c) & (ALNUM | DOT | DASH | UNDERSCORE)) !== 0) return true
  return c === 0x2b || c === 0x27 || c === 0x7e
}

/** Accented Latin letters, two bytes in UTF-8: a lead of C3..C5 or a continuation after one. */
function isLatinByte(b: Uint8Array, i: number): boolean {
  const c = b[i] as number
  if (c >= 0xc3 && c <= 0xc5) return true
  const lead = b[i - 1] as number
  return c >= 0x80 && c < 0xc0 && lead >= 0xc3 && lead <= 0xc5
}

/** The at-sign stands at `p`. */
export function matchEmail(s: ScannedValue, p: number, _len: number, active: ActiveDetector): void {
  const b = s.b
  const start = localStart(s, p)
  if (start >= p) return
  const end = domainEnd(s, p + 1)
  if (end < 0) return
  const left = start > s.from ? (b[start - 1] as number) : 0x20
  if (left > 0x20 && left !== 0x22 && left !== 0x27 && left !== 0x3c && isUserinfo(s, start)) return
  if (left === 0x2f && s.at(start - 2) === 0x2f) return
  // @ann@social.host names an account.
  if (left === 0x40 && !isNameByte(s.at(start - 2))) return
  if (isScp(s, start, p, end)) return
  s.found(active.type, start, end, active.rank)
  const password = active.alsoType < 0 ? null : passwordBehind(s, end)
  if (password !== null) s.found(active.alsoType, password.from, password.to, 3)
}

function isNameByte(c: number): boolean {
  return (classOf(c) & (ALNUM | DOT | DASH | UNDERSCORE)) !== 0
}

function localStart(s: ScannedValue, p: number): number {
  const b = s.b
  const low = Math.max(s.from, p - LOCAL_MAX)
  let i = p
  while (i > low && (isLocalChar(b[i - 1] as number) || isLatinByte(b, i - 1))) i--
  i = skipEscape(b, i, s.from)
  while (i < p && (b[i] === 0x2e || b[i] === 0x2d || b[i] === 0x27 || b[i] === 0x2b)) i++
  const last = s.at(p - 1)
  return last === 0x2e || last === 0x27 ? p : i
}

/** End of `label.label.tld` from `p` on, or -1. */
function domainEnd(s: ScannedValue, p: number): number {
  const b = s.b
  const max = Math.min(s.to, p + DOMAIN_MAX)
  let end = p
  while (end < max && ((classAt(b, end) & (ALNUM | DASH | DOT)) !== 0 || isLatinByte(b, end))) end++
  while (end > p && (b[end - 1] === 0x2e || b[end - 1] === 0x2d)) end--
  const labels = latinText(b, p, end).split('.')
  while (labels.length >= 2) {
    const tld = labels[labels.length - 1] as string
    if (
      /^(?:[a-z]{2,24}|[A-Z]{2,24}|[A-Z][a-z]{1,23}|xn--[a-z0-9-]{2,40}|[\u0080-\u00ff]{4,24})$/.test(
        tld,
      )
    )
      break
    // "bob@mail.com.2nd" ends at the last alphabetic label.
    end -= tld.length + 1
    labels.pop()
  }
  if (labels.length < 2 || labels.some((l) => l.length === 0 || l.length > 63)) return -1
  return isReserved(labels.map((l) => l.toLowerCase())) ? -1 : end
}

/** RFC 2606 names, file names and names inside a cluster. */
function isReserved(labels: readonly string[]): boolean {
  const tld = labels[labels.length - 1] as string
  const second = labels[labels.length - 2] as string
  if (tld === 'example' || tld === 'test' || tld === 'invalid' || tld === 'localhost') return true
  if (second === 'example' && (tld === 'com' || tld === 'org' || tld === 'net')) return true
  return (
    FILE_TYPES.has(tld) &&
    (labels.length === 2 || tld === 'local' || tld === 'internal' || tld === 'svc')
  )
}

const USERINFO_MAX = 300

/** Left of `start` stands `scheme://user:`: the at-sign ends a password, which the URL rule judges. */
function isUserinfo(s: ScannedValue, start: number): boolean {
  const low = Math.max(s.from + 2, start - USERINFO_MAX)
  for (let i = start - 1; i >= low; i--) {
    const c = s.b[i] as number
    if (c <= 0x20 || c === 0x22 || c === 0x27 || c === 0x3c || c === 0x3e || c === 0x40)
      return false
    if (c === 0x2f) return s.b[i - 1] === 0x2f && s.b[i - 2] === 0x3a
  }
  return false
}

/** `git@host:path`, `deploy@host:/srv`: the user of a shell, not a mailbox. "ann@mail.test:hello" is one. */
function isScp(s: ScannedValue, start: number, at: number, end: number): boolean {
  if (s.at(end) !== 0x3a || end + 1 >= s.to) return false
  if (hasWord(s.b, start, at, 'git') && at - start === 3) return true
  const next = s.b[end + 1] as number
  if (next === 0x2f || next === 0x7e) return true
  const rest =
    /^[^\s"'<>\\]{0,80}/.exec(latinText(s.b, end + 1, Math.min(s.to, end + 82)))?.[0] ?? ''
  return /^[\w.-]+\/|^[\w-]+\.(?:git|tar|tgz|gz|zip|log|txt|sh|json|sql|csv|conf)\b/.test(rest)
}

/** `ann@mail.test:Tulip#42x`, as leaked lists have it: the password behind the address. */
function passwordBehind(s: ScannedValue, end: number): { from: number; to: number } | null {
  const c = s.at(end)
  if (c !== 0x3a && c !== 0x7c && c !== 0x3b && c !== 0x20) return null
  const m = /^(?:[:|;]| [/|:] ?)([^\s"'<>\\,;|]{6,64})/.exec(
    latinText(s.b, end, Math.min(s.to, end + 72)),
  )
  const value = m?.[1]?.replace(/[.)\]}]+$/, '')
  if (m === null || value === undefined || value.includes('/') || !isStrong(s, value)) return null
  const from = end + m[0].length - (m[1] ?? '').length
  return { from, to: from + value.length }
}

const AT_WORD =
  /^(?:\[at\]|\(at\)|\{at\}| at )\s{0,2}([\w-]{1,63}(?:(?:\.| ?[[({](?:dot|punkt|point)[\])}] ?| dot )[\w-]{1,63}){1,4})/i

/** What people spell out; `dot` is a word too. */
const SPELLED_TLD =
  /^(?:com|org|net|edu|gov|io|ai|dev|app|co|uk|us|de|fr|it|es|nl|be|ch|at|pl|se|no|dk|fi|pt|br|in|jp|cn|kr|ru|ca|au|nz|mx|eu|info|biz|me|tech|online)$/

/** `ann [at] mail [dot] com`, "ann at mail dot com": written so that no machine finds it. */
export function matchEmailInWords(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const text = latinText(s.b, p, Math.min(s.to, p + 160))
  const m = AT_WORD.exec(text)
  if (m === null) return
  const inWords = text.startsWith(' ')
  const domain = (m[1] ?? '')
    .toLowerCase()
    .replace(/ ?[[({](?:dot|punkt|point)[\])}] ?| dot /g, '.')
  if (inWords && !(m[1] ?? '').includes(' dot ')) return
  const labels = domain.split('.')
  if (!SPELLED_TLD.test(labels[labels.length - 1] as string) || isReserved(labels)) return
  const before = latinText(s.b, Math.max(s.from, p - 80), p)
  const local = /[\w+-]{1,40}(?:(?:\.| dot | ?[[({]dot[\])}] ?)[\w+-]{1,40}){0,3} {0,2}$/i.exec(
    before,
  )?.[0]
  if (local === undefined) return
  s.found(active.type, p - local.length, p + len + m[0].length - len, active.rank)
}
