// The span being worked on: where transforms read its attributes and put what they found. One object,
// reused for every span, so that nothing is allocated for a span that needs no parsing.

import { type Arena, Literal } from '../../../core/arena.ts'
import { ATTR, ATTR_STRIDE, SPAN, SPAN_STRIDE, type SpanBatch, VALUE } from '../../../core/batch.ts'
import type { EventTable } from '../../../core/event.ts'
import { N, R } from '../../../core/fields.ts'
import { IntList } from '../bytes/int-list.ts'
import type { Document, Message, Part } from '../content/message.ts'
import { JsonKernel, MEMBER, MEMBER_STRIDE } from '../json/json-kernel.ts'
import { JsonOut } from '../json/json-writer.ts'
import { parseLoose } from '../json/loose-json.ts'
import { plainText } from '../json/values.ts'
import type { ProviderNames } from '../vocabulary/provider-names.ts'
import { attrValue } from './any-value.ts'

/** Words that instrumentations write for absence. */
const NULL_WORDS = [
  'None',
  'null',
  'none',
  'undefined',
  'N/A',
  'NaN',
  '<not specified>',
  '<REDACTED>',
  'nil',
]

/** No word for absence is longer. */
export const NULL_BYTES_MAX = 15

/** Words for absence that are also words for people. */
const SAYABLE = ['none', 'nil', 'NaN']

/** Parameters or usage details of one span; more of them are hostile. */
const NAMES_MAX = 256

/** Numbers of a row in `params` and `details`. */
export const PAIR = 4
const NAME_LITERAL_MAX = 32
const PLAIN_NAME = /^[a-z0-9_.]+$/

/** Names of parameters that tables or providers use are few; others are not kept as literals. */
const plainNames = new Set<string>()
const PLAIN_NAMES_MAX = 256
function literalOfName(arena: Arena, name: string): number {
  if (!plainNames.has(name)) {
    if (plainNames.size >= PLAIN_NAMES_MAX || !PLAIN_NAME.test(name)) return -1
    plainNames.add(name)
  }
  return arena.literal(name)
}

/** Parts of an answer that is spread over attributes. */
export interface Answer {
  text: string | null
  reasoning: string | null
  calls: unknown
  object: string | null
  files: unknown
}

const NO_TREES: readonly PlannedTree[] = []

/** Done; nothing usable; or not plain enough, nothing was written. */
export type Outcome = 'done' | 'nothing' | 'not plain'

/** Writes an indexed family to a field, from where its values lie. */
export type TreeProgram = (w: Work, field: number) => Outcome

/** The attributes of one indexed family, and how to write them: undefined = not worked out yet, null = the general way. */
export interface PlannedTree {
  readonly tree: number
  readonly places: Int32Array
  program: TreeProgram | null | undefined
}

export class Work {
  readonly providers: ProviderNames
  readonly json = new JsonKernel()
  readonly out = new JsonOut(this.json)
  batch!: SpanBatch
  events!: EventTable
  /** Number of the event. */
  e = 0
  span = 0
  kind = ''
  operation = ''
  /** Kind is known only from a word that generation-like keys may overrule. */
  hasWeakKind = false
  isRoot = false
  /** ns since the epoch as a float of ms: good to a microsecond. */
  startMs = Number.NaN
  isAggregate = false
  /** Stands for no call of its own: a preview, a raw copy. */
  isVirtual = false
  isFailed = false
  hasSucceeded = false
  /** A legacy event said how long the operation took. */
  hasLatency = false
  /** Request parameters as rows: name offset and length, offset and length of its JSON. Names need no escaping. */
  readonly params = new IntList()
  /** Usage details likewise. */
  readonly details = new IntList()
  /** metadata pairs: key off, key len, value off, value len. */
  readonly meta = new IntList()
  /** Attribute rows by indexed family; those of a plan are filled in when somebody asks (`treeRows`). */
  trees: number[][] = []
  readonly #filledTrees: number[][] = []
  /** The indexed families of the span's plan; none when it has no plan. */
  plannedTrees: readonly PlannedTree[] = NO_TREES
  /** The span's first attribute. */
  firstAttr = 0
  answer: Answer = { text: null, reasoning: null, calls: null, object: null, files: null }
  hasAnswer = false
  /** Where the type of an exception event lies; -1 = none. */
  exceptionOff = -1
  /** The instrumentation calls its input plain text. */
  isInputText = false
  isOutputText = false
  statusMessage = -1
  /** Messages that span events or a log record held. */
  eventIn: Message[] = []
  eventOut: Message[] = []
  eventSystem: Part[] = []
  eventDocuments: Document[] = []
  /** Ranks of the rules that filled messages and instructions; 0 = none did. */
  inputRank = 0
  outputRank = 0
  systemRank = 0
  firstChunkMs = Number.NaN
  /** Finish reasons in output messages that were canonical: how many (-1 = not known), and the range of the last one. */
  reasonCount = -1
  reasonOff = 0
  reasonLen = 0
  /** Lists in details events; `attr` -1: the first, which is read like an attribute of the span. */
  detailLists: { readonly field: number; readonly attr: number; readonly id: number }[] = []
  /** Rows of io.input and io.output, best first. */
  readonly ioIn = new IntList()
  readonly ioOut = new IntList()
  usageFix = ''
  cacheIsExtra = false
  /** Google: thoughts that output_tokens leaves out. */
  extraThoughts = Number.NaN
  givenOutputTotal = Number.NaN
  framework = ''
  modelProvider = ''
  /** Model named inside a JSON object of parameters: used when no key names one. */
  offeredModel = ''
  fallbackModel = -1

