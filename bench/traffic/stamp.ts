// Gives every copy of a body its own ids. In a generated body each id begins with a marker; stamping overwrites just those
// four bytes (or eight hex digits) in place, without copying or encoding again. A collector that recognises re-sends
// therefore accepts every copy. Response ids are stamped too, because two reports of the same provider response count once.

/** The first four bytes of every trace, span, response and tool call id before stamping. */
export const STAMP_HEX = '5ca1ab1e'
const STAMP_RAW = Buffer.from(STAMP_HEX, 'hex')
const STAMP_TEXT = Buffer.from(STAMP_HEX, 'latin1')

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

function findAll(bytes: Buffer, marker: Buffer): Uint32Array {
  const found: number[] = []
  for (let at = bytes.indexOf(marker); at !== -1; at = bytes.indexOf(marker, at + marker.length))
    found.push(at)
  return Uint32Array.from(found)
}
