// Valid UTF-8 out of any bytes. Repair happens once, when a payload is indexed, so that every range
// that an encoder copies later is text a store will take.

import { isUtf8 } from 'node:buffer'
import type { Arena } from '../core/arena.ts'

/** True when `b[off, off+len)` has a byte above 0x7f. */
export function hasNonAscii(b: Uint8Array, off: number, len: number): boolean {
  for (let i = off, end = off + len; i < end; i++) if ((b[i] as number) > 127) return true
  return false
}

/** True when the range is valid UTF-8. ASCII is found out without leaving JavaScript when it is short. */
export function isValidUtf8(b: Uint8Array, off: number, len: number): boolean {
  if (len <= 64 && !hasNonAscii(b, off, len)) return true
  return isUtf8(b.subarray(off, off + len))
}

/** Appends the range with U+FFFD for every malformed sequence; returns its offset, length in `arena.lastLen`. */
export function appendRepaired(arena: Arena, off: number, len: number): number {
  return arena.appendText(arena.text(off, len))
}
