// Cuts the log into batches for one exporter: consecutive parts up to the sender's limits, or exactly a range that
// was fixed before. `delivery.ts` sends the batches.

import { createHash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { SendLimits } from '../../core/component.ts'
import type { LogPart, LogRecord } from '../log/log.ts'
import type { LogReader } from '../log/reader.ts'
import { type FrozenRange, isBefore, type Position } from './cursor.ts'

export interface BatchPart extends LogPart {
  readonly sequence: bigint
  readonly createdAtMs: number
}

/** The parts of one exporter between two positions of the log, which are sent together. */
export interface CutBatch extends FrozenRange {
  readonly parts: readonly BatchPart[]
  readonly items: number
}

/** Why a wait ends when the other one has ended. */
const ENOUGH = 'enough'

export interface CutterSettings {
  readonly reader: LogReader
  readonly limits: SendLimits
  readonly clock: Clock
  /** True for senders that store the last sequence number with the data. Their batches never end inside a record. */
  readonly wholeRecords: boolean
}

export class BatchCutter {
  readonly #s: CutterSettings
  /** Everything before this position has been cut. */
  position: Position
  /** The parts of a record that did not fit into the last batch. */
  #rest: BatchPart[] = []
  /** The batch that is being filled. It is kept here, so that an interrupted cut continues where it stopped. */
  #draft: Draft | null = null
  /** Set on stop: batches are no longer delayed, and the end of the log ends the cutting. */
  isDraining = false

  constructor(settings: CutterSettings, from: Position) {
    this.#s = settings
    this.position = from
  }

  /**
   * Returns the next batch, or null when draining and nothing is left. `idle` is awaited each time the end of the log
   * is reached with an empty batch, before waiting for more.
   */
  async cut(signal: AbortSignal, idle: () => Promise<void>): Promise<CutBatch | null> {
    const draft = this.#draft ?? new Draft(this.position)
    this.#draft = draft
    for (;;) {
      if (this.#fill(draft)) return this.#finish(draft)
      const record = await this.#s.reader.poll()
      if (record !== null) {
        this.#take(record)
        continue
      }
      if (draft.parts.length > 0) {
        if (!(await this.#waitForMore(draft, signal))) return this.#finish(draft)
      } else {
        this.position = this.#behindReader()
        draft.from = this.position
        await idle()
        if (this.isDraining) return null
        await this.#s.reader.wait(signal)
      }
    }
  }

  /** Returns the parts of a range that was fixed before. There are fewer when some can no longer be read. */
  async cutRange(range: FrozenRange): Promise<CutBatch> {
    const draft = this.#draft ?? new Draft(range.from)
    this.#draft = draft
    const { reader } = this.#s
    for (;;) {
      while (this.#rest[0] !== undefined && isBefore(placeOf(this.#rest[0]), range.to))
        draft.add(this.#rest.shift() as BatchPart)
      const isComplete = this.#rest.length > 0 || reader.position > range.to.sequence
      const isBetween = range.to.part === 0 && reader.position >= range.to.sequence
      const record = isComplete || isBetween ? null : await reader.poll()
      if (record === null) break
      this.#take(record)
    }
    this.#draft = null
    this.position = range.to
    return { from: range.from, to: range.to, parts: draft.parts, items: draft.items }
  }

  #take(record: LogRecord): void {
    const { sequence, createdAtMs } = record
    for (const part of record.parts) {
      const p: BatchPart = { ...part, sequence, createdAtMs }
      if (!isBefore(placeOf(p), this.position)) this.#rest.push(p)
    }
  }

  /** Moves parts into the draft. Returns true when the draft is complete. */
  #fill(draft: Draft): boolean {
    const { wholeRecords, limits } = this.#s
    if (wholeRecords && this.#rest.length > 0) {
      if (draft.parts.length > 0 && !draft.hasRoom(this.#rest, limits)) return true
      for (const p of this.#rest.splice(0)) draft.add(p)
      return draft.isFull(limits)
    }
    while (this.#rest[0] !== undefined) {
      if (draft.parts.length > 0 && !draft.hasRoom([this.#rest[0]], limits)) return true
      draft.add(this.#rest.shift() as BatchPart)
    }
    return draft.isFull(limits)
  }

  #finish(draft: Draft): CutBatch {
    this.#draft = null
    const first = this.#rest[0]
    this.position = first === undefined ? this.#behindReader() : placeOf(first)
    return { from: draft.from, to: this.position, parts: draft.parts, items: draft.items }
  }

  #behindReader(): Position {
    return { sequence: this.#s.reader.position, part: 0 }
  }

  /**
   * Waits until there is more to read, but only until the oldest part is `delayMs` old. Returns false when the batch
   * should be sent now.
   */
  async #waitForMore(draft: Draft, signal: AbortSignal): Promise<boolean> {
    const { clock, limits, reader } = this.#s
    const age = Math.max(0, clock.nowMs() - (draft.parts[0] as BatchPart).createdAtMs)
    if (this.isDraining || age >= limits.delayMs) return false
    // One controller with a reason of its own: `AbortSignal.any` and the usual reason, an error with a stack, cost more than
    // all else here, and this is done for nearly every record.
    const wait = new AbortController()
    const end = (): void => wait.abort(ENOUGH)
    signal.throwIfAborted()
    signal.addEventListener('abort', end)
    const late = clock.sleep(limits.delayMs - age, wait.signal).then(
      () => false,
      () => false,
    )
    const more = reader.wait(wait.signal).then(
      () => true,
      () => false,
    )
    const hasMore = await Promise.race([more, late])
    signal.removeEventListener('abort', end)
    end()
    signal.throwIfAborted()
    return hasMore
  }
}

class Draft {
  from: Position
  readonly parts: BatchPart[] = []
  items = 0
  #bytes = 0

  constructor(from: Position) {
    this.from = from
  }

  add(p: BatchPart): void {
    this.parts.push(p)
    this.items += p.items
    this.#bytes += p.bytes.length
  }

  hasRoom(parts: readonly BatchPart[], limits: SendLimits): boolean {
    let { items } = this
    let bytes = this.#bytes
    for (const p of parts) {
      items += p.items
      bytes += p.bytes.length
    }
    return items <= limits.itemsMax && bytes <= limits.bytesMax
  }

  isFull(limits: SendLimits): boolean {
    return this.items >= limits.itemsMax || this.#bytes >= limits.bytesMax
  }
}

export function placeOf(p: BatchPart): Position {
  return { sequence: p.sequence, part: p.index }
}

/**
 * Returns the two halves of a batch, or null when it cannot be halved. `byRecord` cuts between records only: a store
 * that keeps the last sequence number would otherwise take the second half of a record for stored.
 */
export function halves(b: CutBatch, byRecord: boolean): [CutBatch, CutBatch] | null {
  let middle = Math.ceil(b.parts.length / 2)
  if (byRecord) middle = recordStart(b.parts, middle)
  const first = b.parts[middle]
  if (middle === 0 || first === undefined) return null
  const at = placeOf(first)
  return [
    { from: b.from, to: at, ...partsOf(b.parts.slice(0, middle)) },
    { from: at, to: b.to, ...partsOf(b.parts.slice(middle)) },
  ]
}

/** The index near `middle` at which a record begins; 0 when all parts belong to one record. */
function recordStart(parts: readonly BatchPart[], middle: number): number {
  const isStart = (i: number): boolean => parts[i]?.sequence !== parts[i - 1]?.sequence
  for (let i = middle; i < parts.length; i++) if (isStart(i)) return i
  for (let i = middle; i > 0; i--) if (isStart(i)) return i
  return 0
}

function partsOf(parts: readonly BatchPart[]): Pick<CutBatch, 'parts' | 'items'> {
  return { parts, items: parts.reduce((n, p) => n + p.items, 0) }
}

/**
 * Identifies a batch: the same range of the same log for the same exporter gives the same id. Time and counts are
 * part of it, because a `buffered` log can use a sequence number again after a power cut.
 */
export function batchIdOf(logId: Uint8Array, exporter: string, batch: CutBatch): string {
  const { from, to, parts } = batch
  const first = parts[0] as BatchPart
  const range = `${from.sequence}.${from.part}-${to.sequence}.${to.part}`
  const content = `${first.createdAtMs} ${first.itemsBefore}+${batch.items}`
  const name = `${exporter}\0${range} ${content}`
  return createHash('sha256').update(logId).update(name).digest('hex').slice(0, 32)
}
