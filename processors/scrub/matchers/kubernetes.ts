// Values of a Kubernetes Secret, as manifest or as `kubectl get secret -o yaml|json` prints it: whatever their keys,
// they are secret. `data` may stand before `kind` (sorted output) or behind it, in YAML or JSON, also inside a string.

import { ALNUM, isAlnum, isFreeLeft, latinText } from '../value/bytes.ts'
import type { ActiveDetector } from './active-detector.ts'
import { isPlaceholder } from './assigned-value.ts'
import { Progress, type ScannedValue } from './scanned-value.ts'

/** Manifests that name their kind before this were looked at. */
const MANIFESTS = new Progress()

/** How far from `kind` its data are looked for. */
const REACH = 16 * 1024
const VALUES_MAX = 200

/** `kind: Secret` or `"kind":"Secret"` at `p`. */
export function matchKubernetesSecret(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  if (isAlnum(s.at(p + len)) || !isFreeLeft(s.b, p, s.from, ALNUM)) return
  // The one before ended at its own `kind`, at the latest.
  const low = Math.max(s.from, p - REACH, s.reached(MANIFESTS))
  s.advance(MANIFESTS, p + len)
  const before = latinText(s.b, low, p)
  const from = low + startOfDocument(before)
  const to = endOfDocument(s, p + len)
  s.spend(to - from)
  const text = latinText(s.b, from, to)
  if (s.b[p + 4] === 0x3a) yamlValues(s, text, from, indentAt(before), active)
  else jsonValues(s, text, from, active)
}

const DOCUMENT = /(?:\n|\\n)---|[^0-9A-Za-mo-z]kind\\*"?:/g

/** Behind the last sign of another document. */
function startOfDocument(text: string): number {
  let start = 0
  for (const m of text.matchAll(DOCUMENT)) start = m.index + m[0].length
  return start
}

/** Looks at a little first: in a list of manifests the next is near. */
function endOfDocument(s: ScannedValue, from: number): number {
  for (const reach of [REACH / 32, REACH]) {
    const text = latinText(s.b, from, Math.min(s.to, from + reach))
    DOCUMENT.lastIndex = 0
    const m = DOCUMENT.exec(text)
    if (m !== null) return from + m.index
  }
  return Math.min(s.to, from + REACH)
}

/** Characters between the start of the line and the end of the text: spaces, or a dash of a list among them. */
function indentAt(before: string): number {
  return /(?:^|\n|\\n|["'])( *(?:- )?)$/.exec(before)?.[1]?.length ?? -1
}

const BLOCK = /(?:^|\n|\\n|["'])( *)(?:data|stringData):[ \t]*(?=\r?\n|\\r\\n|\\n)/g
const ENTRY =
  /(?:\r?\n|\\r\\n|\\n)( +)(?:([\w.-]+):[ \t]*)?(\\*["'])?((?:[^\n\r"'\\]|\\(?![nr"']))*)\3/y

function yamlValues(
  s: ScannedValue,
  text: string,
  base: number,
  indent: number,
  active: ActiveDetector,
): void {
  for (const block of text.matchAll(BLOCK)) {
    if (block[1]?.length !== indent) continue
    ENTRY.lastIndex = block.index + block[0].length
    let keys = 0
    let isScalar = false
    let isSetting = false
    for (let n = 0; n < VALUES_MAX; n++) {
      const m = ENTRY.exec(text)
      if (m === null) break
      const [, { length: deep } = '', key, quote = '', value = ''] = m
      if (deep <= indent) break
      const isKey = key !== undefined && (keys === 0 || deep === keys)
      // A line without a key belongs to the block scalar above it, or to nothing.
      if (!isKey && !(isScalar && deep > keys)) break
      if (isKey) {
        keys = deep
        isScalar = BLOCK_SCALAR.test(value)
        isSetting = SETTING.test(key)
      }
      const end = ENTRY.lastIndex - quote.length
      if (!isSetting && !(isKey && isScalar)) report(s, base + end - value.length, value, active)
    }
  }
}

/** Settings that stand beside the secret. */
const SETTING =
  /^(?:.*[._-])?(?:user|username|login|host|hostname|server|port|url|uri|endpoint|region|zone|namespace|name|database|db|schema|bucket|type|provider|version|env|environment)$/i

const BLOCK_SCALAR = /^[|>][-+]?\d?\s*$/

const OBJECT = /(\\*")(?:data|stringData)\1\s{0,4}:\s{0,4}\{/g
const JSON_ENTRY = /(?:[\s,]|\\n){0,40}(\\*")([\w.-]+)\1\s{0,4}:\s{0,4}\1([^"\\]*)\1/y

function jsonValues(s: ScannedValue, text: string, base: number, active: ActiveDetector): void {
  for (const object of text.matchAll(OBJECT)) {
    JSON_ENTRY.lastIndex = object.index + object[0].length
    for (let n = 0; n < VALUES_MAX; n++) {
      const m = JSON_ENTRY.exec(text)
      if (m === null) break
      const value = m[3] ?? ''
      if (!SETTING.test(m[2] ?? ''))
        report(s, base + JSON_ENTRY.lastIndex - (m[1] ?? '').length - value.length, value, active)
    }
  }
}

/** A line that ends in a colon is a key. */
function report(s: ScannedValue, start: number, value: string, active: ActiveDetector): void {
  const text = value.trimEnd()
  if (text === '' || text.endsWith(':') || isPlaceholder(s, text)) return
  s.found(active.type, start, start + text.length, active.rank)
}
