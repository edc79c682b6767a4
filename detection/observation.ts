// An observation has the facts about an event that rules over traces and trends need. Workers write the observations of a task
// beside its events (`encode.ts`), and the detector reads them in the order of the log. They contain no content, only hashes of it
// and the beginning of a failed call's scrubbed error message.
//
// Layout, every table at a multiple of 8: a header of 8 uint32 (form, numbers of words, bytes of words, sites, calls, rows, two reserved);
// where each word ends (uint32); the words as UTF-8; the sites, 16 int32 each; the calls, 8 float64 each; the figures of the rows, 5
// float64 each; their references, 8 int32 each; their ids, 48 bytes each.

import type { FaultType } from '../core/signals/same-fault.ts'
import { SITE_STRIDE, type Site, type Sites } from './site.ts'

/** Columns of the figures of a row; times and durations are ms. */
export const FIGURE = { START: 0, DURATION: 1, COST: 2, INPUT: 3, OUTPUT: 4 } as const
export const FIGURE_STRIDE = 5

/** Columns of the references of a row: numbers of a site, of words and of a call, -1 for none; and its flags. */
export const REFERENCE = {
  SITE: 0,
  CONVERSATION: 1,
  SESSION: 2,
  USER: 3,
  FINISH: 4,
  ERROR_MESSAGE: 5,
  CALL: 6,
  FLAGS: 7,
} as const
export const REFERENCE_STRIDE = 8

/** Columns of a call; the hashes are whole numbers. */
export const CALL = {
  /** Hash of the request: tool and arguments, or model and messages. 0 if it was not recorded. */
  KEY: 0,
  /** Hash of the result. 0 if it was not recorded. */
  RESULT: 1,
  /** Hash of the system message. */
  SYSTEM: 2,
  /** Number of messages that were sent to a model. */
  MESSAGES: 3,
  /** Hashes of up to four words of a search, each combined with the tool and the numbers of the search. 0 for none. */
  WORD: 4,
} as const
export const CALL_STRIDE = 8
export const CALL_WORDS = 4

export const IDS_BYTES = 48
/** Where the ids of a row stand in its 48 bytes; an id that is not there is zeros. */
export const ID = { EVENT: 0, TRACE: 16, SPAN: 32, PARENT: 40 } as const

const FORM = 0x0253_424f
const HEADER_INTS = 8
const HEADER_BYTES = HEADER_INTS * 4

export const FLAG = {
  ERROR: 1,
  /** The event repeats the usage of other events. */
  AGGREGATE: 2,
  /** The event is a second report of a call, or a log record that belongs to a span. */
  REPEATED: 4,
  /** The messages contain a summary of earlier ones. */
  SUMMARY: 8,
} as const

/** The flag of an event about whose failure a worker raised a signal of the type. */
export const TOLD: Readonly<Record<FaultType, number>> = {
  tool_timeout: 16,
  tool_error: 32,
  llm_error: 64,
  error: 128,
  context_overflow: 256,
}

/** The tables of a task, as the worker fills them; of each so much is used as the numbers say. */
export interface ObservationTables {
  readonly wordEnds: Uint32Array
  readonly words: Uint8Array
  readonly sites: Int32Array
  readonly calls: Float64Array
  readonly figures: Float64Array
  readonly references: Int32Array
  readonly ids: Uint8Array
  readonly wordCount: number
  readonly siteCount: number
  readonly callCount: number
  readonly count: number
}

const padded = (bytes: number): number => (bytes + 7) & ~7

export function writeObservations(t: ObservationTables): Uint8Array {
  const wordBytes = t.wordCount === 0 ? 0 : (t.wordEnds[t.wordCount - 1] as number)
  const sections: readonly (readonly [table: ArrayBufferView, bytes: number])[] = [
    [t.wordEnds, t.wordCount * 4],
    [t.words, wordBytes],
    [t.sites, t.siteCount * SITE_STRIDE * 4],
    [t.calls, t.callCount * CALL_STRIDE * 8],
    [t.figures, t.count * FIGURE_STRIDE * 8],
    [t.references, t.count * REFERENCE_STRIDE * 4],
    [t.ids, t.count * IDS_BYTES],
  ]
  const size = sections.reduce((sum, [, bytes]) => sum + padded(bytes), HEADER_BYTES)
  const out = new Uint8Array(size)
  new Uint32Array(out.buffer, 0, HEADER_INTS).set([
    FORM,
    t.wordCount,
    wordBytes,
    t.siteCount,
    t.callCount,
    t.count,
  ])
  let at = HEADER_BYTES
  for (const [table, bytes] of sections) {
    out.set(new Uint8Array(table.buffer, table.byteOffset, bytes), at)
    at += padded(bytes)
  }
  return out
}

/**
 * The observations of a task, read one after the other without an object for each: `next` goes on to the next one, and all members are
 * of that. Texts that are not there are ''.
 */
export class Observations {
  readonly count: number
  /** Rows of the sites, and how many there are. */
  readonly siteRows: Int32Array
  readonly siteCount: number
  readonly words: readonly string[]
  readonly #calls: Float64Array
  readonly #figures: Float64Array
  readonly #references: Int32Array
  readonly #ids: Buffer
  readonly #idInts: Int32Array
  #sites: readonly Site[] = []
  #row = -1
  #call = -1

