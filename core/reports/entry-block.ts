// Writes the entries of a batch as one block (`usage-entries.ts`). Texts that many entries have in common are written once.

import type { EventTable } from '../event.ts'
import { R } from '../fields.ts'
import {
  BLOCK,
  COST_TEXTS,
  COSTS,
  ENTRY_BYTES_MAX,
  FORM_TEXTS,
  GIVEN,
  MODELS,
  NUMBERS,
  OWN,
  SHAPE,
  SHAPE_INTS,
  SHAPE_TEXTS,
  TEXT_BYTES_MAX,
} from './entry-fields.ts'
import { TextBlockWriter, zigzag } from './text-block.ts'

/** The entries of a batch. */
export class UsageEntries {
  readonly #out = new TextBlockWriter()
  /** For each text of a shape: the offset in the arena of the text written last, and its place in the block. */
  readonly #lastOff = new Int32Array(SHAPE_TEXTS)
  readonly #lastLen = new Int32Array(SHAPE_TEXTS)
  readonly #lastPlace = new Int32Array(SHAPE_TEXTS)
  readonly #shape = new Int32Array(SHAPE_INTS)
  #shapes = new Int32Array(64 * SHAPE_INTS)
  #shapeCount = 0
  #event = 0
  #received = 0
  #startHigh = 0
  #startLow = 0

  reset(): void {
    this.#out.reset()
    this.#shapeCount = 0
    this.#event = 0
    this.#lastLen.fill(-1)
  }

  /** A copy of the block that can be sent to another thread; empty without entries. */
  copy(): Uint8Array {
    const { bytes, view, top } = this.#out
    if (top > 0) view.setUint32(BLOCK.LENGTH, top, true)
    return bytes.slice(0, top)
  }

  /** Adds the entry of an event. Events must come in ascending order. `receivedAtMs` is in whole ms. */
  add(events: EventTable, event: number, receivedAtMs: number): void {
    const out = this.#out
    out.ensure(ENTRY_BYTES_MAX + BLOCK.ENTRIES)
    if (out.top === 0) this.#begin(events, event, receivedAtMs)
    // The length of the entry is written at the end, when it is known. Two bytes are enough for it.
    const from = out.skip(2)
    out.varint(event - this.#event)
    this.#event = event
    out.varint(zigzag(receivedAtMs - this.#received))
    this.#putShape(events, event)
    this.#putText(events, event, R.trace_id)
    this.#putLiteral(events, event, R.span_id)
    this.#putText(events, event, R.parent_span_id)
    this.#putTimes(events, event)
    const isGiven = isText(events, event, R.cost_source, GIVEN)
    this.#putNumbers(events, event, isGiven)
    for (const field of OWN) {
      if (!isGiven && COST_TEXTS.includes(field)) continue
      if (field === R.response_id) this.#putLiteral(events, event, field)
      else this.#putText(events, event, field)
    }
    out.view.setUint16(from, out.top - from - 2, true)
  }

  #begin(events: EventTable, event: number, receivedAtMs: number): void {
    const out = this.#out
    out.bytes.fill(0, 0, BLOCK.ENTRIES)
    out.bytes[BLOCK.FORM] = FORM_TEXTS
    out.view.setFloat64(BLOCK.RECEIVED, receivedAtMs, true)
    out.skip(BLOCK.ENTRIES)
    this.#received = receivedAtMs
    this.#startHigh = 0
    this.#startLow = 0
    if (events.len(event, R.start_time) !== 8) return
    const { view } = events.arena
    const off = events.off(event, R.start_time)
    this.#startLow = view.getUint32(off, true)
    this.#startHigh = view.getUint32(off + 4, true)
    out.view.setUint32(BLOCK.START, this.#startLow, true)
    out.view.setUint32(BLOCK.START + 4, this.#startHigh, true)
  }

  /** Writes the combination of common texts of an event, or the place of an equal combination. */
  #putShape(events: EventTable, event: number): void {
    const shape = this.#shape
    let isKnown = true
    for (let i = 0; i < SHAPE_TEXTS; i++) {
      const field = shapeField(i)
      const prefix = i < SHAPE.length ? 0 : events.modelPrefix(event, field)
      if (i >= SHAPE.length) shape[SHAPE_TEXTS + i - SHAPE.length] = prefix
      shape[i] = this.#placeOf(events, event, i, prefix)
      if (shape[i] === -1) isKnown = false
    }
    const out = this.#out
    if (isKnown) {
      const at = this.#findShape()
      if (at > 0) return out.varint(at)
    }
    out.varint(0)
    const at = out.top
    this.#writeShape(events, event)
    this.#rememberShape(at)
  }

  /** The place of a text of a shape; 0 when the event has no such text, -1 when the text has not been written yet. */
  #placeOf(events: EventTable, event: number, i: number, prefix: number): number {
    const field = shapeField(i)
    const len = events.len(event, field)
    if (len < 0 || len > TEXT_BYTES_MAX) return 0
    const off = events.off(event, field) - prefix
    if (this.#lastOff[i] === off && this.#lastLen[i] === len + prefix)
      return this.#lastPlace[i] as number
    const place = this.#out.find(events.arena.bytes, off, len + prefix)
    if (place > 0) this.#noteLast(i, off, len + prefix, place)
    return place
  }

  #noteLast(i: number, off: number, len: number, place: number): void {
    this.#lastOff[i] = off
    this.#lastLen[i] = len
    this.#lastPlace[i] = place
  }

  #writeShape(events: EventTable, event: number): void {
    const shape = this.#shape
    const out = this.#out
    for (let i = 0; i < SHAPE_TEXTS; i++) {
      const place = shape[i] as number
      const prefix = i < SHAPE.length ? 0 : (shape[SHAPE_TEXTS + i - SHAPE.length] as number)
      if (i >= SHAPE.length) out.varint(prefix)
      if (place >= 0) {
        out.varint(place * 2)
        continue
      }
      const field = shapeField(i)
      const off = events.off(event, field) - prefix
      const len = events.len(event, field) + prefix
      shape[i] = out.text(events.arena.bytes, off, len)
      this.#noteLast(i, off, len, shape[i] as number)
    }
  }

  /** The place of a combination equal to `#shape`, 0 when there is none. */
  #findShape(): number {
    const shapes = this.#shapes
    const shape = this.#shape
    // The newest combinations are compared first, because equal ones often follow each other.
    const first = Math.max(0, this.#shapeCount - SHAPES_COMPARED_MAX)
    for (let s = this.#shapeCount - 1; s >= first; s--) {
      const row = s * SHAPE_INTS
      let i = 0
      while (i < SHAPE_INTS - 1 && shapes[row + i] === shape[i]) i++
      if (i === SHAPE_INTS - 1) return shapes[row + i] as number
    }
    return 0
  }

  #rememberShape(at: number): void {
    const row = this.#shapeCount++ * SHAPE_INTS
    if (row + SHAPE_INTS > this.#shapes.length) {
      const grown = new Int32Array(this.#shapes.length * 2)
      grown.set(this.#shapes)
      this.#shapes = grown
    }
    for (let i = 0; i < SHAPE_INTS - 1; i++) this.#shapes[row + i] = this.#shape[i] as number
    this.#shapes[row + SHAPE_INTS - 1] = at
  }

  #putText(events: EventTable, event: number, field: number): void {
    const len = events.len(event, field)
    if (len < 0 || len > TEXT_BYTES_MAX) this.#out.varint(0)
    else this.#out.text(events.arena.bytes, events.off(event, field), len)
  }

  #putLiteral(events: EventTable, event: number, field: number): void {
    const len = events.len(event, field)
    if (len < 0 || len > TEXT_BYTES_MAX) this.#out.varint(0)
    else this.#out.literal(events.arena.bytes, events.off(event, field), len)
  }

