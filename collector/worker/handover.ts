// How the result of a task crosses to the main thread: numbers and bytes in one buffer that main then owns. As an object with
// a view for each part, a name for each counter and an object for each verdict, cloning it would cost the two threads more
// than a request of one span takes.

import { crc32 } from 'node:zlib'
import type { TapSample } from '../../core/tap.ts'
import type { EncodedPart, EventFacts, RequestVerdict, TaskResult } from '../../core/task.ts'

/** What a worker posts for a task. */
export interface HandoverMessage {
  /** The head as doubles, then the integers of the facts, then their bytes, then the bytes of the parts. */
  readonly memory: ArrayBuffer
  readonly thread: number
  /** Names that the thread uses for the first time. They are numbered in the order of their first use. */
  readonly newNames: readonly string[]
  readonly firstNewName: number
  /** Verdicts that are more than three counts, each with its place among all. */
  readonly otherVerdicts: readonly (readonly [place: number, verdict: RequestVerdict])[]
  readonly tap?: TapSample
}

/** A name with labels, such as `observa_scrub_findings_total{type="email"}`, taken apart. */
export interface CounterName {
  readonly text: string
  readonly metric: string
  readonly labels: string
}

/** What counters and stages of a task add: pairs of a name's number and the increment. */
export interface Tally {
  readonly names: readonly CounterName[]
  readonly counters: Float64Array
  /** In µs, by stage. */
  readonly timings: Float64Array
}

/** A result as it arrives: `tally` has what `counters` and `timingsUs` would have, which are empty. */
export interface HandedResult extends TaskResult {
  readonly tally?: Tally
}

/** Numbers at the start of the head; `OUTCOMES` and `PACKED` are -1 where the facts have none. */
const HEAD = {
  VERDICTS: 0,
  PARTS: 1,
  COUNTERS: 2,
  TIMINGS: 3,
  EVENTS: 4,
  CLAIMS: 5,
  REPORTS: 6,
  OUTCOMES: 7,
  PACKED: 8,
  ID_BYTES: 9,
  ENTRY_BYTES: 10,
} as const
const HEAD_NUMBERS = 11
/** Accepted, rejected, dropped; `OTHER` for a verdict that is among `otherVerdicts`. */
const VERDICT_STRIDE = 3
const OTHER = -1
/** Exporter, stream, items, length, CRC-32. */
const PART_STRIDE = 5

/** The worker's side. */
export class ResultWriter {
  readonly #thread: number
  readonly #numbers = new Map<string, number>()
  #newNames: string[] = []
  readonly #head: number[] = []

  constructor(thread: number) {
    this.#thread = thread
  }