  constructor(providers: ProviderNames) {
    this.providers = providers
  }

  get arena(): Arena {
    return this.batch.arena
  }

  begin(e: number, span: number): void {
    this.e = e
    this.span = span
    this.kind = ''
    this.operation = ''
    this.hasWeakKind = false
    this.isAggregate = false
    this.isVirtual = false
    this.isFailed = false
    this.hasLatency = false
    this.hasSucceeded = false
    this.params.clear()
    this.details.clear()
    this.meta.clear()
    if (this.hasAnswer)
      this.answer = { text: null, reasoning: null, calls: null, object: null, files: null }
    this.hasAnswer = false
    this.isInputText = false
    this.exceptionOff = -1
    this.isOutputText = false
    this.statusMessage = -1
    if (this.eventIn.length > 0) this.eventIn = []
    if (this.eventOut.length > 0) this.eventOut = []
    if (this.eventSystem.length > 0) this.eventSystem = []
    if (this.eventDocuments.length > 0) this.eventDocuments = []
    if (this.detailLists.length > 0) this.detailLists = []
    this.inputRank = 0
    this.outputRank = 0
    this.systemRank = 0
    this.firstChunkMs = Number.NaN
    this.reasonCount = -1
    this.ioIn.clear()
    this.ioOut.clear()
    this.usageFix = ''
    this.cacheIsExtra = false
    this.extraThoughts = Number.NaN
    this.givenOutputTotal = Number.NaN
    this.framework = ''
    this.modelProvider = ''
    this.offeredModel = ''
    this.fallbackModel = -1
    this.plannedTrees = NO_TREES
    if (this.#filledTrees.length > 0) {
      for (const rows of this.#filledTrees) rows.length = 0
      this.#filledTrees.length = 0
    }
  }

  /** Adds an attribute to an indexed family; true when it is the first. */
  addToTree(tree: number, attr: number): boolean {
    const rows = this.trees[tree] as number[]
    rows.push(attr)
    if (rows.length > 1) return false
    this.#filledTrees.push(rows)
    return true
  }

  /** The attribute rows of an indexed family. */
  treeRows(tree: number): readonly number[] {
    const rows = this.trees[tree] as number[]
    if (rows.length > 0) return rows
    for (const planned of this.plannedTrees) {
      if (planned.tree !== tree) continue
      for (const place of planned.places) rows.push(this.firstAttr + place)
      this.#filledTrees.push(rows)
    }
    return rows
  }

  type(attr: number): number {
    return this.batch.attrs[attr * ATTR_STRIDE + ATTR.TYPE] as number
  }

  off(attr: number): number {
    return this.batch.attrs[attr * ATTR_STRIDE + ATTR.OFF] as number
  }

  len(attr: number): number {
    return this.batch.attrs[attr * ATTR_STRIDE + ATTR.LEN] as number
  }

  /** Absent, empty, or a word that means absence. */
  isNull(attr: number): boolean {
    const type = this.type(attr)
    if (type !== VALUE.STRING) return type === VALUE.EMPTY
    const len = this.len(attr)
    if (len === 0) return true
    if (len > NULL_BYTES_MAX) return false
    const { arena } = this.batch
    const off = this.off(attr)
    const c = arena.bytes[off]
    // N n u <
    if (c !== 78 && c !== 110 && c !== 117 && c !== 60) return false
    for (const word of NULL_WORDS) if (arena.equals(off, len, word)) return true
    return false
  }

  /** Likewise for content: a person may well say `none`. */
  isNullContent(attr: number): boolean {
    if (!this.isNull(attr)) return false
    const len = this.len(attr)
    if (this.type(attr) !== VALUE.STRING || len === 0 || len > 4) return true
    return !SAYABLE.some((word) => this.batch.arena.equals(this.off(attr), len, word))
  }

  /** The value as text; arrays and lists as JSON. */
  text(attr: number): string {
    if (this.type(attr) === VALUE.STRING)
      return this.batch.arena.text(this.off(attr), this.len(attr))
    const v = attrValue(this.batch, attr)
    return v === null ? '' : plainText(v)
  }

  /** The value with JSON text parsed; text that is no JSON stays text. */
  value(attr: number): unknown {
    const v = attrValue(this.batch, attr)
    if (typeof v !== 'string') return v
    const parsed = parseLoose(v)
    return parsed === undefined ? v : parsed
  }

  /** The number, also of numeric text; NaN when it is none. */
  number(attr: number): number {
    const type = this.type(attr)
    if (type === VALUE.INT || type === VALUE.DOUBLE || type === VALUE.BOOL)
      return this.batch.nums[attr] as number
    if (type !== VALUE.STRING || this.len(attr) === 0 || this.len(attr) > 40) return Number.NaN
    const text = this.batch.arena.latin1(this.off(attr), this.len(attr)).trim()
    // Number('') is 0 and Number('0x1') is 1; neither is what anybody sent.
    return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN
  }

  /** Sets a text field from an attribute: the range itself for text. */
  setText(attr: number, field: number): boolean {
    if (this.isNull(attr)) return false
    if (this.type(attr) === VALUE.STRING)
      this.events.setRange(this.e, field, this.off(attr), this.len(attr))
    else this.events.setText(this.e, field, this.text(attr))
    return true
  }

  setJson(field: number, value: unknown): void {
    this.events.setText(this.e, field, JSON.stringify(value) ?? 'null')
  }

  setString(field: number, text: string): void {
    this.events.setText(this.e, field, text)
  }

  /** Sets a JSON field to the range as a JSON string. */
  setJsonString(field: number, off: number, len: number): void {
    this.out.begin(this.batch.arena)
    this.out.text(off, len)
    this.setOut(field)
  }

  /** Ends what was begun in `out` and sets a field to it. */
  setOut(field: number): void {
    this.out.end()
    this.events.setRange(this.e, field, this.out.off, this.out.len)
  }

  hasRange(field: number): boolean {
    return this.events.has(this.e, field)
  }

  hasNumber(field: number): boolean {
    return !Number.isNaN(this.events.num(this.e, field))
  }

  /** Sets a number field unless it is set already. */
  offerNumber(field: number, value: number): void {
    if (!Number.isNaN(value) && !this.hasNumber(field)) this.events.setNum(this.e, field, value)
  }

  offerText(field: number, text: unknown): void {
    if (typeof text === 'string' && text !== '' && !this.hasRange(field))
      this.setString(field, text)
  }

  /** Adds a request parameter as JSON text; the first of a name stays. */
  param(name: string, json: string): void {
    const off = this.batch.arena.appendText(json)
    this.#named(this.params, name, off, this.batch.arena.lastLen)
  }

  /** Likewise a number under the rule's name. */
  numberParam(rule: { readonly name: string; readonly literal: Literal }, n: number): void {
    const { arena } = this.batch
    const literal = rule.literal.id(arena)
    if (literal < 0) return this.param(rule.name, String(n))
    const off = arena.appendAscii(String(n))
    const len = arena.lastLen
    this.#addTo(this.params, arena.literalOff(literal), arena.literalLen(literal), off, len)
  }

  /** Likewise with name and value as they stand in JSON text of the arena. */
  paramOfJson(keyOff: number, keyLen: number, off: number, len: number): void {
    this.#addTo(this.params, keyOff, keyLen, off, len)
  }

  detail(name: string, value: number): void {
    if (!Number.isFinite(value)) return
    const off = this.batch.arena.appendText(String(value))
    this.#named(this.details, name, off, this.batch.arena.lastLen)
  }

  /** Row of a parameter, -1 when there is none of that name. */
  paramNamed(name: string): number {
    const p = this.params
    for (let i = 0; i < p.length; i += PAIR)
      if (this.batch.arena.equals(p.at(i), p.at(i + 1), name)) return i
    return -1
  }

  #named(rows: IntList, name: string, off: number, len: number): void {
    const arena = this.batch.arena
    const literal = name.length <= NAME_LITERAL_MAX ? literalOfName(arena, name) : -1
    if (literal >= 0)
      return this.#addTo(rows, arena.literalOff(literal), arena.literalLen(literal), off, len)
    const keyOff = arena.appendText(JSON.stringify(name).slice(1, -1))
    this.#addTo(rows, keyOff, arena.lastLen, off, len)
  }