  /** Writes the start relative to the block's start, and the end relative to the event's start, in ns. */
  #putTimes(events: EventTable, event: number): void {
    const { view } = events.arena
    const hasStart = events.len(event, R.start_time) === 8
    let high = this.#startHigh
    let low = this.#startLow
    if (hasStart) {
      const off = events.off(event, R.start_time)
      const startLow = view.getUint32(off, true)
      const startHigh = view.getUint32(off + 4, true)
      this.#putDifference(startHigh - high, startLow - low)
      high = startHigh
      low = startLow
    } else this.#out.varint(0)
    if (events.len(event, R.end_time) !== 8) return this.#out.varint(0)
    const off = events.off(event, R.end_time)
    this.#putDifference(view.getUint32(off + 4, true) - high, view.getUint32(off, true) - low)
  }

  /** Writes the differences of the high and the low halves of a time as one varint: 0 = no time, 1 = the halves follow. */
  #putDifference(high: number, low: number): void {
    const out = this.#out
    const ns = high * 2 ** 32 + low
    if (Math.abs(ns) < NS_MAX) return out.varint(zigzag(ns) + 2)
    out.varint(1)
    out.float(high)
    out.float(low)
  }

  #putNumbers(events: EventTable, event: number, isGiven: boolean): void {
    const out = this.#out
    let mask = 0
    for (let i = 0; i < NUMBERS.length; i++) {
      const field = NUMBERS[i] as number
      if (!Number.isNaN(events.num(event, field)) && (isGiven || !COSTS.includes(field)))
        mask |= 1 << i
    }
    out.varint(mask)
    for (let i = 0; i < NUMBERS.length; i++) {
      if ((mask & (1 << i)) === 0) continue
      const n = events.num(event, NUMBERS[i] as number)
      if (n >= 0 && n < INTEGER_MAX && Math.floor(n) === n && !Object.is(n, -0)) {
        out.varint(n * 2)
        continue
      }
      out.varint(1)
      out.float(n)
    }
  }
}

/**
 * The number of combinations that a new one is compared with. Without this bound, a task in which all differ would take
 * quadratic time.
 */
const SHAPES_COMPARED_MAX = 64
/** Bound below which differences of times are exact as a float, also when doubled. */
const NS_MAX = 2 ** 51
const INTEGER_MAX = 2 ** 51

const shapeField = (i: number): number =>
  (i < SHAPE.length ? SHAPE[i] : MODELS[i - SHAPE.length]) as number

function isText(events: EventTable, event: number, field: number, text: string): boolean {
  const len = events.len(event, field)
  return len > 0 && events.arena.equals(events.off(event, field), len, text)
}
