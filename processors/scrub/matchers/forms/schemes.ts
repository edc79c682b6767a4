// The scheme of an `Authorization` header: the word before the credentials stays, what it takes is the secret.

import { latinText, UNQUOTED } from '../../value/bytes.ts'
import type { ScannedValue } from '../scanned-value.ts'

const LINE_MAX = 2048
const LOOK_MAX = 256

/** Where the value of a header stands. */
interface HeaderValue {
  from: number
  to: number
  readonly quoted: boolean
}

/** `Bearer x`, `Token x`: the scheme stays. Schemes with parameters (`Digest a="b", ..`) are secret to the line's end. */
export function skipScheme(s: ScannedValue, value: HeaderValue): void {
  const head = latinText(s.b, value.from, Math.min(s.to, value.from + 30))
  const m =
    /^(bearer|basic|token|apikey|api-key|key|digest|negotiate|hawk|mac|oauth|(?:aws4-)?hmac-sha\d{1,3})[ \t]{1,3}/i.exec(
      head,
    )
  const length = m?.[0].length ?? vendorScheme(s, value)
  if (length === 0) return
  value.from += length
  if (value.quoted) return
  const isList =
    (m !== null && /^(?:digest|hawk|mac|oauth|aws4|hmac)/i.test(m[0])) ||
    PARAMETERS.test(latinText(s.b, value.from, Math.min(s.to, value.from + LOOK_MAX)))
  value.to = isList ? lineEnd(s, value.from) : s.runEnd(value.from, UNQUOTED)
}

/** `client_token=a;signature=b` */
const PARAMETERS = /^[A-Za-z_]{2,24}=[^\s;,&]{1,200}[;,&] ?[A-Za-z_]{2,24}=/

/** `SSWS 00aB..`, `GenieKey 1f2e..`: length of a word and the blank behind it when a long word with a digit follows; 0 = none does. */
function vendorScheme(s: ScannedValue, value: HeaderValue): number {
  const head = latinText(s.b, value.from, Math.min(s.to, value.from + LOOK_MAX))
  const m = /^[A-Za-z][A-Za-z0-9_-]{1,24} (?=([\w.~+/=:-]{16,}))/.exec(head)
  const isValue = m !== null && (/\d/.test(m[1] ?? '') || PARAMETERS.test(head.slice(m[0].length)))
  return isValue ? m[0].length : 0
}

function lineEnd(s: ScannedValue, from: number): number {
  const max = Math.min(s.to, from + LINE_MAX)
  let i = from
  while (i < max && s.b[i] !== 0x0a && s.b[i] !== 0x0d && !(s.b[i] === 0x5c && s.b[i + 1] === 0x6e))
    i++
  return i
}

/** What is left of a scheme with parameters, long enough not to be prose. */
export function hasParameters(s: ScannedValue, v: HeaderValue): boolean {
  const text = latinText(s.b, v.from, Math.min(v.to, v.from + LOOK_MAX))
  return /^[A-Za-z]+=\S.{16}/.test(text) && !/^realm=/i.test(text)
}
