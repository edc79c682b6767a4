// Event and signal identity: the first 16 bytes of SHA-256, so that a replay or a re-sent batch names
// the same event. Domain-separated by tenant and project.

import { hash } from 'node:crypto'
import { sha256First16 } from './sha256.ts'

/** 16 bytes that stand for tenant and project in every id below them; ask once for each request. */
export function projectDigest(tenantId: string, projectId: string): Buffer {
  return hash('sha256', `observa-project\0${tenantId}\0${projectId}`, 'buffer').subarray(0, 16)
}

const TYPE_BYTES_MAX = 128
const IDS_BYTES = 16 + 16 + 8
/** Room for the input of one `event_id` (project digest, trace id, span id, event type) and its padding. */
const input = Buffer.alloc(IDS_BYTES + TYPE_BYTES_MAX + 88)

/**
 * event_id of a span, log record or legacy event: SHA-256(project digest, trace id, span id, event type), 16 bytes.
 * `bytes[traceOff..+16)` and `bytes[spanOff..+8)` are raw ids; -1 = absent (zeros are hashed).
 */
export function eventId(
  project: Uint8Array,
  bytes: Uint8Array,
  traceOff: number,
  spanOff: number,
  eventType: string,
): Buffer {
  input.fill(0, 0, IDS_BYTES)
  for (let i = 0; i < 16; i++) input[i] = project[i] as number
  if (traceOff >= 0) for (let i = 0; i < 16; i++) input[16 + i] = bytes[traceOff + i] as number
  if (spanOff >= 0) for (let i = 0; i < 8; i++) input[32 + i] = bytes[spanOff + i] as number
  const n = Math.min(eventType.length, TYPE_BYTES_MAX)
  for (let i = 0; i < n; i++) input[IDS_BYTES + i] = eventType.charCodeAt(i)
  const id = Buffer.allocUnsafe(16)
  sha256First16(input, IDS_BYTES + n, id, 0)
  return id
}

/** signal_id: deterministic for event and rule. 32 hex. */
export function signalId(eventIdHex: string, rule: string): string {
  return hash('sha256', `observa-signal\0${eventIdHex}\0${rule}`, 'hex').slice(0, 32)
}

/**
 * Two 32-bit halves of a hash for ledger claims (usage of one provider response, or of one span), over UTF-16
 * units of `what`. Not cryptographic: whoever can choose `what` is inside the project, whose digest is the seed,
 * and could only make two calls of his own count as one. The mixing is that of MurmurHash3's finalizer.
 */
export function claimHash(project: Uint8Array, what: string): ClaimHash {
  let a = readInt(project, 0) ^ SEED_A
  let b = readInt(project, 4) ^ SEED_B
  for (let i = 0; i < what.length; i++) {
    const c = what.charCodeAt(i)
    a = Math.imul(a ^ c, 0x9e3779b1)
    b = Math.imul(b ^ c, 0x5f356495)
    a = (a << 13) | (a >>> 19)
    b = (b << 17) | (b >>> 15)
  }
  return endClaim(project, a, b, what.length)
}

/** `claimHash` of the prefix (ASCII) and the UTF-8 text in the range, which becomes a string only when it is not ASCII. */
export function claimHashOfBytes(
  project: Uint8Array,
  prefix: string,
  bytes: Uint8Array,
  off: number,
  len: number,
): ClaimHash {
  let a = readInt(project, 0) ^ SEED_A
  let b = readInt(project, 4) ^ SEED_B
  const units = prefix.length + len
  const at = off - prefix.length
  for (let i = 0; i < units; i++) {
    const c = i < prefix.length ? prefix.charCodeAt(i) : (bytes[at + i] as number)
    if (c > 127)
      return claimHash(project, prefix + Buffer.from(bytes.subarray(off, off + len)).toString())
    a = Math.imul(a ^ c, 0x9e3779b1)
    b = Math.imul(b ^ c, 0x5f356495)
    a = (a << 13) | (a >>> 19)
    b = (b << 17) | (b >>> 15)
  }
  return endClaim(project, a, b, units)
}

export interface ClaimHash {
  readonly h0: number
  readonly h1: number
}

const SEED_A = 0x9e3779b9
const SEED_B = 0x85ebca6b

function endClaim(project: Uint8Array, a: number, b: number, units: number): ClaimHash {
  const h0 = finalized(a ^ readInt(project, 8) ^ units)
  return { h0, h1: finalized((b ^ readInt(project, 12)) + h0) }
}

const readInt = (b: Uint8Array, off: number): number =>
  (b[off] as number) |
  ((b[off + 1] as number) << 8) |
  ((b[off + 2] as number) << 16) |
  ((b[off + 3] as number) << 24)

function finalized(x: number): number {
  let h = x ^ (x >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
