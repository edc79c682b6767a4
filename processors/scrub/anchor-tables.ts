// The kernel's tables for a set of anchors: nibble sets for the three-byte fingerprint in eight groups, and the
// exact entries behind a hash of the first two bytes. Laid out as `kernel/scan.as` reads them.

import { CANDIDATE, type Compiled } from './compile.ts'

const NIBBLES = 64
const SLOTS = 256
const SLOT_COUNT = 4096
const ENTRIES = 8448
const ENTRY_BYTES = 12
export const TABLES_MAX = 64 * 1024
const GROUPS = 8

const ANY_CASE = 1
const ASSIGNS = 2

interface Entry {
  readonly id: number
  readonly literal: Uint8Array
  /** The first bytes as they may stand in the text; `null` = any byte. */
  readonly head: readonly [number, number, number | null]
  readonly flags: number
}

/** The first `TABLES_MAX` bytes of kernel memory, to be written at 0. The first four bytes are the owner's. */
export function anchorTables(c: Compiled, owner: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(TABLES_MAX)
  const view = new DataView(bytes.buffer)
  const entries = entriesOf(c)
  view.setInt32(0, owner, true)
  view.setInt32(4, c.anchors.find((a) => a.bytes.length === 1)?.id ?? -1, true)
  view.setInt32(8, c.anyNumbers ? 1 : 0, true)
  writeNibbles(bytes, entries)
  writeEntries(bytes, view, entries)
  return bytes
}

function entriesOf(c: Compiled): Entry[] {
  const out: Entry[] = []
  for (const e of c.escapes) out.push(...variants(CANDIDATE.ESCAPE, e, false, 0))
  for (const a of c.anchors) {
    if (a.bytes.length === 1) continue
    const flags = (a.anyCase ? ANY_CASE : 0) | (a.assigns ? ASSIGNS : 0)
    out.push(...variants(a.id, a.bytes, a.anyCase, flags))
  }
  return out
}

/** One entry for each spelling of the first three bytes. */
function variants(id: number, literal: Uint8Array, anyCase: boolean, flags: number): Entry[] {
  const spellings = (i: number): (number | null)[] => {
    const b = literal[i]
    if (b === undefined) return [null]
    return anyCase && b >= 97 && b <= 122 ? [b, b - 32] : [b]
  }
  const out: Entry[] = []
  for (const x of spellings(0))
    for (const y of spellings(1))
      for (const z of spellings(2))
        out.push({ id, literal, head: [x as number, y as number, z], flags })
  return out
}

/** Puts each entry in the group whose sets it widens least: fewer false alarms of the fingerprint. */
function writeNibbles(bytes: Uint8Array, entries: readonly Entry[]): void {
  const groups = Array.from({ length: GROUPS }, () => Array.from({ length: 6 }, () => 0))
  const order = [...entries].sort((a, b) => a.head[0] - b.head[0] || a.head[1] - b.head[1])
  for (const e of order) {
    let best = 0
    let bestCost = Number.POSITIVE_INFINITY
    for (const [g, sets] of groups.entries()) {
      const cost = volume(widened(sets, e)) - volume(sets)
      if (cost < bestCost) {
        bestCost = cost
        best = g
      }
    }
    groups[best] = widened(groups[best] as number[], e)
  }
  for (const [g, sets] of groups.entries())
    for (const [t, set] of sets.entries())
      for (let nibble = 0; nibble < 16; nibble++) {
        const at = NIBBLES + t * 16 + nibble
        if ((set & (1 << nibble)) !== 0) bytes[at] = (bytes[at] as number) | (1 << g)
      }
}

/** Sets of low and high nibbles, as bit masks, for bytes 0, 1 and 2. */
function widened(sets: readonly number[], e: Entry): number[] {
  const out = [...sets]
  for (const [i, b] of e.head.entries()) {
    out[2 * i] = (out[2 * i] as number) | (b === null ? 0xffff : 1 << (b & 15))
    out[2 * i + 1] = (out[2 * i + 1] as number) | (b === null ? 0xffff : 1 << (b >> 4))
  }
  return out
}

/** How much of typical text a group lets through: each nibble weighs as often as text has it. */
function volume(sets: readonly number[]): number {
  let v = 1
  for (const [t, set] of sets.entries()) {
    let w = 0
    const weights = (t & 1) === 0 ? LOW_WEIGHTS : HIGH_WEIGHTS
    for (let n = 0; n < 16; n++) if ((set & (1 << n)) !== 0) w += weights[n] as number
    v *= w
  }
  return v
}

/** Share of bytes of English JSON text by low and by high nibble, in percent. */
const LOW_WEIGHTS = [13, 7, 8, 6, 10, 13, 4, 4, 5, 8, 2, 3, 6, 4, 8, 7]
const HIGH_WEIGHTS = [1, 0.2, 28, 7, 2, 2, 38, 22, 0.5, 0.5, 0.3, 0.3, 0.3, 0.2, 0.5, 0.1]

function writeEntries(bytes: Uint8Array, view: DataView, entries: readonly Entry[]): void {
  // Spellings of the third byte share an entry: the exact look-up hashes two bytes.
  const seen = new Set<string>()
  const exact = entries.filter((e) => {
    const at = `${e.id} ${Buffer.from(e.literal).toString('hex')} ${e.head[0]} ${e.head[1]}`
    if (seen.has(at)) return false
    seen.add(at)
    return true
  })
  // Chains are walked from the last entry written: the lowest id must come first.
  exact.sort((a, b) => b.id - a.id)
  let literalTop = ENTRIES + (exact.length + 1) * ENTRY_BYTES
  for (const [i, e] of exact.entries()) {
    const index = i + 1
    const at = ENTRIES + index * ENTRY_BYTES
    const pair = e.head[0] | (e.head[1] << 8)
    const slot = SLOTS + (((Math.imul(pair, 40503) >>> 8) & (SLOT_COUNT - 1)) << 1)
    view.setUint16(at, view.getUint16(slot, true), true)
    view.setUint16(at + 2, e.id, true)
    view.setUint8(at + 4, e.literal.length)
    view.setUint8(at + 5, e.flags)
    view.setUint32(at + 8, literalTop, true)
    view.setUint16(slot, index, true)
    if (literalTop + e.literal.length > TABLES_MAX)
      throw new Error('too many anchors for the kernel')
    bytes.set(e.literal, literalTop)
    literalTop += e.literal.length
  }
}
