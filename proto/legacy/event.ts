// One legacy event, a JSON object, as a span row with the flag LEGACY. Attribute keys are the JSON path
// joined with dots: top-level fields, then two levels below `attributes`; what is deeper stays JSON text.
//   {"event_type": "llm_call", "attributes": {"llm_call": {"model": "m", "tools": [1]}}, ...}
//   -> event_type = llm_call, attributes.llm_call.model = m, attributes.llm_call.tools = "[1]"

import { ATTR, ATTR_STRIDE, SPAN, SPAN_FLAG, VALUE } from '../../core/batch.ts'
import { internKey, key, UNKNOWN_KEY } from '../../core/keys.ts'
import { stringRange, stringText } from '../json/arena-strings.ts'
import { JsonScanner } from '../json/scan.ts'
import { forbidden, malformed } from '../refusal.ts'
import type { RequestTally } from '../request-tally.ts'
import { appendRepaired, isValidUtf8 } from '../utf8.ts'
import { epochNs, legacySpanId, legacyTraceId, parseTimeNs } from './ids.ts'

/** How many levels of `attributes` become separate keys. */
const FLAT_LEVELS = 2
const EVENT_TYPE = key('event_type')
const TIMESTAMP = key('timestamp')
const V0_LATENCY = 'latencyMs'
/** A latency of more than 30 years is an error. */
const LATENCY_MS_MAX = 1e12
const V0_TYPE = 'trace_v0'

/** Top-level names whose value is an id. The original text is kept under `legacy.`. */
const ID_NAMES: ReadonlyMap<string, 'trace_id' | 'span_id' | 'parent_span_id'> = new Map([
  ['trace_id', 'trace_id'],
  ['span_id', 'span_id'],
  ['parent_span_id', 'parent_span_id'],
] as const)
/** Names under which the sender states who owns the event. */
const OWNER_NAMES: ReadonlyMap<string, 'tenant' | 'project'> = new Map([
  ['tenant_id', 'tenant'],
  ['tenantId', 'tenant'],
  ['project_id', 'project'],
  ['projectId', 'project'],
] as const)
const V0_ID_NAMES: ReadonlyMap<string, 'trace_id' | 'span_id' | 'parent_span_id'> = new Map([
  ['traceId', 'trace_id'],
  ['spanId', 'span_id'],
  ['parentSpanId', 'parent_span_id'],
] as const)

export class LegacyEvents {
  readonly #tally: RequestTally
  readonly #isV0: boolean
  readonly #envelope: { readonly resource: number; readonly scope: number }
  readonly #s: JsonScanner
  /** For each key id, the attribute row of the current event, because the last of two equal names is kept. */
  readonly #rowOf = new Map<number, number>()
  /**
   * Numbers of the current event that may be its latency, by path. They are kept here, so that no key is interned for
   * the look-up.
   */
  readonly #latencies = new Map<string, number>()
  #attrLimit = 0
  #isRepaired = false
  readonly #ids = { trace_id: '', span_id: '', parent_span_id: '' }
  readonly #owner = { tenant: '', project: '' }

  constructor(tally: RequestTally, isV0: boolean, envelope: { resource: number; scope: number }) {
    this.#tally = tally
    this.#isV0 = isV0
    this.#envelope = envelope
    this.#s = new JsonScanner(tally.batch.arena.bytes)
  }

