// The string that a scanner has read last, for scanners over the bytes of an arena.

import type { Arena } from '../../core/arena.ts'
import { type JsonScanner, unescape } from './scan.ts'

/**
 * The string as a range of the arena, without escapes. A string with escapes is written anew, so the memory of the arena may
 * move; the scanner then continues in the new one.
 */
export function stringRange(s: JsonScanner, arena: Arena): { off: number; len: number } {
  if (!s.hasEscapes) return { off: s.strOff, len: s.strLen }
  const off = arena.reserve(s.strLen)
  s.continueIn(arena.bytes)
  const end = unescape(s.b, off, s.b, s.strOff, s.strLen)
  arena.release(end)
  return { off, len: end - off }
}

/** The string as a JS string. */
export function stringText(s: JsonScanner, arena: Arena): string {
  const { off, len } = stringRange(s, arena)
  return arena.text(off, len)
}
