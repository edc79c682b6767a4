// Unique ids for every copy of a body that is sent: a generated body is a template in which each id begins
// with a marker, and stamping overwrites just those four raw bytes or eight hex digits in place. A collector
// that recognises re-sent events therefore never collapses load, and stamping costs no copy and no re-encoding.
// Response ids are stamped as well, because one provider response reported twice counts once.

/** First four bytes of every trace, span, response and tool call id of a template. */
export const STAMP_HEX = '5ca1ab1e'
const STAMP_RAW = Buffer.from(STAMP_HEX, 'hex')
const STAMP_TEXT = Buffer.from(STAMP_HEX, 'latin1')

export interface StampOffsets {
  /** Where four raw bytes of an id begin. */
  readonly raw: Uint32Array
  /** Where eight hex digits of an id begin. */
  readonly hex: Uint32Array
}

/** Finds the markers of a template. `rawIds` is false for JSON, where ids are text only. */
export function findStamps(body: Uint8Array, rawIds: boolean): StampOffsets {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return {
    raw: rawIds ? findAll(bytes, STAMP_RAW) : new Uint32Array(0),
    hex: findAll(bytes, STAMP_TEXT),
  }
}

/** Overwrites all ids of `body` in place with those of copy `n`. The same `n` gives the same ids. */
export function restamp(body: Uint8Array, offsets: StampOffsets, n: number): void {
  const word = stampWord(n)
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

/** The ids of copy `n` begin with these 32 bits: distinct for 2^32 copies, spread so that samplers see random ids. */
export function stampWord(n: number): number {
  return Math.imul(n + 1, 0x9e3779b1) >>> 0
}

export function stampHex(n: number): string {
  return stampWord(n).toString(16).padStart(8, '0')
}

function findAll(bytes: Buffer, marker: Buffer): Uint32Array {
  const found: number[] = []
  for (let at = bytes.indexOf(marker); at !== -1; at = bytes.indexOf(marker, at + marker.length))
    found.push(at)
  return Uint32Array.from(found)
}
