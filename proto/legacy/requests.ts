// Turns legacy Observa events into rows, from NDJSON, a JSON array or the v0 object. This file splits bodies into
// objects and refuses bad ones one by one. `event.ts` reads an object.

import { RESOURCE, SCOPE } from '../../core/batch.ts'
import type { PayloadFormat } from '../../core/task.ts'
import { JsonScanner } from '../json/scan.ts'
import { malformed, Refusal } from '../refusal.ts'
import type { RequestTally } from '../request-tally.ts'
import { LegacyEvents } from './event.ts'

const LF = 0x0a
const CR = 0x0d
const OBJECT = 0x7b
const ARRAY = 0x5b

/**
 * Appends `body` to the arena and indexes its events. Lines are expected for `ndjson`, but an array is accepted too,
 * and where an array or the v0 object is expected the other one is accepted, because clients confuse the content
 * types.
 */
export function indexLegacy(tally: RequestTally, format: PayloadFormat, body: Uint8Array): void {
  const { batch } = tally
  const start = batch.arena.append(body)
  const end = start + body.length
  const events = new LegacyEvents(tally, format === 'trace-v0', addEnvelope(tally))
  const s = new JsonScanner(batch.arena.bytes, start, end)
  s.skipMark()
  const first = s.peek()
  if (first === ARRAY) return elements(tally, events, s)
  if (format === 'ndjson') return lines(tally, events, body, start)
  if (first !== OBJECT) throw malformed('The body is neither a JSON array nor an object.')
  s.skip()
  const stop = s.p
  if (!s.isAtEnd()) s.fail('bytes after the document')
  one(tally, events, s.end - body.length, stop, 0)
}

/** Adds an empty resource and scope. Every row needs them, and legacy events have none. */
function addEnvelope(tally: RequestTally): { resource: number; scope: number } {
  const { batch } = tally
  const envelope = { resource: batch.resourceCount, scope: batch.scopeCount }
  const row = batch.addResource()
  batch.resources[row + RESOURCE.MSG_OFF] = -1
  batch.scopes[batch.addScope() + SCOPE.MSG_OFF] = -1
  return envelope
}

/** Reads the elements of an array, which are numbered by index. The array as a whole must be well-formed. */
function elements(tally: RequestTally, events: LegacyEvents, s: JsonScanner): void {
  const ranges: number[] = []
  for (let more = s.open(0x5d); more; more = s.next(0x5d)) {
    s.peek()
    if (ranges.length >= tally.limits.spansMax * 2 + 2) break
    ranges.push(s.p)
    s.skip()
    ranges.push(s.p)
  }
  if (ranges.length <= tally.limits.spansMax * 2 && !s.isAtEnd()) s.fail('bytes after the document')
  for (let i = 0; i < ranges.length; i += 2)
    one(tally, events, ranges[i] as number, ranges[i + 1] as number, i / 2)
}

/** Reads lines that end with LF or CRLF; the last one may have no end. Blank lines are skipped but numbered. */
function lines(tally: RequestTally, events: LegacyEvents, body: Uint8Array, base: number): void {
  let number = 0
  for (let start = 0; start < body.length; ) {
    number++
    const newline = body[start] === LF ? start : body.indexOf(LF, start)
    const stop = newline < 0 ? body.length : newline
    if (!isBlank(body, start, stop)) one(tally, events, base + start, base + stop, number)
    start = stop + 1
  }
}

function isBlank(b: Uint8Array, start: number, stop: number): boolean {
  for (let i = start; i < stop; i++) {
    const c = b[i]
    if (c !== 0x20 && c !== 0x09 && c !== CR) return false
  }
  return true
}

/** Reads one event or refuses it. `item` is the line or index that the client knows it by. */
function one(
  tally: RequestTally,
  events: LegacyEvents,
  start: number,
  end: number,
  item: number,
): void {
  tally.admitItem()
  const { lineBytesMax } = tally.limits
  if (end - start > lineBytesMax)
    return tally.rejectItem(item, `An event was refused: it is longer than ${lineBytesMax} bytes.`)
  const { spanCount, attrCount } = tally.batch
  try {
    events.add(start, end)
    tally.acceptItem()
  } catch (thrown) {
    // Violated limits of the whole request are passed on. Errors of this event are not.
    if (!(thrown instanceof Refusal) || thrown.code !== 'malformed') throw thrown
    tally.batch.spanCount = spanCount
    tally.batch.attrCount = attrCount
    tally.rejectItem(item, `An event was refused: ${thrown.message}`)
  }
}
