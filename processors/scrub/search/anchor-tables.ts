// The kernel's tables for a set of anchors: nibble sets for a four-byte fingerprint in 24 groups, and the
// exact entries behind a hash of it and of what the anchor has around it. Laid out as `kernel/scan.as` reads them.
// Which bytes of an anchor are its fingerprint, and in which group, decides how often the fingerprint
// raises a false alarm. For the anchors of the detectors `scripts/choose-fingerprints.ts` searched for good places;
// those of a user's own rules are added where they cost least by a rough estimate.

import { type Literals, SPLIT_TEXT_ANCHORS, type Tail, tailOf } from './anchors.ts'
import { CANDIDATE } from './candidates.ts'
import { FINGERPRINTS } from './kernel/fingerprints.generated.ts'

const NIBBLES = 64
/** Sets of 32 bytes, numbered from 1. */
const TAILS = 416
const TAIL_BYTES = 32
const TAILS_COUNT = 6
const SLOTS = 640
const BITS = 8832
const BITS_OF_THREE = 17_024
const ENTRIES = 33_408
const ENTRY_BYTES = 4
/** Behind the entries; where they begin stands here. */
const ANCHORS_AT = 16
const ANCHOR_BYTES = 10
export const TABLES_MAX = 120_320
export const GROUPS = 24
/** Bytes of the eight tables that hold eight groups. */
const BANK_BYTES = 128
/** How far into an anchor its fingerprint may lie. */
const WINDOW_MAX = 12

const ANY_CASE = 1
const ASSIGNS = 2
const TWO_BEHIND = 8

/** What is hashed of a fingerprint: bytes from so many before it on, and which words of the kernel say which hashes exist. */
export interface HashKind {
  readonly number: number
  readonly before: number
  readonly bytes: number
  readonly words: number
  /** How many bits of a hash choose the word; none of three bytes, whose first hash says enough. */
  readonly wordBits: number
}

const FOUR: HashKind = { number: 0, before: 0, bytes: 4, words: 29_312, wordBits: 9 }
const THREE: HashKind = { number: 1, before: 0, bytes: 3, words: 0, wordBits: 0 }
const AHEAD: HashKind = { number: 2, before: 0, bytes: 6, words: 25_216, wordBits: 10 }
const BEHIND: HashKind = { number: 3, before: 2, bytes: 6, words: 31_360, wordBits: 9 }

/** Low and high nibble sets of four bytes, as bit masks. */
export type Sets = readonly number[]

export interface Entry {
  readonly id: number
  readonly literal: Uint8Array
  readonly flags: number
  /** What must stand behind an anchor of two bytes. */
  readonly tail: Tail | null
  /** Spellings of each byte; an anchor of two bytes has what may follow it at the end. */
  readonly spellings: readonly (readonly number[])[]
}

export interface Placed {
  readonly entry: Entry
  window: number
  group: number
}

/** The first bytes of kernel memory, to be written at 0. The first four are the owner's number. */
export function anchorTables(c: Literals, owner: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(TABLES_MAX)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, owner, true)
  view.setInt32(4, c.anchors.find((a) => a.bytes.length === 1)?.id ?? -1, true)
  view.setInt32(8, c.anyNumbers ? 1 : 0, true)
  const placed = place(entriesOf(c))
  writeNibbles(bytes, placed)
  writeEntries(bytes, view, placed)
  return bytes
}

/** All that the kernel looks for by a fingerprint. */
export function entriesOf(c: Literals): Entry[] {
  const out: Entry[] = []
  for (const e of c.escapes) out.push(entryOf(CANDIDATE.ESCAPE, e, false, 0))
  for (const e of SPLIT_TEXT_ANCHORS) out.push(entryOf(CANDIDATE.SPLIT_TEXT, e, false, 0))
  for (const a of c.anchors) {
    if (a.bytes.length === 1) continue
    const flags = (a.anyCase ? ANY_CASE : 0) | (a.assigns ? ASSIGNS : 0)
    out.push(entryOf(a.id, a.bytes, a.anyCase, flags))
  }
  return out
}

function entryOf(id: number, literal: Uint8Array, anyCase: boolean, flags: number): Entry {
  const spellings = Array.from(literal, (b) => (anyCase && b >= 97 && b <= 122 ? [b, b - 32] : [b]))
  const tail = tailOf(literal)
  if (tail === null) return { id, literal, flags, tail, spellings }
  const behind = [...tail.set.keys()].filter((b) => tail.set[b] === 1)
  for (let i = 0; i < tail.count; i++) spellings.push(behind)
  return { id, literal, flags: flags | (tail.count === 2 ? TWO_BEHIND : 0), tail, spellings }
}

/** Names an entry in the table of places. */
export function fingerprintKey(e: Entry): string {
  return `${(e.flags & ANY_CASE) === 0 ? 'x' : 'i'}${Buffer.from(e.literal).toString('utf8')}`
}