  /** Adds the event in `[start, end)` of the arena. Throws a `Refusal` (malformed) if it is not a valid event. */
  add(start: number, end: number): void {
    const { batch, limits } = this.#tally
    this.#attrLimit = batch.attrCount + limits.rowsPerItemMax
    this.#isRepaired = false
    this.#rowOf.clear()
    this.#latencies.clear()
    this.#ids.trace_id = ''
    this.#ids.span_id = ''
    this.#ids.parent_span_id = ''
    this.#owner.tenant = ''
    this.#owner.project = ''
    const firstAttr = batch.attrCount
    this.#object(start, end)
    this.#checkOwner()
    if (this.#isV0) this.#addText(this.#keyRange('event_type'), V0_TYPE)
    this.#addIds()
    this.#addRow(start, end, firstAttr)
  }

  #object(start: number, end: number): void {
    const s = this.#s
    s.continueIn(this.#tally.batch.arena.bytes)
    s.p = start
    s.base = start
    s.end = end
    s.skipMark()
    if (s.peek() !== 0x7b) throw malformed('It is not a JSON object.')
    for (let more = s.open(0x7d); more; more = s.next(0x7d)) {
      s.string()
      const name = stringText(this.#s, this.#tally.batch.arena)
      s.expect(0x3a)
      this.#topLevel(name)
    }
    if (!s.isAtEnd()) s.fail('bytes after the object')
  }

  #topLevel(name: string): void {
    const s = this.#s
    const c = s.peek()
    const id = (this.#isV0 ? V0_ID_NAMES : ID_NAMES).get(name)
    if (id !== undefined) {
      this.#ids[id] = ''
      if (c === 0x6e) return s.word('null')
      if (c !== 0x22) throw malformed(`${name} is not a string.`)
      s.string()
      this.#ids[id] = stringText(this.#s, this.#tally.batch.arena)
    } else if (name === 'attributes' && c === 0x7b) this.#flatten('attributes.', FLAT_LEVELS)
    else if (name === 'attributes_json' && c === 0x22) this.#attributesText()
    else this.#value(name)
  }

  /** Adds the fields of an object under `prefix`, and those of the objects in it, for `levels` levels. */
  #flatten(prefix: string, levels: number): void {
    const s = this.#s
    for (let more = s.open(0x7d); more; more = s.next(0x7d)) {
      s.string()
      const path = prefix + stringText(this.#s, this.#tally.batch.arena)
      s.expect(0x3a)
      if (levels > 1 && s.peek() === 0x7b) this.#flatten(`${path}.`, levels - 1)
      else this.#value(path)
    }
  }

  /** Reads `attributes_json`: the attributes as JSON in a string, as the LangChain wrapper sends them. */
  #attributesText(): void {
    const s = this.#s
    s.string()
    const { off, len } = stringRange(this.#s, this.#tally.batch.arena)
    const inner = new JsonScanner(s.b, off, off + len)
    if (inner.peek() !== 0x7b) return this.#addRange('attributes_json', VALUE.STRING, off, len)
    const { p, end } = s
    s.p = inner.p
    s.end = inner.end
    this.#flatten('attributes.', FLAT_LEVELS)
    if (!s.isAtEnd()) s.fail('bytes after attributes_json')
    s.p = p
    s.end = end
  }

  /** Adds one value as an attribute. Null is the same as absent, because the client writes `x || null`. */
  #value(path: string): void {
    const s = this.#s
    const c = s.peek()
    if (c === 0x6e) return s.word('null')
    if (c === 0x22) {
      s.string()
      const { off, len } = stringRange(this.#s, this.#tally.batch.arena)
      const owner = OWNER_NAMES.get(path)
      if (owner !== undefined) this.#owner[owner] = this.#tally.batch.arena.text(off, len)
      return this.#addRange(path, VALUE.STRING, off, len)
    }
    if (c === 0x74 || c === 0x66) {
      s.word(c === 0x74 ? 'true' : 'false')
      return this.#addAttr(path, VALUE.BOOL, c === 0x74 ? 1 : 0, 0, c === 0x74 ? 1 : 0)
    }
    const start = s.p
    if (c !== 0x7b && c !== 0x5b) {
      s.number()
      return this.#number(path, s.b, start, s.p - start)
    }
    s.skip()
    this.#addRange(path, VALUE.STRING, start, s.p - start)
  }

  #number(path: string, b: Uint8Array, off: number, len: number): void {
    const { arena } = this.#tally.batch
    const text = Buffer.from(b.buffer, b.byteOffset + off, len).latin1Slice(0, len)
    const value = Number(text)
    if (path.endsWith('latency_ms') || path === V0_LATENCY) this.#latencies.set(path, value)
    const at = arena.reserve(8)
    this.#s.continueIn(arena.bytes)
    const big = len <= 20 && /^-?\d+$/.test(text) ? BigInt(text) : null
    if (big === null || BigInt.asIntN(64, big) !== big) {
      arena.view.setFloat64(at, value, true)
      return this.#addAttr(path, VALUE.DOUBLE, at, 8, value)
    }
    arena.view.setBigInt64(at, big, true)
    this.#addAttr(path, VALUE.INT, at, 8, value)
  }

  #addRange(path: string, type: number, off: number, len: number): void {
    const { arena } = this.#tally.batch
    if (isValidUtf8(arena.bytes, off, len)) return this.#addAttr(path, type, off, len, Number.NaN)
    this.#isRepaired = true
    const repaired = appendRepaired(arena, off, len)
    const repairedLen = arena.lastLen
    this.#s.continueIn(arena.bytes)
    this.#addAttr(path, type, repaired, repairedLen, Number.NaN)
  }

