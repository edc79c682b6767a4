// Gives every copy of a body its own ids. In a generated body each id begins with a marker; stamping overwrites just those
// four bytes (or eight hex digits) in place, without copying or encoding again. A collector that recognises re-sends
// therefore accepts every copy. Response ids are stamped too, because two reports of the same provider response count once.

/** The first four bytes of every trace, span, response and tool call id before stamping. */
export const STAMP_HEX = '5ca1ab1e'
const STAMP_RAW = Buffer.from(STAMP_HEX, 'hex')
const STAMP_TEXT = Buffer.from(STAMP_HEX, 'latin1')

/**
 * The first eight of the twelve hex digits in the id of an owner (conversation, session, user); the last four are the number of
 * the trace in its body. Only in bodies that are made for a number of owners.
 */
export const OWNER_HEX = '0b5e55ed'
const OWNER_TEXT = Buffer.from(OWNER_HEX, 'latin1')
const OWNER_DIGITS = 12

/** Where a body of live traffic names owners and times, which every copy replaces. */
export interface LiveStamps {
  /** How many different owners there are over all copies. */
  readonly owners: number
  /** How many of them a body names. */
  readonly slots: number
  /** Offsets of the digits, and the trace that each belongs to. */
  readonly at: Uint32Array
  readonly slot: Uint32Array
  /** Offsets of times: eight bytes, ns since the epoch, little-endian. */
  readonly times: Uint32Array
  /** The latest of them in the template. A copy is moved so that it ends when it is made. */
  readonly latestMs: number
}

export interface StampOffsets {
  /** Offsets of ids in binary form, four bytes of each. */
  readonly raw: Uint32Array
  /** Offsets of ids in hex form, eight digits of each. */
  readonly hex: Uint32Array
}

/** Finds the markers in a body. `rawIds` is false for JSON, where all ids are text. */
export function findStamps(body: Uint8Array, rawIds: boolean): StampOffsets {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return {
    raw: rawIds ? findAll(bytes, STAMP_RAW) : new Uint32Array(0),
    hex: findAll(bytes, STAMP_TEXT),
  }
}

/** Overwrites all ids of `body` in place with those of copy `n`. The same `n` always gives the same ids. */
export function restamp(body: Uint8Array, offsets: StampOffsets, copy: number): void {
  const word = stampWord(copy)
  for (const at of offsets.raw) {
    body[at] = word >>> 24
    body[at + 1] = word >>> 16
    body[at + 2] = word >>> 8
    body[at + 3] = word
  }
  for (const at of offsets.hex)
    for (let i = 0; i < 8; i++) {
      const nibble = (word >>> (28 - 4 * i)) & 15
      body[at + i] = nibble < 10 ? 48 + nibble : 87 + nibble
    }
}

/** The first 32 bits of the ids of copy `n`: different for 2^32 copies, and spread out so that samplers see random ids. */
export function stampWord(copy: number): number {
  return Math.imul(copy + 1, 0x9e3779b1) >>> 0
}

export function stampHex(copy: number): string {
  return stampWord(copy).toString(16).padStart(8, '0')
}

/** Finds the ids of owners, and these times, ns since the epoch. */
export function findLive(body: Uint8Array, owners: number, timesNs: Iterable<bigint>): LiveStamps {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const at = findAll(bytes, OWNER_TEXT)
  const slot = at.map((offset) =>
    Number.parseInt(bytes.latin1Slice(offset + OWNER_HEX.length, offset + OWNER_DIGITS), 16),
  )
  const found = [...new Set(timesNs)].map((ns) => ({ ns, at: findAll(bytes, littleEndian(ns)) }))
  return {
    owners,
    slots: slot.reduce((n, s) => Math.max(n, s + 1), 0),
    at,
    slot,
    times: Uint32Array.from(found.flatMap((f) => [...f.at])),
    latestMs: found.reduce((latest, { ns }) => Math.max(latest, Math.ceil(Number(ns) / 1e6)), 0),
  }
}

/** Writes the owners of copy `n` into `body`, and moves its times so that the latest is `nowMs`. */
export function restampLive(
  body: Uint8Array,
  template: Uint8Array,
  stamps: LiveStamps,
  copy: number,
  nowMs: number,
): void {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  for (const [i, at] of stamps.at.entries()) {
    const owner = ownerOf(stamps, copy, stamps.slot[i] ?? 0)
    bytes.write(owner.toString(16).padStart(OWNER_DIGITS, '0'), at, 'latin1')
  }
  const from = Buffer.from(template.buffer, template.byteOffset, template.byteLength)
  const shift = BigInt(Math.round(nowMs - stamps.latestMs)) * NS_PER_MS
  for (const at of stamps.times) bytes.writeBigUInt64LE(from.readBigUInt64LE(at) + shift, at)
}

const NS_PER_MS = 1_000_000n

function littleEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

/**
 * The owner of a trace of a copy. One after the other comes once in a cycle of all owners, in an order that is not that of
 * their numbers, so that a store cannot write them in the order in which they lie.
 */
export function ownerOf(
  { owners, slots }: Pick<LiveStamps, 'owners' | 'slots'>,
  copy: number,
  slot: number,
): number {
  return (((copy * slots + slot) % owners) * (OWNER_STEP % owners)) % owners
}

/** A prime, so that its multiples visit every owner. */
const OWNER_STEP = 2_654_435_761

export function ownerId(slot: number): string {
  return OWNER_HEX + slot.toString(16).padStart(OWNER_DIGITS - OWNER_HEX.length, '0')
}

function findAll(bytes: Buffer, marker: Buffer): Uint32Array {
  const found: number[] = []
  for (let at = bytes.indexOf(marker); at !== -1; at = bytes.indexOf(marker, at + marker.length))
    found.push(at)
  return Uint32Array.from(found)
}