/** What is hashed of the fingerprint at `window`, as much as there is: the digits behind a country are too many spellings. */
export function kindOf(e: Entry, window: number): HashKind {
  if (e.spellings[window + 3] === undefined || (e.flags & TWO_BEHIND) !== 0) return THREE
  if (window + 6 <= e.spellings.length) return AHEAD
  return window >= 2 ? BEHIND : FOUR
}

// ---------------------------------------------------------------- groups

function place(entries: readonly Entry[]): Placed[] {
  const groups: Sets[] = Array.from({ length: GROUPS }, () => [0, 0, 0, 0, 0, 0, 0, 0])
  const out: Placed[] = []
  const others: Entry[] = []
  for (const entry of entries) {
    const at = FINGERPRINTS.get(fingerprintKey(entry))
    const sets = at === undefined ? undefined : windowsOf(entry)[at.window]
    if (at === undefined || sets === undefined) others.push(entry)
    else {
      groups[at.group] = union(groups[at.group] as Sets, sets)
      out.push({ entry, ...at })
    }
  }
  return [...out, ...placeOthers(others, groups)]
}

/** Rare anchors fit anywhere: the common ones choose first. */
function placeOthers(entries: readonly Entry[], groups: Sets[]): Placed[] {
  const order = entries
    .map((entry) => ({ entry, own: Math.min(...windowsOf(entry).map(passRate)) }))
    .sort((a, b) => b.own - a.own || a.entry.id - b.entry.id)
  return order.map(({ entry }) => {
    const best = { entry, window: 0, group: 0 }
    let bestCost = Number.POSITIVE_INFINITY
    for (const [window, sets] of windowsOf(entry).entries()) {
      for (const [group, has] of groups.entries()) {
        const cost = passRate(union(has, sets)) - passRate(has)
        if (cost >= bestCost) continue
        bestCost = cost
        best.window = window
        best.group = group
      }
    }
    groups[best.group] = union(groups[best.group] as Sets, windowsOf(entry)[best.window] as Sets)
    return best
  })
}

/** The sets of each fingerprint an entry could have. */
export function windowsOf(e: Entry): Sets[] {
  const out: Sets[] = []
  // What may follow a short anchor has too many spellings to begin with.
  const end = e.tail === null ? Math.min(e.spellings.length, WINDOW_MAX + 3) : 3
  for (let at = 0; at + 3 <= end; at++) out.push([0, 1, 2, 3].flatMap((i) => nibbles(e, at + i)))
  return out
}

const ANY_BYTE = Array.from({ length: 256 }, (_, b) => b)

function nibbles(e: Entry, at: number): [number, number] {
  let low = 0
  let high = 0
  // Behind a short anchor anything may stand.
  for (const b of e.spellings[at] ?? ANY_BYTE) {
    low |= 1 << (b & 15)
    high |= 1 << (b >> 4)
  }
  return [low, high]
}

function union(a: Sets, b: Sets): Sets {
  return a.map((x, i) => x | (b[i] as number))
}

/** What share of typical text passes all sets, taking the bytes as independent. */
function passRate(s: Sets): number {
  let rate = 1
  for (let i = 0; i < s.length; i += 2) rate *= share(s[i] as number, s[i + 1] as number)
  return rate
}

const TYPICAL =
  '[{"role":"user","parts":[{"type":"text","content":"Please compare the two options and explain which one you would choose for a small team, what it costs, and why. The previous answer was not complete; it left out the second table.\\n\\n1. First, list the steps.\\n2. Then show an example."}]},{"role":"assistant","parts":[{"type":"tool_call","id":"call_9aB2","name":"search_documents","arguments":{"query":"annual report 2026","limit":5}}]}] gen_ai.request.model gen_ai.usage.input_tokens openai gpt-5-mini-2026-05-01 https://api.example.test/v1/chat/completions 200 OK stop chat'
const SHARES = shares()
const known = new Map<number, number>()

function shares(): Float64Array {
  const f = new Float64Array(256).fill(0.02)
  for (let i = 128; i < 256; i++) f[i] = 0.15
  for (const b of Buffer.from(TYPICAL, 'latin1')) f[b] = (f[b] as number) + 1
  const sum = f.reduce((a, b) => a + b, 0)
  return f.map((x) => x / sum)
}

function share(low: number, high: number): number {
  const at = low * 65_536 + high
  const hit = known.get(at)
  if (hit !== undefined) return hit
  let v = 0
  for (let b = 0; b < 256; b++)
    if ((low & (1 << (b & 15))) !== 0 && (high & (1 << (b >> 4))) !== 0) v += SHARES[b] as number
  known.set(at, v)
  return v
}