  #addTo(rows: IntList, keyOff: number, keyLen: number, off: number, len: number): void {
    if (rows.length >= NAMES_MAX * PAIR) return
    const b = this.batch.arena.bytes
    for (let i = 0; i < rows.length; i += PAIR) {
      if (rows.at(i + 1) !== keyLen) continue
      const at = rows.at(i)
      let n = 0
      while (n < keyLen && b[at + n] === b[keyOff + n]) n++
      if (n === keyLen) return
    }
    rows.push4(keyOff, keyLen, off, len)
  }

  metaText(name: string, value: string): void {
    const arena = this.batch.arena
    const keyOff = arena.appendText(name)
    const keyLen = arena.lastLen
    const off = arena.appendText(value)
    this.meta.push4(keyOff, keyLen, off, arena.lastLen)
  }

  /** An entry of metadata whose value lies in the arena. */
  metaRange(name: string, off: number, len: number): void {
    const keyOff = this.batch.arena.appendText(name)
    this.meta.push4(keyOff, this.batch.arena.lastLen, off, len)
  }

  /** metadata values are strings: text as it is, anything else as JSON. */
  metaValue(name: string, value: unknown): void {
    if (value === null || value === undefined) return
    this.metaText(name, typeof value === 'string' ? value : JSON.stringify(value))
  }

  /** Row of the member in the kernel's rows, -1 when there is none. */
  memberNamed(count: number, name: string): number {
    const { rows } = this.json
    for (let row = 0; row < count * MEMBER_STRIDE; row += MEMBER_STRIDE)
      if (this.arena.equals(rows[row] as number, rows[row + MEMBER.KEY_LEN] as number, name))
        return row
    return -1
  }

  /** Remembers how good the source of messages was: messages of span events may be better. */
  filledContent(field: number, rank: number): void {
    if (field === R.input_messages) this.inputRank = rank
    else if (field === R.output_messages) this.outputRank = rank
    else if (field === R.system_instructions) this.systemRank = rank
  }

  setKind(kind: string): void {
    this.kind = kind
  }

  /** The span's name, null when it is empty or longer than `bytesMax`. */
  spanName(bytesMax: number): string | null {
    const row = this.span * SPAN_STRIDE
    const len = this.batch.spans[row + SPAN.NAME_LEN] as number
    if (len <= 0 || len > bytesMax) return null
    return this.arena.text(this.batch.spans[row + SPAN.NAME_OFF] as number, len)
  }

  fieldText(field: number): string | null {
    return this.events.text(this.e, field)
  }

  hasUsage(): boolean {
    return (
      this.hasNumber(N.input_tokens) ||
      this.hasNumber(N.output_tokens) ||
      this.hasNumber(N.total_tokens)
    )
  }

  /** Any count at all, a part of a total too: what a container must not add to its calls. */
  hasAnyCount(): boolean {
    return (
      this.hasUsage() ||
      this.hasNumber(N.reasoning_tokens) ||
      this.hasNumber(N.cache_read_tokens) ||
      this.hasNumber(N.cache_write_tokens) ||
      this.hasNumber(N.cost_usd)
    )
  }

  hasMessages(): boolean {
    return this.hasRange(R.input_messages) || this.hasRange(R.output_messages)
  }
}
