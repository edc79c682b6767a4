// Event and signal identity: the first 16 bytes of SHA-256, so that a replay or a re-sent batch names
// the same event. Domain-separated by tenant and project.

import { hash } from 'node:crypto'

/** 16 bytes that stand for tenant and project in every id below them; ask once for each request. */
export function projectDigest(tenantId: string, projectId: string): Buffer {
  return hash('sha256', `observa-project\0${tenantId}\0${projectId}`, 'buffer').subarray(0, 16)
}

/** Room for the input of one `event_id`: project digest, trace id, span id, then the event type. */
const input = Buffer.alloc(16 + 16 + 8 + 128)

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
  input.fill(0, 0, 40)
  input.set(project, 0)
  if (traceOff >= 0) for (let i = 0; i < 16; i++) input[16 + i] = bytes[traceOff + i] as number
  if (spanOff >= 0) for (let i = 0; i < 8; i++) input[32 + i] = bytes[spanOff + i] as number
  const n = input.latin1Write(eventType, 40, 128)
  return hash('sha256', input.subarray(0, 40 + n), 'buffer').subarray(0, 16)
}

/** signal_id: deterministic for event and rule. 32 hex. */
export function signalId(eventIdHex: string, rule: string): string {
  return hash('sha256', `observa-signal\0${eventIdHex}\0${rule}`, 'hex').slice(0, 32)
}

/** Two 32-bit halves of a hash for ledger claims (usage of one provider response, or of one span). */
export function claimHash(
  project: Uint8Array,
  what: string,
): { readonly h0: number; readonly h1: number } {
  const d = hash('sha256', Buffer.concat([project, Buffer.from(what, 'utf8')]), 'buffer')
  return { h0: d.readInt32LE(0), h1: d.readInt32LE(4) }
}
