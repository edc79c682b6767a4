// What a revision needs of events that were stored before, read from the log: the whole event as JSON where an exporter sends it, and
// the entry when the ledger's memory no longer has it. The log has what is waiting and at least 128 MiB of what was delivered.

import { expandEntry } from '../../core/reports/entry-expander.ts'
import { eachEntry } from '../../core/reports/usage-entries.ts'
import type { Revision } from '../../core/task.ts'
import { unpackFacts } from '../ledger/event-facts.ts'
import type { UsageLedger } from '../ledger/ledger.ts'
import { usageState } from '../ledger/ledger.ts'
import type { Revised } from '../ledger/trace-reports.ts'
import type { DurableLog, LogRecord } from '../log/log.ts'
import type { LogReader } from '../log/reader.ts'

/** Records read for one task at most: a late report of a long trace must not read the whole log. */
const RECORDS_MAX = 256
const ID_BYTES = 16
const OPEN = 0x7b
const CLOSE = 0x7d
const QUOTE = 0x22
const BACKSLASH = 0x5c

export interface FoundRevisions {
  readonly revisions: readonly Revision[]
  /** Stored events that cannot be revised: neither memory nor log has what they add to the sums. */
  readonly lost: number
  /** Revisions that a consumer of JSON gets without the event's content. */
  readonly withoutContent: number
}

/** `jsonExporter`: one that sends events as JSON; null when none does. */
export class StoredEvents {
  readonly #log: DurableLog
  readonly #ledger: UsageLedger
  readonly #jsonExporter: string | null

  constructor(log: DurableLog, ledger: UsageLedger, jsonExporter: string | null) {
    this.#log = log
    this.#ledger = ledger
    this.#jsonExporter = jsonExporter
  }

  async revisionsOf(revised: readonly Revised[]): Promise<FoundRevisions> {
    const records = await this.#recordsOf(revised)
    const revisions: Revision[] = []
    for (const r of revised) {
      const record = records.get(r.ticket) ?? null
      const entry = r.entry ?? (record === null ? null : entryIn(record, r.id))
      if (entry === null) continue
      const stored = record === null ? null : this.#jsonIn(record, r.id)
      const before = usageState(r.before)
      const after = usageState(r.after)
      const { revision } = r
      revisions.push({ entry, before, after, revision, ...(stored === null ? {} : { stored }) })
    }
    const withoutContent =
      this.#jsonExporter === null ? 0 : revisions.filter((r) => r.stored === undefined).length
    return { revisions, lost: revised.length - revisions.length, withoutContent }
  }

  /** By ticket, the records that hold the events. */
  async #recordsOf(revised: readonly Revised[]): Promise<ReadonlyMap<number, LogRecord>> {
    const out = new Map<number, LogRecord>()
    const places: { readonly ticket: number; readonly sequence: bigint }[] = []
    const needed = revised.filter((r) => r.entry === null || this.#jsonExporter !== null)
    for (const ticket of new Set(needed.map((r) => r.ticket))) {
      const sequence = await this.#ledger.recordOf(ticket)
      if (sequence !== null && sequence >= this.#log.firstSequence)
        places.push({ ticket, sequence })
    }
    if (places.length === 0) return out
    // In the order of the log, so that one pass over its files finds them all. The newest are the ones to read if there are too many.
    const inOrder = places.toSorted((a, b) => Number(a.sequence - b.sequence)).slice(-RECORDS_MAX)
    const reader = this.#reader()
    try {
      for (const { ticket, sequence } of inOrder) {
        reader.position = sequence
        const record = await reader.poll()
        if (record?.sequence === sequence) out.set(ticket, record)
      }
    } finally {
      await reader.close()
    }
    return out
  }

  #reader(): LogReader {
    const exporter = this.#jsonExporter
    const options = exporter === null ? { factsOnly: true } : { exporter, withFacts: true }
    return this.#log.reader(0n, options)
  }

  #jsonIn({ parts }: LogRecord, id: string): Uint8Array | null {
    const hex = Buffer.from(id, 'latin1').toString('hex')
    for (const part of parts) {
      if (part.exporter !== this.#jsonExporter) continue
      const json = eventJsonIn(part.bytes, hex)
      if (json !== null) return json
    }
    return null
  }
}

/** The entry of an event in the facts of its record. */
function entryIn({ claims, eventIds }: LogRecord, id: string): Uint8Array | null {
  const { entries } = unpackFacts(claims, eventIds)
  const ids = Buffer.from(eventIds.buffer, eventIds.byteOffset, eventIds.byteLength)
  let found: Uint8Array | null = null
  eachEntry(entries, (event, offset) => {
    const at = event * ID_BYTES
    if (found === null && ids.latin1Slice(at, at + ID_BYTES) === id)
      found = expandEntry(entries, offset, id)
  })
  return found
}

/**
 * A copy of the JSON object of an event, whatever frames it. Its id is its first member, perhaps behind one that the exporter put
 * before it, and quotes within texts are escaped, so the id cannot stand so anywhere else.
 */
export function eventJsonIn(bytes: Uint8Array, hex: string): Uint8Array | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const at = buffer.indexOf(`"event_id":"${hex}",`, 0, 'latin1')
  if (at < 0) return null
  const end = objectEnd(buffer, at)
  if (end < 0) return null
  // Bytes of their own: a thread is sent the whole of what a view lies in.
  const out = new Uint8Array(end - at + 1)
  out[0] = OPEN
  out.set(buffer.subarray(at, end), 1)
  return out
}

/** The index after the brace that closes the object whose members begin at `at`, -1 when none does. */
function objectEnd(buffer: Buffer, at: number): number {
  let depth = 1
  for (let i = at; i < buffer.length; i++) {
    const c = buffer[i]
    if (c === QUOTE)
      for (i++; i < buffer.length && buffer[i] !== QUOTE; i++) i += buffer[i] === BACKSLASH ? 1 : 0
    else if (c === OPEN) depth++
    else if (c === CLOSE && --depth === 0) return i + 1
  }
  return -1
}