function writeNibbles(bytes: Uint8Array, placed: readonly Placed[]): void {
  for (const { entry, window, group } of placed)
    for (let i = 0; i < 4; i++)
      for (const b of entry.spellings[window + i] ?? ANY_BYTE) {
        const bank = NIBBLES + (group >> 3) * BANK_BYTES
        const low = bank + i * 32 + (b & 15)
        const high = bank + i * 32 + 16 + (b >> 4)
        bytes[low] = (bytes[low] as number) | (1 << (group & 7))
        bytes[high] = (bytes[high] as number) | (1 << (group & 7))
      }
}

// ---------------------------------------------------------------- exact entries

function writeEntries(bytes: Uint8Array, view: DataView, placed: readonly Placed[]): void {
  let index = 0
  const tails: Uint8Array[] = []
  const total = placed.reduce((n, p) => n + hashesOf(p).length, 0)
  const anchors = ENTRIES + (total + 1) * ENTRY_BYTES
  view.setUint32(ANCHORS_AT, anchors, true)
  let literalTop = anchors + placed.length * ANCHOR_BYTES
  for (const [number, p] of placed.entries()) {
    const { entry } = p
    const anchor = anchors + number * ANCHOR_BYTES
    if (literalTop + entry.literal.length > TABLES_MAX)
      throw new Error('too many anchors for the kernel')
    bytes.set(entry.literal, literalTop)
    view.setUint16(anchor, entry.id, true)
    view.setUint8(anchor + 2, entry.literal.length)
    view.setUint8(anchor + 3, entry.flags)
    view.setUint8(anchor + 4, p.window)
    view.setUint8(anchor + 5, entry.tail === null ? 0 : tailNumber(bytes, tails, entry.tail.set))
    view.setUint32(anchor + 6, literalTop, true)
    const slots = new Set<number>()
    const kind = kindOf(entry, p.window)
    writeBits(bytes, p)
    for (const hash of hashesOf(p)) {
      if (kind !== THREE) {
        const word = kind.words + (hash >>> (32 - kind.wordBits)) * 4
        const both = (1 << ((hash >>> 11) & 31)) | (1 << ((hash >>> 16) & 31))
        view.setUint32(word, view.getUint32(word, true) | both, true)
      }
      const slot = SLOTS + (hash >>> 20) * 2
      // Two spellings in one slot would report the anchor twice.
      if (slots.has(slot)) continue
      slots.add(slot)
      const at = ENTRIES + ++index * ENTRY_BYTES
      view.setUint16(at, view.getUint16(slot, true), true)
      view.setUint16(at + 2, number | (kind.number << 14), true)
      view.setUint16(slot, index, true)
    }
    literalTop += entry.literal.length
  }
}

/** Which hashes of the first three or four bytes exist. */
function writeBits(bytes: Uint8Array, { entry, window }: Placed): void {
  const isThree = kindOf(entry, window) === THREE
  const table = isThree ? BITS_OF_THREE : BITS
  for (const f of spelled(entry, window, isThree ? 3 : 4)) {
    const hash = Math.imul(f, MULTIPLIER_32) >>> 16
    const at = table + (hash >>> 3)
    bytes[at] = (bytes[at] as number) | (1 << (hash & 7))
  }
}

/** The number of a set of bytes; writes it when it is new. */
function tailNumber(bytes: Uint8Array, known: Uint8Array[], tail: Uint8Array): number {
  let at = known.indexOf(tail)
  if (at < 0) {
    at = known.push(tail) - 1
    if (at >= TAILS_COUNT) throw new Error('too many sets of bytes for the kernel')
    const base = TAILS + (at + 1) * TAIL_BYTES
    for (let b = 0; b < 256; b++)
      if (tail[b] === 1)
        bytes[base + (b >> 3)] = (bytes[base + (b >> 3)] as number) | (1 << (b & 7))
  }
  return at + 1
}

/** Either case of a letter has the same hash: one entry does for all spellings. */
const EITHER_CASE = 0x20
const MULTIPLIER = 0x9e3779b97f4a7c15n
const MULTIPLIER_32 = 0x9e3779b1

/** The bytes that are hashed of an entry. */
export function fingerprints(entry: Entry, window: number): number[] {
  const { before, bytes } = kindOf(entry, window)
  return spelled(entry, window - before, bytes)
}

/** Bytes of an entry as a number, the first one lowest; more than one only where a byte may be any of a set. */
export function spelled(entry: Entry, from: number, count: number): number[] {
  let words = [0]
  for (let i = 0; i < count; i++) {
    const spellings = entry.spellings[from + i] as readonly number[]
    words = words.flatMap((w) => spellings.map((b) => w + (b | EITHER_CASE) * 2 ** (8 * i)))
  }
  return [...new Set(words)]
}

/** The kernel's hash of a fingerprint, 32 bits. */
function hashOf(fingerprint: number): number {
  return Number(BigInt.asUintN(64, BigInt(fingerprint) * MULTIPLIER) >> 32n)
}

function hashesOf({ entry, window }: Placed): number[] {
  return [...new Set(fingerprints(entry, window).map(hashOf))]
}
