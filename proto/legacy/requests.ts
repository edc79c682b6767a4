// Legacy Observa events (`dialects` section 4) as rows: NDJSON, a JSON array, or the v0 object. Frames
// bodies into objects and refuses bad ones alone; what an object becomes is in `event.ts`.

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
 * Appends `body` to the arena and indexes its events. Lines are expected for `ndjson`, but an array is taken
 * as well, and where an array or the v0 object is expected the other one is: clients mix up the content types.
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

/** Every row needs a resource and a scope; legacy events have none, so they share an empty pair. */
function addEnvelope(tally: RequestTally): { resource: number; scope: number } {
  const { batch } = tally
  const envelope = { resource: batch.resourceCount, scope: batch.scopeCount }
  const row = batch.addResource()
  batch.resources[row + RESOURCE.MSG_OFF] = -1
  batch.scopes[batch.addScope() + SCOPE.MSG_OFF] = -1
  return envelope
}

/** Elements of an array are known by their index. The array itself must be well-formed as a whole. */
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

/** Lines end with LF or CRLF, the last one may not; blank ones do not count but are numbered. */
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

/** One event, or its refusal: `item` is what the client knows it by. */
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
    // Limits of the whole request go on as they are; what is wrong with this event stays here.
    if (!(thrown instanceof Refusal) || thrown.code !== 'malformed') throw thrown
    tally.batch.spanCount = spanCount
    tally.batch.attrCount = attrCount
    tally.rejectItem(item, `An event was refused: ${thrown.message}`)
  }
}
