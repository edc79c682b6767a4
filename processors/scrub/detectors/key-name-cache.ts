// Meanings of the names that stand around an anchor, by their bytes: `max_tokens` stands in every request, and
// making a string of it each time costs more than all else about it. A fixed number of slots, one name each.

import { type KeyMeaning } from '../value/key-meaning.ts'
import { keyMeaning } from './key-names.ts'

export interface NamedMeaning {
  readonly text: string
  readonly meaning: KeyMeaning
}

interface Slot extends NamedMeaning {
  readonly bytes: Uint8Array
}

const SLOTS = 1024
/** Longer names are judged each time: names of fields are shorter. */
const LENGTH_MAX = 128
const slots: (Slot | undefined)[] = Array.from({ length: SLOTS })

/** The name in `b[from, to)` (UTF-8) and what it means; of two words the blank between them is taken for a joint. */
export function nameIn(b: Uint8Array, from: number, to: number): NamedMeaning {
  const length = to - from
  if (length > LENGTH_MAX) return judged(b, from, to)
  // FNV-1a.
  let hash = 0x811c9dc5
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (b[i] as number), 0x01000193)
  const at = (hash ^ (hash >>> 16)) & (SLOTS - 1)
  const known = slots[at]
  if (known !== undefined && isSame(known.bytes, b, from, length)) return known
  const slot = { bytes: b.slice(from, to), ...judged(b, from, to) }
  slots[at] = slot
  return slot
}

function isSame(known: Uint8Array, b: Uint8Array, from: number, length: number): boolean {
  if (known.length !== length) return false
  for (let i = 0; i < length; i++) if (known[i] !== b[from + i]) return false
  return true
}

function judged(b: Uint8Array, from: number, to: number): NamedMeaning {
  const text = Buffer.from(b.buffer, b.byteOffset + from, to - from).toString('utf8')
  return { text, meaning: keyMeaning(text.replace(' ', '_')) }
}
