// Decides where an exporter continues after a start. Its cursor, the position that the store reports, and the first
// record of the log may disagree. In doubt data is sent twice and never skipped.

import type { CursorState } from './cursor.ts'

export interface CursorRecovery {
  readonly state: CursorState
  /** The state under which items are counted that are missing between the cursor and the next part. */
  readonly gapAs: 'damaged' | 'sent' | 'base'
  /** A note for the log of the process, or null. */
  readonly note: string | null
}

export function freshCursor(first: bigint): CursorState {
  const counts = { items: null, base: 0, sent: 0, deadLettered: 0, damaged: 0, skipped: 0 }
  return { next: { sequence: first, part: 0 }, inFlight: null, ...counts }
}

export function recoverCursor(
  stored: CursorState | null,
  committed: bigint | null,
  first: bigint,
): CursorRecovery {
  const known = stored === null ? lost(first) : notBefore(stored, first)
  return committed === null ? known : afterCommitted(known, committed)
}

/**
 * The lowest sequence number that the next record may have, because numbers that were sent once are never used for
 * other data.
 */
export function sequenceNeeded(stored: CursorState | null, committed: bigint | null): bigint {
  const byCursor = stored?.next.sequence ?? 0n
  const byStore = committed === null ? 0n : committed + 1n
  return byCursor > byStore ? byCursor : byStore
}

function lost(first: bigint): CursorRecovery {
  return { state: freshCursor(first), gapAs: 'base', note: null }
}

/** A cursor before the first record belongs to segments that were removed. */
function notBefore(state: CursorState, first: bigint): CursorRecovery {
  if (state.next.sequence >= first) return { state, gapAs: 'damaged', note: null }
  const note = `records ${state.next.sequence} to ${first - 1n} are gone: they were not sent`
  const next = { sequence: first, part: 0 }
  return { state: { ...state, next, inFlight: null }, gapAs: 'damaged', note }
}

/** The store's own position takes precedence, because it was written together with the data. */
function afterCommitted(known: CursorRecovery, committed: bigint): CursorRecovery {
  const { state } = known
  const { inFlight } = state
  if (inFlight !== null && committed >= inFlight.lastSequence) {
    // A range that ends inside a record proves nothing about the rest of the record, so it is sent again.
    if (inFlight.to.sequence <= inFlight.lastSequence) return known
    const { to, items, itemsAfter } = inFlight
    const before = itemsAfter - items
    const damaged = state.damaged + (state.items === null ? 0 : Math.max(0, before - state.items))
    const counts = { items: itemsAfter, sent: state.sent + items, damaged }
    const done = { ...state, ...counts, next: to, inFlight: null }
    return to.sequence > committed ? { ...known, state: done } : skipTo(known, done, committed)
  }
  return committed >= state.next.sequence ? skipTo(known, state, committed) : known
}

function skipTo(known: CursorRecovery, state: CursorState, committed: bigint): CursorRecovery {
  const next = { sequence: committed + 1n, part: 0 }
  const gapAs = state.items === null ? 'base' : 'sent'
  return { state: { ...state, next, inFlight: null }, gapAs, note: known.note }
}
