// Email addresses: from the at-sign outwards, both sides bounded. `icon@2x.png`, `pkg@1.2.3`, `git@host:path`
// and the at-sign of `scheme://user:password@host` are none.

import {
  ALNUM,
  CLASS,
  DASH,
  DOT,
  hasWord,
  LOWER,
  latinText,
  lowerText,
  skipEscape,
  UNDERSCORE,
  UPPER,
} from './bytes.ts'
import type { Rule } from './rule.ts'
import type { Subject } from './subject.ts'

const LOCAL_MAX = 64
const DOMAIN_MAX = 253
const FILE_TYPES = new Set(
  'png,jpg,jpeg,gif,svg,webp,ico,bmp,tiff,css,scss,js,ts,jsx,tsx,mjs,cjs,json,html,htm,xml,yaml,yml,txt,csv,pdf,exe,dll,jar,war,gz,tgz,tar,log,conf,cfg,ini,lock,map,woff,ttf,mp3,mp4,wav,avi,mov,parquet,proto,java,cpp,swift,kt,tmp,bak,local,localhost,localdomain,internal,lan,svc'.split(
    ',',
  ),
)

function isLocalChar(c: number): boolean {
  if (((CLASS[c] as number) & (ALNUM | DOT | DASH | UNDERSCORE)) !== 0) return true
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
export function matchEmail(s: Subject, p: number, _len: number, rule: Rule): void {
  const b = s.b
  const start = localStart(s, p)
  if (start >= p) return
  const end = domainEnd(s, p + 1)
  if (end < 0) return
  const left = start > s.from ? (b[start - 1] as number) : 0x20
  const isLong = p - start >= LOCAL_MAX
  if ((left === 0x3a || isLong) && isUserinfo(s, start)) return
  if (left === 0x2f && s.at(start - 2) === 0x2f) return
  if (isScp(s, start, p, end)) return
  s.found(rule.type, start, end, rule.rank)
}

function localStart(s: Subject, p: number): number {
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
function domainEnd(s: Subject, p: number): number {
  const b = s.b
  const max = Math.min(s.to, p + DOMAIN_MAX)
  let end = p
  while (
    end < max &&
    (((CLASS[b[end] as number] as number) & (ALNUM | DASH | DOT)) !== 0 || isLatinByte(b, end))
  )
    end++
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

/** Left of `start` stands `scheme://user:`: the at-sign ends a password, which the URL rule judges. */
function isUserinfo(s: Subject, start: number): boolean {
  const text = lowerText(s.b, Math.max(s.from, start - 300), start)
  return /:\/\/[^\s/@"'<>]{0,300}$/.test(text)
}

/** `git@host:path`: the user of a shell, not a mailbox. */
function isScp(s: Subject, start: number, at: number, end: number): boolean {
  if (s.at(end) !== 0x3a || end + 1 >= s.to) return false
  if (hasWord(s.b, start, at, 'git') && at - start === 3) return true
  const next = s.b[end + 1] as number
  return next === 0x2f || next === 0x7e || ((CLASS[next] as number) & (LOWER | UPPER)) !== 0
}