  /** Copies the bytes, because the encoders use theirs again for the next task. */
  write(result: TaskResult): HandoverMessage {
    const { parts, facts, tap } = result
    const otherVerdicts = this.#writeHead(result)
    const head = this.#head
    const bytes = new Uint8Array(head.length * 8 + factBytes(facts) + partBytes(parts))
    new Float64Array(bytes.buffer, 0, head.length).set(head)
    let top = copyFacts(facts, bytes, head.length * 8)
    for (const p of parts) {
      bytes.set(p.bytes, top)
      top += p.bytes.length
    }
    const newNames = this.#newNames
    const firstNewName = this.#numbers.size - newNames.length
    // Nothing can fail any more: names that were not sent would be missing for as long as the thread lives.
    this.#newNames = []
    const message = { memory: bytes.buffer, thread: this.#thread, newNames, firstNewName }
    return { ...message, otherVerdicts, ...(tap === undefined ? {} : { tap }) }
  }

  #writeHead(result: TaskResult): (readonly [number, RequestVerdict])[] {
    const { verdicts, parts, facts, counters, timingsUs } = result
    const { count, claims, reports, outcomes, packed, eventIds, entries } = facts
    const counted = Object.entries(counters)
    const timed = Object.entries(timingsUs)
    const head = this.#head
    head.length = 0
    head.push(verdicts.length, parts.length, counted.length, timed.length, count)
    head.push(claims.length, reports.length, outcomes?.length ?? -1, packed?.length ?? -1)
    head.push(eventIds.length, entries.length)
    const others: (readonly [number, RequestVerdict])[] = []
    for (const [place, v] of verdicts.entries()) {
      if (v.kind === 'accepted' && v.reasons.length + v.rejectedItems.length === 0)
        head.push(v.accepted, v.rejected, v.dropped)
      else {
        head.push(OTHER, 0, 0)
        others.push([place, v])
      }
    }
    // The log would compute the sums on the main thread: it checks a sample of these.
    for (const { exporter, stream, items, bytes } of parts)
      head.push(this.#number(exporter), this.#number(stream), items, bytes.length, crc32(bytes))
    for (const [name, by] of counted) head.push(this.#number(name), by)
    for (const [name, us] of timed) head.push(this.#number(name), us)
    return others
  }

  #number(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = this.#numbers.size
    this.#numbers.set(name, number)
    this.#newNames.push(name)
    return number
  }
}

function factBytes({ claims, reports, outcomes, packed, eventIds, entries }: EventFacts): number {
  const ints = claims.length + reports.length + (outcomes?.length ?? 0) + (packed?.length ?? 0)
  return ints * 4 + eventIds.length + entries.length
}

function partBytes(parts: readonly EncodedPart[]): number {
  let size = 0
  for (const p of parts) size += p.bytes.length
  return size
}

/** Integers first, because they must be aligned. Returns where the copies end. */
function copyFacts(facts: EventFacts, to: Uint8Array<ArrayBuffer>, from: number): number {
  const { claims, reports, outcomes, packed, eventIds, entries } = facts
  let top = from
  for (const ints of [claims, reports, outcomes, packed]) {
    if (ints === undefined) continue
    new Int32Array(to.buffer, top, ints.length).set(ints)
    top += ints.byteLength
  }
  for (const bytes of [eventIds, entries]) {
    to.set(bytes, top)
    top += bytes.length
  }
  return top
}

const NONE: readonly never[] = []
const NO_RECORD: Readonly<Record<string, number>> = {}

/** The side of the main thread. */
export class ResultReader {
  readonly #living: () => readonly number[]
  readonly #names = new Map<number, CounterName[]>()

  /** `living` are the ids of the threads that run now. */
  constructor(living: () => readonly number[]) {
    this.#living = living
  }

  /** Throws when a message of the thread is missing. The result has the message's memory, which it owns. */
  read(message: HandoverMessage): HandedResult {
    const { memory, otherVerdicts, tap } = message
    const names = this.#namesOf(message)
    // The buffer may end with some bytes more.
    const head = new Float64Array(memory, 0, memory.byteLength >> 3)
    const cursor = new Cursor(memory, head)
    const verdicts = verdictsIn(head, cursor)
    for (const [place, verdict] of otherVerdicts) verdicts[place] = verdict
    const rows = cursor.numbers(number(head, HEAD.PARTS) * PART_STRIDE)
    const counters = cursor.numbers(number(head, HEAD.COUNTERS) * 2)
    const timings = cursor.numbers(number(head, HEAD.TIMINGS) * 2)
    const facts = factsIn(head, cursor)
    const parts = partsIn(rows, names, cursor)
    const tally = { names, counters, timings }
    const result = { verdicts, parts, facts, memory, counters: NO_RECORD, timingsUs: NO_RECORD }
    return { ...result, tally, ...(tap === undefined ? {} : { tap }) }
  }

  #namesOf({ thread, newNames, firstNewName }: HandoverMessage): readonly CounterName[] {
    let names = this.#names.get(thread)
    if (names === undefined) {
      const living = new Set(this.#living())
      for (const id of this.#names.keys()) if (!living.has(id)) this.#names.delete(id)
      names = []
      this.#names.set(thread, names)
    }
    if (names.length !== firstNewName) throw new Error('names of this thread are missing')
    for (const text of newNames) names.push(takenApart(text))
    return names
  }
}

/** Takes a name with labels apart. */
export function takenApart(text: string): CounterName {
  const brace = text.indexOf('{')
  if (brace < 0) return { text, metric: text, labels: '' }
  return { text, metric: text.slice(0, brace), labels: text.slice(brace + 1, -1) }
}

/** Reads the buffer from front to back. */
class Cursor {
  readonly #memory: ArrayBuffer
  readonly #head: Float64Array
  #number = HEAD_NUMBERS
  #top = 0

  constructor(memory: ArrayBuffer, head: Float64Array) {
    this.#memory = memory
    this.#head = head
  }

  /** The next numbers of the head; all of them come before the first integers. */
  numbers(count: number): Float64Array {
    const from = this.#number
    this.#number += count
    this.#top = this.#number * 8
    return this.#head.subarray(from, this.#number)
  }

  ints(count: number): Int32Array {
    const at = this.#top
    this.#top += count * 4
    return new Int32Array(this.#memory, at, count)
  }

  bytes(count: number): Uint8Array {
    const at = this.#top
    this.#top += count
    return new Uint8Array(this.#memory, at, count)
  }
}

function verdictsIn(head: Float64Array, cursor: Cursor): RequestVerdict[] {
  const rows = cursor.numbers(number(head, HEAD.VERDICTS) * VERDICT_STRIDE)
  const verdicts: RequestVerdict[] = []
  for (let at = 0; at < rows.length; at += VERDICT_STRIDE)
    verdicts.push({
      kind: 'accepted',
      accepted: number(rows, at),
      rejected: number(rows, at + 1),
      dropped: number(rows, at + 2),
      reasons: NONE,
      rejectedItems: NONE,
    })
  return verdicts
}

function factsIn(head: Float64Array, cursor: Cursor): EventFacts {
  const claims = cursor.ints(number(head, HEAD.CLAIMS))
  const reports = cursor.ints(number(head, HEAD.REPORTS))
  const outcomes = number(head, HEAD.OUTCOMES)
  const decided = outcomes < 0 ? {} : { outcomes: cursor.ints(outcomes) }
  const packed = number(head, HEAD.PACKED)
  const stored = packed < 0 ? {} : { packed: cursor.ints(packed) }
  const eventIds = cursor.bytes(number(head, HEAD.ID_BYTES))
  const entries = cursor.bytes(number(head, HEAD.ENTRY_BYTES))
  const count = number(head, HEAD.EVENTS)
  return { count, claims, reports, eventIds, entries, ...decided, ...stored }
}

function partsIn(rows: Float64Array, names: readonly CounterName[], cursor: Cursor): EncodedPart[] {
  const parts: EncodedPart[] = []
  for (let at = 0; at < rows.length; at += PART_STRIDE)
    parts.push({
      exporter: textOf(names, number(rows, at)),
      stream: textOf(names, number(rows, at + 1)),
      items: number(rows, at + 2),
      bytes: cursor.bytes(number(rows, at + 3)),
      crc32: number(rows, at + 4),
    })
  return parts
}

function textOf(names: readonly CounterName[], at: number): string {
  return names[at]?.text ?? ''
}

function number(of: Float64Array, at: number): number {
  return of[at] ?? 0
}
