// An entry holds what an event adds to the sums, and which sums these are, without the event's content. The worker writes one
// for each report, and the usage ledger keeps it. When another report of the same call changes the decision later, the entry
// is read back into an event row, so that the stored event can be revised.
//
// There are two forms. A block holds the entries of a task, with every text written once; the log and the ledger keep blocks
// (`entry-block.ts` writes them). A revision carries a single entry that is complete in itself, which `readEntry` reads;
// `entry-expander.ts` takes it out of a block. Logs of older versions hold a list of single entries, and `blockOf` makes a
// block of it.

import type { EventTable } from '../event.ts'
import {
  BLOCK,
  FORM_LIST,
  HEAD_BYTES,
  IDS,
  MODELS,
  NULL_LENGTH,
  NUMBERS,
  TEXTS,
} from './entry-fields.ts'
import { TextBlockReader } from './text-block.ts'

/** Makes a block of a list of entries from a log that an older version wrote. */
export function blockOf(list: Uint8Array): Uint8Array {
  if (list.length === 0) return list
  const block = new Uint8Array(BLOCK.FIRST + list.length)
  block[BLOCK.FORM] = FORM_LIST
  new DataView(block.buffer).setUint32(BLOCK.LENGTH, block.length, true)
  block.set(list, BLOCK.FIRST)
  return block
}

/** Calls `use` for each entry of one or more blocks, with the ordinal of its event and the offset of the entry. */
export function eachEntry(blocks: Uint8Array, use: (event: number, offset: number) => void): void {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.length)
  for (let from = 0; from < blocks.length; from += view.getUint32(from + BLOCK.LENGTH, true)) {
    const end = from + view.getUint32(from + BLOCK.LENGTH, true)
    if (blocks[from + BLOCK.FORM] === FORM_LIST) {
      for (let at = from + BLOCK.FIRST; at < end; at += view.getUint32(at, true))
        use(view.getUint32(at + 4, true), at)
      continue
    }
    const reader = new TextBlockReader(blocks, from)
    let event = view.getUint32(from + BLOCK.FIRST, true)
    for (let at = from + BLOCK.ENTRIES; at < end; at += 2 + view.getUint16(at, true)) {
      reader.seek(at + 2)
      event += reader.varint()
      use(event, at)
    }
  }
}

/** A copy of blocks in which the ordinals of the events are increased by `by`. */
export function movedEntries(blocks: Uint8Array, by: number): Uint8Array {
  const out = blocks.slice()
  const view = new DataView(out.buffer)
  for (let from = 0; from < out.length; from += view.getUint32(from + BLOCK.LENGTH, true))
    view.setUint32(from + BLOCK.FIRST, view.getUint32(from + BLOCK.FIRST, true) + by, true)
  return out
}

/** Reads a single entry into the event row and returns the time of receipt in ms. */
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
