// Detectors that are off until asked for: IP addresses (operators need them in clear) and passport numbers
// (nothing about the number itself tells it from any other).

import { ALNUM, isDigit, isFreeLeft, latinText, SETS } from '../value/bytes.ts'
import type { ActiveDetector } from './active-detector.ts'
import type { ScannedValue } from './scanned-value.ts'

/** Called at each `.d`; the first dot of four octets reports. Versions (`Chrome 137.0.6.2`) are left by their word. */
export function matchIpv4(s: ScannedValue, p: number, _len: number, active: ActiveDetector): void {
  let start = p
  while (start > s.from && start > p - 4 && isDigit(s.b[start - 1])) start--
  if (
    start === p ||
    (start > s.from && (s.b[start - 1] === 0x2e || !isFreeLeft(s.b, start, s.from, ALNUM)))
  )
    return
  const m = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)/.exec(
    latinText(s.b, start, Math.min(s.to, start + 20)),
  )
  if (m === null || m.slice(1).some((o) => Number(o) > 255)) return
  const before = latinText(s.b, Math.max(s.from, start - 16), start)
  if (/(?:version|chrome|safari|windows|firefox|v|release|build)[ /:=]{0,2}$/i.test(before)) return
  s.found(active.type, start, start + m[0].length, active.rank)
}

/** Called at each `:h` or `::`; the group that holds it must read as an IPv6 address. */
export function matchIpv6(s: ScannedValue, p: number, _len: number, active: ActiveDetector): void {
  const set = SETS.hex
  let start = p
  while (
    start > s.from &&
    start > p - 40 &&
    (s.b[start - 1] === 0x3a || s.runEnd(start - 1, set) > start - 1)
  )
    start--
  if (start < s.foundTo) return
  const m =
    /^(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|^(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}|^::(?:[0-9a-f]{1,4}:){0,5}[0-9a-f]{1,4}/i.exec(
      latinText(s.b, start, Math.min(s.to, start + 46)),
    )
  if (m === null || m[0].length < 6 || !isFreeLeft(s.b, start, s.from, ALNUM)) return
  s.found(active.type, start, start + m[0].length, active.rank)
}

/** Seven to nine letters and digits within 24 bytes after the word passport. */
export function matchPassport(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const m =
    /^(?:[ _-]?(?:no|nr|number|num|id))?\.?[\\"']{0,3}[ :=#]{0,3}(?:is )?[\\"']{0,3}([A-Z]{0,2}\d{6,9})(?![A-Za-z0-9])/i.exec(
      latinText(s.b, p + len, Math.min(s.to, p + len + 40)),
    )
  if (m === null) return
  const end = p + len + m[0].length
  s.found(active.type, end - (m[1] ?? '').length, end, active.rank)
}
