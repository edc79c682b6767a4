// An entry is what an event adds to the sums, and to which sums, without the event's content. The worker writes one for each
// report
// that counts, and the usage ledger keeps it. When another report of the same call changes the decision later, the entry is
// read back into an event row, so that the stored event can be revised.

import type { EventTable } from '../event.ts'
import { N, R } from '../fields.ts'

/** Fields of an entry, in the order of its bytes. */
const IDS = [R.event_id, R.trace_id, R.span_id, R.parent_span_id, R.start_time, R.end_time] as const
const NUMBERS = [
  N.input_tokens,
  N.output_tokens,
  N.total_tokens,
  N.cache_read_tokens,
  N.cache_write_tokens,
  N.reasoning_tokens,
  N.cost_usd,
  N.cost_input_usd,
  N.cost_output_usd,
  N.usage_aggregate,
  N.usage_remainder,
  N.usage_inconsistent,
  N.message_index,
] as const
const TEXTS = [
  R.tenant_id,
  R.project_id,
  R.environment,
  R.event_type,
  R.kind,
  R.operation,
  R.name,
  R.dialect,
  R.provider,
  R.response_id,
  R.route,
  R.status,
  R.service_name,
  R.scope_name,
  R.agent_name,
  R.conversation_id,
  R.session_id,
  R.user_id,
  R.cost_source,
  R.price_ref,
  R.cost_unpriced,
  R.usage_details,
  R.request_params,
] as const
/** Stored with the vendor prefix that was cut off, because prices are looked up by the name as it was sent. */
const MODELS = [R.request_model, R.response_model] as const
/** Longer texts are left out to keep entries small; no id or model name is that long. */
const TEXT_BYTES_MAX = 512
/** Bytes for the length of the entry, the ordinal of its event and the time of receipt. */
const HEAD_BYTES = 16
const NULL_LENGTH = 0xffff
const ENTRY_BYTES_MAX =
  HEAD_BYTES +
  IDS.length * 18 +
  NUMBERS.length * 8 +
  TEXTS.length * (2 + TEXT_BYTES_MAX) +
  MODELS.length * (3 + TEXT_BYTES_MAX + 255)

/** The entries of a batch, one after the other. */
export class UsageEntries {
  #bytes = new Uint8Array(16 * 1024)
  #view = new DataView(this.#bytes.buffer)
  #top = 0

  reset(): void {
    this.#top = 0
  }

  /** A copy of the bytes that can be sent to another thread. */
  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#top)
  }

  add(events: EventTable, event: number, receivedAtMs: number): void {
    this.#ensure(ENTRY_BYTES_MAX)
    const from = this.#top
    this.#top += HEAD_BYTES
    for (const field of IDS) this.#text(events, event, field)
    for (const field of NUMBERS) {
      this.#view.setFloat64(this.#top, events.num(event, field), true)
      this.#top += 8
    }
    for (const field of TEXTS) this.#text(events, event, field)
    for (const field of MODELS) {
      const prefix = events.modelPrefix(event, field)
      this.#bytes[this.#top++] = prefix
      this.#text(events, event, field, prefix)
    }
    this.#view.setUint32(from, this.#top - from, true)
    this.#view.setUint32(from + 4, event, true)
    this.#view.setFloat64(from + 8, receivedAtMs, true)
  }

  /** `more` is the number of bytes before the field to include. */
  #text(events: EventTable, event: number, field: number, more = 0): void {
    const len = events.len(event, field)
    if (len < 0 || len > TEXT_BYTES_MAX) {
      this.#view.setUint16(this.#top, NULL_LENGTH, true)
      this.#top += 2
      return
    }
    this.#view.setUint16(this.#top, len + more, true)
    const end = events.off(event, field) + len
    const { bytes } = events.arena
    const to = this.#bytes
    let at = this.#top + 2
    for (let i = end - len - more; i < end; i++) to[at++] = bytes[i] as number
    this.#top = at
  }

  #ensure(room: number): void {
    if (this.#top + room <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#top + room))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** Calls `use` with each entry and the ordinal of its event. */
export function eachEntry(
  entries: Uint8Array,
  use: (entry: Uint8Array, event: number) => void,
): void {
  const view = new DataView(entries.buffer, entries.byteOffset, entries.length)
  for (let at = 0; at + HEAD_BYTES <= entries.length; ) {
    const length = view.getUint32(at, true)
    use(entries.subarray(at, at + length), view.getUint32(at + 4, true))
    at += length
  }
}

/** A copy of the entries in which the ordinals of the events are increased by `by`. */
export function movedEntries(entries: Uint8Array, by: number): Uint8Array {
  const out = entries.slice()
  const view = new DataView(out.buffer)
  for (let at = 0; at + HEAD_BYTES <= out.length; at += view.getUint32(at, true))
    view.setUint32(at + 4, view.getUint32(at + 4, true) + by, true)
  return out
}

/** The event id of an entry: 16 bytes as a Latin-1 string. */
export function entryId(entry: Uint8Array): string {
  const from = HEAD_BYTES + 2
  return Buffer.from(entry.buffer, entry.byteOffset, entry.length).latin1Slice(from, from + 16)
}

/** Reads an entry into the event row and returns the time of receipt in ms. */
export function readEntry(entry: Uint8Array, events: EventTable, event: number): number {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.length)
  let at = HEAD_BYTES
  const text = (field: number): void => {
    const len = view.getUint16(at, true)
    at += 2
    if (len === NULL_LENGTH) return
    events.setRange(event, field, events.arena.append(entry.subarray(at, at + len)), len)
    at += len
  }
  for (const field of IDS) text(field)
  for (const field of NUMBERS) {
    events.setNum(event, field, view.getFloat64(at, true))
    at += 8
  }
  for (const field of TEXTS) text(field)
  for (const field of MODELS) {
    const prefix = entry[at++] as number
    text(field)
    if (prefix === 0 || !events.has(event, field)) continue
    events.setModel(event, field, events.off(event, field), events.len(event, field), prefix)
  }
  return view.getFloat64(8, true)
}
