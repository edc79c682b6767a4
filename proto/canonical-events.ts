// Reads canonical events, as the `kafka` and `file` exporters write them (one JSON object a line), into rows of the batch.
// Texts become attributes under `observa.event.`, so that they are scrubbed like all incoming texts. Ids, times and numbers
// contain nothing to scrub and are kept in `SpanBatch.canonical`. `canonicalize` makes the same event of them again and
// decides nothing anew.

import { RESOURCE, SCOPE, SPAN, SPAN_FLAG, VALUE } from '../core/batch.ts'
import { FIELDS, type Field, numberIndex, rangeIndex } from '../core/fields.ts'
import { internKey } from '../core/keys.ts'
import { stringRange, stringText } from './json/arena-strings.ts'
import { JsonScanner } from './json/scan.ts'
import { malformed, Refusal } from './refusal.ts'
import type { RequestTally } from './request-tally.ts'
import { appendRepaired, isValidUtf8 } from './utf8.ts'

/** The prefix of the attribute keys. */
export const CANONICAL_PREFIX = 'observa.event.'
/** The prefix of attributes whose value is JSON text rather than a plain string. */
export const CANONICAL_JSON = 'attributes_json.'

const FIELD_OF: ReadonlyMap<string, Field> = new Map(
  (FIELDS as readonly Field[]).map((field) => [field.name, field]),
)
const LINE_FEED = 0x0a
const OBJECT = 0x7b
const OBJECT_END = 0x7d
const STRING = 0x22
const NULL = 0x6e
const ID_BYTES = { id16: 16, id8: 8 } as const
/** Fields that every event must have. */
const NEEDED = ['event_id', 'trace_id', 'span_id', 'start_time'] as const
const SECRETS = /^\{\s*("[\w.:/-]{1,200}"\s*:\s*\d{1,12}\s*,?\s*){0,200}\}$/
const WITHOUT_CONTENT = '"without_content"'

/**
 * Appends `body` to the arena and indexes its events. A line that is not a valid event is refused by itself, with its number.
 */
export function indexCanonical(tally: RequestTally, body: Uint8Array): void {
  const { batch } = tally
  const start = batch.arena.append(body)
  const reader = new CanonicalReader(tally)
  let line = 0
  for (let from = 0; from < body.length; ) {
    line++
    const newline = body.indexOf(LINE_FEED, from)
    const to = newline < 0 ? body.length : newline
    if (
      Buffer.from(body.buffer, body.byteOffset + from, to - from)
        .toString('latin1')
        .trim() !== ''
    )
      one(tally, reader, start + from, start + to, line)
    from = to + 1
  }
}

function one(
  tally: RequestTally,
  reader: CanonicalReader,
  start: number,
  end: number,
  line: number,
): void {
  tally.admitItem()
  const { batch } = tally
  const { spanCount, attrCount } = batch
  try {
    reader.add(start, end)
    tally.acceptItem()
  } catch (thrown) {
    // Violated limits of the whole request are passed on. Errors of this event are not.
    if (!(thrown instanceof Refusal) || thrown.code !== 'malformed') throw thrown
    batch.canonical.delete(spanCount)
    batch.spanCount = spanCount
    batch.attrCount = attrCount
    tally.rejectItem(line, `An event was refused: ${thrown.message}`)
  }
}

class CanonicalReader {
  readonly #tally: RequestTally
  readonly #s: JsonScanner
  readonly #resource: number
  readonly #scope: number
  #attrLimit = 0
  /** Pairs of the index of a number field and its value; triples of the index of a range field, an offset and a length. */
  #numbers: number[] = []
  #ranges: number[] = []
  #seen = new Set<string>()
  #name = { off: 0, len: 0 }
  #isWithoutContent = false

  constructor(tally: RequestTally) {
    const { batch } = tally
    this.#tally = tally
    this.#s = new JsonScanner(batch.arena.bytes)
    this.#resource = batch.resourceCount
    this.#scope = batch.scopeCount
    batch.resources[batch.addResource() + RESOURCE.MSG_OFF] = -1
    batch.scopes[batch.addScope() + SCOPE.MSG_OFF] = -1
  }