  #addText(keyAt: { off: number; len: number }, text: string): void {
    const { arena } = this.#tally.batch
    const off = arena.appendText(text)
    this.#s.continueIn(arena.bytes)
    this.#addKeyed(keyAt, VALUE.STRING, off, arena.lastLen, Number.NaN)
  }

  #keyRange(path: string): { off: number; len: number } {
    const { arena } = this.#tally.batch
    const off = arena.appendText(path)
    this.#s.continueIn(arena.bytes)
    return { off, len: arena.lastLen }
  }

  #addAttr(path: string, type: number, off: number, len: number, num: number): void {
    this.#addKeyed(this.#keyRange(path), type, off, len, num)
  }

  #addKeyed(
    keyAt: { off: number; len: number },
    type: number,
    off: number,
    len: number,
    num: number,
  ): void {
    const { batch, limits } = this.#tally
    const id = internKey(batch.arena.bytes, keyAt.off, keyAt.len)
    const known = id === UNKNOWN_KEY ? undefined : this.#rowOf.get(id)
    if (known !== undefined) {
      batch.setAttrRange(known, type, off, len)
      batch.nums[known] = num
      return
    }
    if (batch.attrCount >= this.#attrLimit)
      throw malformed(`It has more than ${limits.rowsPerItemMax} attributes.`)
    const row = batch.addAttr(id, keyAt.off, keyAt.len, type, off, len, num)
    if (id !== UNKNOWN_KEY) this.#rowOf.set(id, row)
  }

  /**
   * Data is stored for the owner of its API key, whatever the event says. But if the event names another project of
   * the key's own tenant, keys were mixed up, and the client must learn of it. Ids of another tenant come from the
   * old server and are ignored.
   */
  #checkOwner(): void {
    const { batch, request, ordinal } = this.#tally
    const own = batch.requests[request]?.tenant
    const { tenant, project } = this.#owner
    if (own === undefined || own.keyId === null || project === '') return
    if (project === own.projectId || (tenant !== '' && tenant !== own.tenantId)) return
    throw forbidden('An event names a project that its API key does not belong to.', `${ordinal}`)
  }

  /** Adds the ids as they were sent, for look-ups by the old form. */
  #addIds(): void {
    const names = this.#isV0 ? ['traceId', 'spanId'] : ['trace_id', 'span_id']
    if (this.#ids.trace_id === '') throw malformed(`${names[0]} is missing.`)
    if (this.#ids.span_id === '') throw malformed(`${names[1]} is missing.`)
    for (const name of ['trace_id', 'span_id', 'parent_span_id'] as const)
      if (this.#ids[name] !== '') this.#addText(this.#keyRange(`legacy.${name}`), this.#ids[name])
  }

  #addRow(start: number, end: number, firstAttr: number): void {
    const { batch } = this.#tally
    const { arena } = batch
    const type = this.#rowOf.get(EVENT_TYPE) ?? -1
    const typeRow = type * ATTR_STRIDE
    const isText = type >= 0 && batch.attrs[typeRow + ATTR.TYPE] === VALUE.STRING
    if (!isText || batch.attrs[typeRow + ATTR.LEN] === 0) throw malformed('event_type is missing.')
    const trace = arena.append(legacyTraceId(this.#ids.trace_id))
    const span = arena.append(legacySpanId(this.#ids.span_id))
    const parent =
      this.#ids.parent_span_id === '' ? -1 : arena.append(legacySpanId(this.#ids.parent_span_id))
    if (isZero(arena.bytes, trace, 16) || isZero(arena.bytes, span, 8))
      throw malformed('Its ids are all zero.')
    const row = this.#tally.addSpan()
    const s = batch.spans
    s[row + SPAN.FLAGS] = SPAN_FLAG.LEGACY | (this.#isRepaired ? SPAN_FLAG.REPAIRED : 0)
    s[row + SPAN.RESOURCE] = this.#envelope.resource
    s[row + SPAN.SCOPE] = this.#envelope.scope
    s[row + SPAN.MSG_OFF] = start
    s[row + SPAN.MSG_LEN] = end - start
    s[row + SPAN.TRACE_ID] = trace
    s[row + SPAN.SPAN_ID] = span
    s[row + SPAN.PARENT_ID] = parent
    s[row + SPAN.NAME_OFF] = batch.attrs[typeRow + ATTR.OFF] as number
    s[row + SPAN.NAME_LEN] = batch.attrs[typeRow + ATTR.LEN] as number
    s[row + SPAN.ATTR_FIRST] = firstAttr
    s[row + SPAN.ATTR_COUNT] = batch.attrCount - firstAttr
    this.#times(row, batch.attrText(type) ?? '')
  }

  /** The client takes the timestamp after the call. So it is the end, and the start is earlier by the latency. */
  #times(row: number, eventType: string): void {
    const { batch, request } = this.#tally
    let end = this.#timestamp()
    if (end === null) {
      this.#tally.warn('An event has no valid timestamp: the time of its arrival was used.')
      end = BigInt(Math.trunc((batch.requests[request]?.receivedAtMs ?? 0) * 1e3)) * 1000n
    }
    const latencyMs = this.#latencyMs(eventType)
    const start = latencyMs > 0 ? end - BigInt(Math.round(latencyMs * 1e6)) : end
    const at = batch.arena.reserve(16)
    batch.arena.view.setBigUint64(at, start > 0n ? start : 0n, true)
    batch.arena.view.setBigUint64(at + 8, end, true)
    batch.spans[row + SPAN.START] = at
    batch.spans[row + SPAN.END] = at + 8
  }

  #timestamp(): bigint | null {
    const { batch } = this.#tally
    const attr = this.#rowOf.get(TIMESTAMP)
    if (attr === undefined) return null
    const text = batch.attrText(attr)
    return text === null ? epochNs(batch.nums[attr] as number) : parseTimeNs(text)
  }

  /** 0 when the event has no latency, or an invalid one. */
  #latencyMs(eventType: string): number {
    const own = this.#isV0
      ? this.#latencies.get(V0_LATENCY)
      : (this.#latencies.get(`attributes.${eventType}.latency_ms`) ??
        this.#latencies.get(`attributes.${eventType}.total_latency_ms`))
    return own !== undefined && own > 0 && own < LATENCY_MS_MAX ? own : 0
  }
}

function isZero(b: Uint8Array, off: number, len: number): boolean {
  for (let i = off; i < off + len; i++) if (b[i] !== 0) return false
  return true
}
