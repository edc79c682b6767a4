// Ids of events and signals: the first 16 bytes of a SHA-256 digest, so that a replay or a re-sent batch gives the same event
// the same id. Tenant and project are part of the input, so equal ids of different projects never meet.

import { hash } from 'node:crypto'
import { sha256First16 } from './sha256.ts'

/** Returns 16 bytes that identify a tenant and project in every id below them. Compute it once for each request. */
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

/** Returns the `signal_id` for an event and a rule, 32 hex digits. The same event and rule always give the same id. */
export function signalId(eventIdHex: string, rule: string): string {
  return hash('sha256', `observa-signal\0${eventIdHex}\0${rule}`, 'hex').slice(0, 32)
}

/** Returns the digest of a project as the four numbers with which `claimHash` begins. */
export function claimSeed(project: Uint8Array): Int32Array {
  const v = new DataView(project.buffer, project.byteOffset, 16)
  return Int32Array.of(...[0, 4, 8, 12].map((at) => v.getInt32(at, true)))
}

/**
 * Writes a 64-bit hash of a ledger claim into `out`, as two 32-bit halves. The range holds the provider's id of a response,
 * as UTF-8. The hash is not cryptographic: somebody who can choose the id is inside the project, whose digest is the seed,
 * and could only make two calls of their own count as one. It takes four bytes a step and mixes them like MurmurHash3's
 * finalizer.
 */
export function claimHash(
  seed: Int32Array,
  v: DataView,
  off: number,
  len: number,
  out: Int32Array,
): void {
  let x = (seed[0] as number) ^ 0x9e3779b9
  let y = (seed[1] as number) ^ 0x85ebca6b
  const end = off + len
  for (let i = off; i < end; i += 4) {
    const word = i + 4 <= end ? v.getInt32(i, true) : readTail(v, i, end)
    x = Math.imul(x ^ word, 0x9e3779b1)
    y = Math.imul(y ^ word, 0x5f356495)
    x = (x << 13) | (x >>> 19)
    y = (y << 17) | (y >>> 15)
  }
  const h0 = finalized(x ^ (seed[2] as number) ^ len)
  out[0] = h0
  out[1] = finalized((y ^ (seed[3] as number)) + h0)
}

function readTail(v: DataView, from: number, end: number): number {
  let word = 0
  for (let i = end - 1; i >= from; i--) word = (word << 8) | v.getUint8(i)
  return word
}

function finalized(x: number): number {
  let h = x ^ (x >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
