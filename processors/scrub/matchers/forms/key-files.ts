// Private keys in files that are no PEM: PuTTY's, JSON Web Keys, XML of .NET. The public half stays.

import { latinText } from '../../value/bytes.ts'
import type { ActiveDetector } from '../active-detector.ts'
import { Progress, type ScannedValue } from '../scanned-value.ts'

const FILE_MAX = 8192
const COPY_COST = 1024
const PPK =
  /^[ \t]{0,4}\d{1,3}((?:[ \t]{0,2}(?:\r?\n|(?:\\+r)?\\+n)[ \t]{0,8}[A-Za-z0-9+/=]{4,80}(?![\w:-])){1,200})/
const PPK_MAC = /^[ \t]{0,4}([0-9a-f]{40,64})/

/** How many lines there are, or the sum over them. */
const BEGINS = /^[ \t]{0,4}[0-9a-f]/

/** `Private-Lines: 6` and so many lines of base64; `Private-MAC:` tells whether a guess at them is right. */
export function matchPuttyKey(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const start = p + len
  if (!BEGINS.test(latinText(s.b, start, Math.min(s.to, start + 8)))) return
  // Most of what is copied is not read.
  s.spend(COPY_COST)
  const text = latinText(s.b, start, Math.min(s.to, start + FILE_MAX))
  const m = PPK.exec(text) ?? PPK_MAC.exec(text)
  if (m === null) return
  const body = m[1] ?? ''
  const lead = /^(?:[ \t]|\r?\n|(?:\\+r)?\\+n)*/.exec(body)?.[0].length ?? 0
  const end = start + m[0].length
  s.found(active.type, end - body.length + lead, end, active.rank)
}

/** Objects of keys before this were read. */
const KEYS_READ = new Progress()
/** The same for elements of XML. */
const ELEMENTS_READ = new Progress()
/** The longest element of a key. */
const ELEMENT_MAX = 1500

/** What a private JSON Web Key has and a public one has not; `k` is a symmetric key. */
const JWK_PRIVATE =
  /(?<![\w-])(?:d|p|q|dp|dq|qi|k)\\*["']?\s{0,4}(?::|=>|=)\s{0,4}\\*["']([A-Za-z0-9_-]{16,1400})/g

/** The object around `"kty"`. */
export function matchJwk(s: ScannedValue, p: number, _len: number, active: ActiveDetector): void {
  if (p < s.reached(KEYS_READ)) return
  const low = Math.max(s.from, p - FILE_MAX / 2, s.reached(KEYS_READ))
  const before = latinText(s.b, low, p)
  const from = Math.max(0, before.lastIndexOf('{'))
  const behind = latinText(s.b, p, Math.min(s.to, p + FILE_MAX))
  const close = behind.indexOf('}')
  s.spend(before.length + behind.length)
  s.advance(KEYS_READ, p + (close < 0 ? behind.length : close))
  const text = before.slice(from) + (close < 0 ? behind : behind.slice(0, close))
  for (const m of text.matchAll(JWK_PRIVATE)) {
    const end = low + from + m.index + m[0].length
    s.found(active.type, end - (m[1] ?? '').length, end, active.rank)
  }
}

const XML_PRIVATE = /<(?:P|Q|DP|DQ|InverseQ|D)>\s{0,8}([A-Za-z0-9+/=\s]{16,1400}?)\s{0,8}<\//g

/** `<RSAKeyValue>`: the modulus and the exponent are public. */
export function matchXmlKey(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  if (p < s.reached(ELEMENTS_READ)) return
  const text = latinText(s.b, p + len, Math.min(s.to, p + FILE_MAX))
  s.spend(text.length)
  s.advance(ELEMENTS_READ, p + Math.max(len, text.length - ELEMENT_MAX))
  for (const m of text.matchAll(XML_PRIVATE)) {
    const from = p + len + m.index + m[0].indexOf(m[1] ?? '', 3)
    s.found(active.type, from, from + (m[1] ?? '').length, active.rank)
  }
}

const WALLET_KEY = /(?<![A-Za-z0-9])[5KL][1-9A-HJ-NP-Za-km-z]{50,51}(?![A-Za-z0-9])/
const WALLET_REACH = 130

/** A private key in the import format of wallets, near what names it. */
export function matchWalletKey(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  s.spend(WALLET_REACH)
  const m = WALLET_KEY.exec(latinText(s.b, p + len, Math.min(s.to, p + len + WALLET_REACH)))
  if (m === null || !/\d/.test(m[0]) || !/[a-z]/.test(m[0])) return
  const from = p + len + m.index
  s.found(active.type, from, from + m[0].length, active.rank)
}