  /** Adds the event in `[start, end)` of the arena. Throws a `Refusal` (malformed) if it is not a valid event. */
  add(start: number, end: number): void {
    const { batch, limits } = this.#tally
    this.#attrLimit = batch.attrCount + limits.rowsPerItemMax
    this.#numbers = []
    this.#ranges = []
    this.#seen = new Set()
    this.#name = { off: 0, len: 0 }
    this.#isWithoutContent = false
    const firstAttr = batch.attrCount
    const s = this.#s
    s.continueIn(batch.arena.bytes)
    s.p = start
    s.base = start
    s.end = end
    if (s.peek() !== OBJECT) throw malformed('It is not a JSON object.')
    for (let more = s.open(OBJECT_END); more; more = s.next(OBJECT_END)) {
      s.string()
      const name = stringText(this.#s, this.#tally.batch.arena)
      s.expect(0x3a)
      this.#member(name)
    }
    if (!s.isAtEnd()) s.fail('bytes after the object')
    for (const name of NEEDED)
      if (!this.#seen.has(name)) throw malformed(`It has no ${name}, so it is no canonical event.`)
    if (this.#isWithoutContent)
      throw malformed(
        'It is a correction without the content of its event, which the sender no longer had. Its figures are in the message.',
      )
    this.#addRow(start, end, firstAttr)
  }

  #member(name: string): void {
    const s = this.#s
    const c = s.peek()
    if (c === NULL) return s.word('null')
    const field = FIELD_OF.get(name)
    this.#seen.add(name)
    if (field === undefined) return this.#unknown(name)
    switch (field.type) {
      case 'map':
        return this.#map(name)
      case 'number':
      case 'int':
      case 'bool':
        this.#numbers.push(numberIndex(name), this.#number(name))
        return
      case 'time':
        return this.#time(name)
      case 'id16':
      case 'id8':
        return this.#id(name, ID_BYTES[field.type])
      case 'text': {
        if (c !== STRING) throw malformed(`${name} is not a string.`)
        s.string()
        const range = stringRange(this.#s, this.#tally.batch.arena)
        if (name === 'name') this.#name = range
        return this.#attribute(name, range.off, range.len)
      }
      case 'json':
      case 'strings':
        return name === 'secrets' ? this.#secrets() : this.#json(name)
    }
  }

  /** Keeps a field that a newer version wrote and this one does not know, with the attributes. */
  #unknown(name: string): void {
    if (this.#s.peek() !== STRING) return this.#json(`${CANONICAL_JSON}${CANONICAL_PREFIX}${name}`)
    this.#s.string()
    const { off, len } = stringRange(this.#s, this.#tally.batch.arena)
    this.#attribute(`attributes.${CANONICAL_PREFIX}${name}`, off, len)
  }

  #map(name: string): void {
    const s = this.#s
    if (s.peek() !== OBJECT) throw malformed(`${name} is not an object.`)
    for (let more = s.open(OBJECT_END); more; more = s.next(OBJECT_END)) {
      s.string()
      const key = stringText(this.#s, this.#tally.batch.arena)
      s.expect(0x3a)
      if (s.peek() !== STRING)
        this.#json(`${name === 'attributes' ? CANONICAL_JSON : 'metadata.'}${key}`)
      else {
        s.string()
        const { off, len } = stringRange(this.#s, this.#tally.batch.arena)
        this.#attribute(`${name}.${key}`, off, len)
      }
    }
  }

  #json(key: string): void {
    const s = this.#s
    s.peek()
    const from = s.p
    s.skip()
    const { arena } = this.#tally.batch
    if (key === 'quality' && arena.text(from, s.p - from).includes(WITHOUT_CONTENT))
      this.#isWithoutContent = true
    this.#attribute(key, from, s.p - from)
  }

  /**
   * Reads the types and counts of removed secrets. They contain nothing to scrub, although the name of the field suggests it.
   */
  #secrets(): void {
    const s = this.#s
    const from = s.p
    s.skip()
    if (!SECRETS.test(this.#tally.batch.arena.text(from, s.p - from)))
      throw malformed('secrets is not an object of types and numbers.')
    this.#ranges.push(rangeIndex('secrets'), from, s.p - from)
  }

  #number(name: string): number {
    const s = this.#s
    const c = s.peek()
    if (c === 0x74 || c === 0x66) {
      s.word(c === 0x74 ? 'true' : 'false')
      return c === 0x74 ? 1 : 0
    }
    const value = Number(this.#digits(name))
    if (!Number.isFinite(value)) throw malformed(`${name} is not a finite number.`)
    return value
  }

  /** Reads a number and returns its text. */
  #digits(name: string): string {
    const s = this.#s
    const c = s.peek()
    if (c !== 0x2d && (c < 0x30 || c > 0x39)) throw malformed(`${name} is not a number.`)
    const from = s.p
    s.number()
    return this.#tally.batch.arena.text(from, s.p - from)
  }

  #time(name: string): void {
    const text = this.#digits(name)
    if (!/^\d{1,20}$/.test(text)) throw malformed(`${name} is not a time in ns since the epoch.`)
    const { arena } = this.#tally.batch
    const at = arena.reserve(8)
    this.#s.continueIn(arena.bytes)
    arena.view.setBigUint64(at, BigInt.asUintN(64, BigInt(text)), true)
    this.#ranges.push(rangeIndex(name), at, 8)
  }

  #id(name: string, bytes: number): void {
    if (this.#s.peek() !== STRING) throw malformed(`${name} is not a string.`)
    this.#s.string()
    const hex = stringText(this.#s, this.#tally.batch.arena)
    if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length !== 2 * bytes)
      throw malformed(`${name} is not an id of ${2 * bytes} hex digits.`)
    const off = this.#tally.batch.arena.append(Buffer.from(hex, 'hex'))
    this.#s.continueIn(this.#tally.batch.arena.bytes)
    this.#ranges.push(rangeIndex(name), off, bytes)
  }

  #attribute(path: string, off: number, len: number): void {
    const { batch, limits } = this.#tally
    if (batch.attrCount >= this.#attrLimit)
      throw malformed(`It has more than ${limits.rowsPerItemMax} attributes.`)
    const { arena } = batch
    const isRepaired = !isValidUtf8(arena.bytes, off, len)
    const from = isRepaired ? appendRepaired(arena, off, len) : off
    const length = isRepaired ? arena.lastLen : len
    const keyOff = arena.appendText(`${CANONICAL_PREFIX}${path}`)
    const keyLen = arena.lastLen
    this.#s.continueIn(arena.bytes)
    const id = internKey(arena.bytes, keyOff, keyLen)
    batch.addAttr(id, keyOff, keyLen, VALUE.STRING, from, length, Number.NaN)
  }

  #addRow(start: number, end: number, firstAttr: number): void {
    const { batch } = this.#tally
    const rangeOf = (name: string): number => {
      for (let i = 0; i < this.#ranges.length; i += 3)
        if (this.#ranges[i] === rangeIndex(name)) return this.#ranges[i + 1] as number
      return -1
    }
    const span = batch.spanCount
    const row = this.#tally.addSpan()
    const s = batch.spans
    s[row + SPAN.FLAGS] = SPAN_FLAG.EDITED
    s[row + SPAN.RESOURCE] = this.#resource
    s[row + SPAN.SCOPE] = this.#scope
    s[row + SPAN.MSG_OFF] = start
    s[row + SPAN.MSG_LEN] = end - start
    s[row + SPAN.TRACE_ID] = rangeOf('trace_id')
    s[row + SPAN.SPAN_ID] = rangeOf('span_id')
    s[row + SPAN.PARENT_ID] = rangeOf('parent_span_id')
    s[row + SPAN.START] = rangeOf('start_time')
    s[row + SPAN.END] = rangeOf('end_time') < 0 ? rangeOf('start_time') : rangeOf('end_time')
    s[row + SPAN.NAME_OFF] = this.#name.off
    s[row + SPAN.NAME_LEN] = this.#name.len
    s[row + SPAN.ATTR_FIRST] = firstAttr
    s[row + SPAN.ATTR_COUNT] = batch.attrCount - firstAttr
    batch.canonical.set(span, { numbers: this.#numbers, ranges: this.#ranges })
  }
}
