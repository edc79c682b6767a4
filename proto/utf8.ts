// Makes valid UTF-8 of any bytes. The repair happens once, when a payload is indexed, so that stores accept every
// range that an encoder copies later.

import { isUtf8 } from 'node:buffer'
import type { Arena } from '../core/arena.ts'

/** True when `b[off, off+len)` has a byte above 0x7f. */
export function hasNonAscii(b: Uint8Array, off: number, len: number): boolean {
  for (let i = off, end = off + len; i < end; i++) if ((b[i] as number) > 127) return true
  return false
}

/** True when the range is valid UTF-8. A short ASCII range is recognised without calling native code. */
export function isValidUtf8(b: Uint8Array, off: number, len: number): boolean {
  if (len <= 64 && !hasNonAscii(b, off, len)) return true
  return isUtf8(b.subarray(off, off + len))
}

/**
 * Appends the range with U+FFFD for every malformed sequence. Returns its offset; the length is in `arena.lastLen`.
 */
export function appendRepaired(arena: Arena, off: number, len: number): number {
  return arena.appendText(arena.text(off, len))
}