  /** Throws for bytes of another form. */
  constructor(bytes: Uint8Array) {
    // A copy, because the bytes may begin anywhere and numbers must be aligned.
    const { buffer } = new Uint8Array(bytes)
    const [form, words, wordBytes, sites, calls, count] = new Uint32Array(buffer, 0, HEADER_INTS)
    if (form !== FORM) throw new Error('the observations have another form')
    const [w, b, s, c, n] = [words, wordBytes, sites, calls, count] as [
      number,
      number,
      number,
      number,
      number,
    ]
    let at = HEADER_BYTES
    const take = (size: number): number => {
      const from = at
      at += padded(size)
      return from
    }
    const ends = new Uint32Array(buffer, take(w * 4), w)
    const texts = Buffer.from(buffer, take(b), b)
    this.words = wordsOf(texts, ends)
    this.siteRows = new Int32Array(buffer, take(s * SITE_STRIDE * 4), s * SITE_STRIDE)
    this.siteCount = s
    this.#calls = new Float64Array(buffer, take(c * CALL_STRIDE * 8), c * CALL_STRIDE)
    this.#figures = new Float64Array(buffer, take(n * FIGURE_STRIDE * 8), n * FIGURE_STRIDE)
    this.#references = new Int32Array(buffer, take(n * REFERENCE_STRIDE * 4), n * REFERENCE_STRIDE)
    const ids = take(n * IDS_BYTES)
    this.#ids = Buffer.from(buffer, ids, n * IDS_BYTES)
    this.#idInts = new Int32Array(buffer, ids, (n * IDS_BYTES) / 4)
    this.count = n
  }

  /** Says which objects the sites of these observations are. */
  useSites(sites: Sites): void {
    this.#sites = sites.of(this.words, this.siteRows, this.siteCount)
  }

  /** Goes on to the next observation; false when there is none. */
  next(): boolean {
    if (++this.#row >= this.count) return false
    this.#call = this.#reference(REFERENCE.CALL)
    return true
  }

  #word(number: number): string {
    return number < 0 ? '' : (this.words[number] as string)
  }

  #reference(column: number): number {
    return this.#references[this.#row * REFERENCE_STRIDE + column] as number
  }

  #figure(column: number): number {
    return this.#figures[this.#row * FIGURE_STRIDE + column] as number
  }

  #ofCall(column: number): number {
    return this.#call < 0 ? 0 : (this.#calls[this.#call * CALL_STRIDE + column] as number)
  }

  get site(): Site {
    return this.#sites[this.#reference(REFERENCE.SITE)] as Site
  }

  get conversation(): string {
    return this.#word(this.#reference(REFERENCE.CONVERSATION))
  }

  get session(): string {
    return this.#word(this.#reference(REFERENCE.SESSION))
  }

  get user(): string {
    return this.#word(this.#reference(REFERENCE.USER))
  }

  get finish(): string {
    return this.#word(this.#reference(REFERENCE.FINISH))
  }

  get errorMessage(): string {
    return this.#word(this.#reference(REFERENCE.ERROR_MESSAGE))
  }

  get flags(): number {
    return this.#reference(REFERENCE.FLAGS)
  }

  get startMs(): number {
    return this.#figure(FIGURE.START)
  }

  get endMs(): number {
    return this.#figure(FIGURE.START) + Math.max(0, this.#figure(FIGURE.DURATION))
  }

  get costUsd(): number {
    return this.#figure(FIGURE.COST)
  }

  get inputTokens(): number {
    return this.#figure(FIGURE.INPUT)
  }

  get outputTokens(): number {
    return this.#figure(FIGURE.OUTPUT)
  }

  get key(): number {
    return this.#ofCall(CALL.KEY)
  }

  get result(): number {
    return this.#ofCall(CALL.RESULT)
  }

  get system(): number {
    return this.#ofCall(CALL.SYSTEM)
  }

  get messages(): number {
    return this.#ofCall(CALL.MESSAGES)
  }

  /** Hash of a word of a search, by its number below `CALL_WORDS`; 0 for none. */
  word(number: number): number {
    return this.#ofCall(CALL.WORD + number)
  }

  /** Four bytes of the ids, by their number from 0 to 11. */
  idInt(number: number): number {
    return this.#idInts[(this.#row * IDS_BYTES) / 4 + number] as number
  }

  /** Bytes of the ids as latin1, one character a byte. */
  idText(from: number, bytes: number): string {
    const at = this.#row * IDS_BYTES + from
    return this.#ids.latin1Slice(at, at + bytes)
  }

  get hasTrace(): boolean {
    const at = (this.#row * IDS_BYTES + ID.TRACE) / 4
    const ints = this.#idInts
    return (
      ((ints[at] as number) |
        (ints[at + 1] as number) |
        (ints[at + 2] as number) |
        (ints[at + 3] as number)) !==
      0
    )
  }
}

/** Ids that were kept as latin1, as hex. */
export const hexOf = (id: string): string => Buffer.from(id, 'latin1').toString('hex')

function wordsOf(texts: Buffer, ends: Uint32Array): string[] {
  const out: string[] = []
  let from = 0
  for (const end of ends) {
    out.push(texts.utf8Slice(from, end))
    from = end
  }
  return out
}
