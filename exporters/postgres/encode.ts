// The part of the exporter that runs in workers: what Postgres must know about a task's events, as one JSON document
// (`fact-document.ts`). All values are made storable: no U+0000, no huge keys, no numbers that would overflow a column in the
// long
// run.

import { hash } from 'node:crypto'
import type {
  Encoder,
  EncoderFactory,
  ProcessedBatch,
  RevisedEvents,
} from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { titleOf } from '../../core/signals/signal-title.ts'
import type { EncodedPart } from '../../core/task.ts'
import { type ExactTime, TIME_MAX_MS, timeOf } from './exact-times.ts'
import {
  type FactDocument,
  FLAG,
  NANOS_FACTOR,
  type Preview,
  type SignalRow,
} from './fact-document.ts'
import { lastText } from './last-text.ts'

/** Empty, because the document has one fixed form. */
export type EncoderSettings = Record<string, never>

export const encoder: EncoderFactory<EncoderSettings> = (exporterId) => new FactEncoder(exporterId)

/** A document with another form needs another stream name, because parts can wait in the log across an upgrade. */
export const FACTS_STREAM = 'facts'
/** Longer ids are cut and end in a hash, because a btree key of Postgres holds at most 2.7 kB. */
const ID_CHARS_MAX = 256
/** Upper limits for one event. A bigint column can add up nine million events with this many tokens. */
const TOKENS_MAX = 1e12
const COST_MAX = 1e9
/** How many of the newest events of a conversation are searched for a preview text. */
const PREVIEW_TRIES = 4
/** Larger than any range is long, so that offset and length fit into one number. */
const LEN_FACTOR = 2 ** 21

class FactEncoder implements Encoder {
  readonly #id: string

  constructor(exporterId: string) {
    this.#id = exporterId
  }

  encode(input: ProcessedBatch, skip: ReadonlySet<number>): EncodedPart[] {
    const facts = new Facts(input.events)
    let items = 0
    for (let event = 0; event < input.events.count; event++) {
      if (skip.has(event)) continue
      facts.add(event, 0, input.decidedFrom?.(event) ?? 0)
      items++
    }
    const signals = signalsOf(input)
    items += signals.length
    if (items === 0) return []
    const document: FactDocument = { ...facts.take(), signals }
    const bytes = new Uint8Array(Buffer.from(JSON.stringify(document), 'utf8'))
    return [{ exporter: this.#id, stream: FACTS_STREAM, items, bytes }]
  }

  encodeRevisions({ events, items }: RevisedEvents): EncodedPart[] {
    const facts = new Facts(events)
    for (const { before, after } of items) {
      facts.add(before, FLAG.TAKEN)
      facts.add(after, FLAG.GIVEN)
    }
    const revisions = items.map(({ revision }) => revision)
    const document: FactDocument = { ...facts.take(), previews: [], signals: [], revisions }
    const bytes = new Uint8Array(Buffer.from(JSON.stringify(document), 'utf8'))
    return [{ exporter: this.#id, stream: FACTS_STREAM, items: items.length, bytes }]
  }
}

/** Collects the rows of one task. */
class Facts {
  readonly #events: EventTable
  readonly #words = new Map<string, number>()
  /** Index of a word by its range in the arena: a literal, or a name that many events of a request share. */
  readonly #places = new Map<number, number>()
  readonly #traces = new Map<string, number>()
  readonly #rows: number[] = []
  readonly #agents: number[] = []
  readonly #known: number[] = []
  readonly #nanos: number[] = []
  #hasKnown = false
  #hasAgents = false
  #base = 0
  /** Newest calls, by the conversation or trace that a preview would be for. */
  readonly #newest = new Map<string, { readonly event: number; readonly at: number }[]>()

  constructor(events: EventTable) {
    this.#events = events
  }

  /** `revision` is the flag of a revision; 0 for an event. `known` is `ProcessedBatch.decidedFrom`. */
  add(event: number, revision = 0, known = 0): void {
    const events = this.#events
    const kind = word(events, event, R.kind) ?? 'span'
    const isCounted = !(events.num(event, N.usage_aggregate) > 0)
    const isRoot = events.len(event, R.parent_span_id) < 0 && !isTraceEnd(events, event)
    const start = startOf(events, event)
    const end = endOf(events, event, start)
    if (this.#rows.length === 0) this.#base = start.us
    const trace = events.hex(event, R.trace_id)
    // In the order of FACT.
    this.#rows.push(
      this.#field(event, R.tenant_id),
      this.#field(event, R.project_id),
      trace === null ? -1 : place(this.#traces, trace),
      idOf(events, event),
      flagsOf(events, event, kind, isCounted, isRoot) | revision,
      this.#word(kind),
      this.#field(event, R.environment),
      isRoot ? this.#field(event, R.name) : -1,
      this.#field(event, R.service_name),
      this.#field(event, R.user_id),
      this.#field(event, R.session_id),
      this.#field(event, R.conversation_id),
      this.#field(event, R.provider),
      this.#field(
        event,
        events.len(event, R.response_model) > 0 ? R.response_model : R.request_model,
      ),
      start.us - this.#base,
      end.us - start.us,
      tokens(events, event, N.input_tokens, isCounted),
      tokens(events, event, N.output_tokens, isCounted),
      tokens(events, event, N.total_tokens, isCounted),
      tokens(events, event, N.cache_read_tokens, isCounted),
      tokens(events, event, N.cache_write_tokens, isCounted),
      tokens(events, event, N.reasoning_tokens, isCounted),
      costOf(events, event, isCounted),
      messagesOf(events, event),
    )
    const agent = this.#field(event, R.agent_name)
    this.#agents.push(agent)
    this.#known.push(known)
    this.#nanos.push(start.ns + NANOS_FACTOR * end.ns)
    if (known > 0) this.#hasKnown = true
    if (agent >= 0) this.#hasAgents = true
    if (kind === 'llm' && isCounted)
      this.#noteNewest(event, end.us / 1000, word(events, event, R.conversation_id), trace)
  }

  take(): Omit<FactDocument, 'signals'> {
    return {
      words: [...this.#words.keys()],
      traces: [...this.#traces.keys()],
      base: this.#base,
      rows: this.#rows,
      previews: this.#previews(),
      nanos: this.#nanos,
      ...(this.#hasAgents ? { agents: this.#agents } : {}),
      ...(this.#hasKnown ? { known: this.#known } : {}),
    }
  }

  #word(text: string): number {
    return place(this.#words, text)
  }

  /**
   * Index of a text field's word; -1 when the field is null. The bytes of the arena do not change, so the range identifies
   * the word.
   */
  #field(event: number, field: number): number {
    const len = this.#events.len(event, field)
    if (len <= 0) return -1
    const range = this.#events.off(event, field) * LEN_FACTOR + len
    const known = this.#places.get(range)
    if (known !== undefined && len < LEN_FACTOR) return known
    const text = word(this.#events, event, field)
    const at = text === null ? -1 : this.#word(text)
    if (len < LEN_FACTOR) this.#places.set(range, at)
    return at
  }

  /**
   * Also notes calls without a conversation, because with the legacy SDK the conversation id may arrive in another request.
   */
  #noteNewest(event: number, at: number, conversation: string | null, trace: string | null): void {
    const events = this.#events
    if (events.len(event, R.output_messages) < 2 && events.len(event, R.input_messages) < 2) return
    // The root span often comes last, and it alone has the id. Spans without an own id can inherit one later; a root without
    // one cannot.
    const mayInherit = isLegacy(events, event) || events.len(event, R.parent_span_id) >= 0
    if (conversation === null && (trace === null || !mayInherit)) return
    const key = `${events.text(event, R.tenant_id)}\n${events.text(event, R.project_id)}\n${conversation ?? `\n${trace}`}`
    const known = this.#newest.get(key)
    if (known === undefined) {
      this.#newest.set(key, [{ event, at }])
      return
    }
    const before = known.findIndex((k) => at >= k.at)
    if (before >= 0) known.splice(before, 0, { event, at })
    else known.push({ event, at })
    if (known.length > PREVIEW_TRIES) known.pop()
  }

  /** One preview for each conversation of the task: parsing messages costs more than everything else here. */
  #previews(): Preview[] {
    const out: Preview[] = []
    for (const candidates of this.#newest.values()) {
      for (const { event, at } of candidates) {
        const text = lastText(this.#events, event)
        if (text === null) continue
        out.push(this.#preview(event, at, text))
        break
      }
    }
    return out
  }

  #preview(event: number, at: number, text: string): Preview {
    const events = this.#events
    return {
      tenant: word(events, event, R.tenant_id) ?? '',
      project: word(events, event, R.project_id) ?? '',
      trace: events.hex(event, R.trace_id),
      conversation: word(events, event, R.conversation_id),
      text,
      at,
      messages:
        messagesIn(events, event, R.input_messages) + messagesIn(events, event, R.output_messages),
    }
  }
}

/** Inside a JSON string these quotes would be escaped. */
const ROLE = Buffer.from('"role"')
const ROLE_VALUE = /^\s*:\s*"(?:system|user|assistant|tool)"/
const ROLE_BYTES_MAX = 24

/** Counts the messages without parsing them. */
function messagesIn(events: EventTable, event: number, field: number): number {
  const len = events.len(event, field)
  if (len < ROLE.length) return 0
  const off = events.off(event, field)
  const json = events.arena.buf.subarray(off, off + len)
  let count = 0
  for (let at = json.indexOf(ROLE); at >= 0; at = json.indexOf(ROLE, at)) {
    at += ROLE.length
    // Past the end `latin1Slice` throws.
    const end = Math.min(at + ROLE_BYTES_MAX, len)
    if (ROLE_VALUE.test(json.latin1Slice(at, end))) count++
  }
  return count
}

/** Index of `value` in the list that the map represents; adds it if it is new. */
function place(list: Map<string, number>, value: string): number {
  const known = list.get(value)
  if (known !== undefined) return known
  list.set(value, list.size)
  return list.size - 1
}

function idOf(events: EventTable, event: number): number {
  if (events.len(event, R.event_id) < 8) return 0
  const off = events.off(event, R.event_id)
  const view = events.arena.view
  return view.getUint32(off, true) * 0x20_0000 + (view.getUint32(off + 4, true) >>> 11)
}

function isLegacy(events: EventTable, event: number): boolean {
  return events.batch.isLegacy(events.spanRowOf(event))
}

function flagsOf(
  events: EventTable,
  event: number,
  kind: string,
  isCounted: boolean,
  isRoot: boolean,
): number {
  const isCall = isCounted && (kind === 'llm' || kind === 'embedding' || kind === 'rerank')
  const hasUsage = events.num(event, N.total_tokens) > 0 || events.num(event, N.input_tokens) > 0
  const isUnpriced = isCounted && hasUsage && Number.isNaN(events.num(event, N.cost_usd))
  return (
    (isError(events, event) ? FLAG.ERROR : 0) |
    (isRoot ? FLAG.ROOT : 0) |
    (isCall ? FLAG.CALL : 0) |
    (isUnpriced ? FLAG.UNPRICED : 0) |
    (kind === 'tool' || kind === 'mcp' ? FLAG.TOOL : 0)
  )
}

/** What ends a legacy trace is called after its type: the trace has the name of what began it. */
function isTraceEnd(events: EventTable, event: number): boolean {
  const len = events.len(event, R.event_type)
  return len === 9 && events.arena.equals(events.off(event, R.event_type), len, 'trace_end')
}

function isError(events: EventTable, event: number): boolean {
  const len = events.len(event, R.status)
  return len === 5 && events.arena.equals(events.off(event, R.status), len, 'error')
}

function costOf(events: EventTable, event: number, isCounted: boolean): number {
  const cost = isCounted ? events.num(event, N.cost_usd) : 0
  return Number.isFinite(cost) ? Math.max(-COST_MAX, Math.min(COST_MAX, cost)) : 0
}

function tokens(events: EventTable, event: number, field: number, isCounted: boolean): number {
  const v = events.num(event, field)
  if (!isCounted || !(v > 0)) return 0
  return Math.trunc(Math.min(v, TOKENS_MAX))
}

function messagesOf(events: EventTable, event: number): number {
  const index = events.num(event, N.message_index)
  return index >= 0 ? Math.trunc(Math.min(index, 1e9)) + 1 : 0
}

/** Signals, together with the ids of their event. */
function signalsOf({ events, signals }: ProcessedBatch): SignalRow[] {
  if (signals.length === 0) return []
  const byEvent = new Map<string, number>()
  for (let event = 0; event < events.count; event++)
    byEvent.set(events.hex(event, R.event_id) ?? '', event)
  return signals.map((signal) => signalOf(signal, events, byEvent.get(signal.event_id ?? '')))
}

function signalOf(signal: Signal, events: EventTable, event: number | undefined): SignalRow {
  const of = (field: number): string | null =>
    event === undefined ? null : word(events, event, field)
  return {
    tenant: signal.tenant_id,
    project: signal.project_id,
    id: signal.signal_id,
    type: signal.type,
    severity: signal.severity,
    trace: signal.trace_id ?? '',
    span: signal.span_id ?? '',
    event: signal.event_id ?? '',
    at: Math.min(Number(BigInt(signal.at) / 1_000_000n), TIME_MAX_MS),
    nanos: Number(BigInt(signal.at) % 1_000_000n),
    value: signal.value,
    threshold: signal.threshold,
    evidence: cleanEvidence(signal.evidence),
    rule: signal.rule,
    conversation: signal.context?.conversation_id ?? of(R.conversation_id),
    session: signal.context?.session_id ?? of(R.session_id),
    user: signal.context?.user_id ?? of(R.user_id),
    environment: signal.context?.environment ?? of(R.environment),
    fingerprint: signal.fingerprint,
    title: storable(titleOf(signal)),
    cost: signal.context?.cost_usd ?? costOf(events, event ?? -1, event !== undefined),
  }
}

/** JSON allows U+0000 and lone surrogates, Postgres text allows neither. */
function cleanEvidence(evidence: Signal['evidence']): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(evidence))
    out[storable(key)] =
      typeof value === 'string'
        ? storable(value)
        : typeof value === 'object' && value !== null
          ? cleanEvidence(value)
          : value
  return out
}

const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '')

/** A text field used as a key or label; null when empty. */
function word(events: EventTable, event: number, field: number): string | null {
  const text = events.text(event, field)
  if (text === null || text === '') return null
  const clean = text.includes('\u0000') ? text.replaceAll('\u0000', '') : text
  if (clean.length <= ID_CHARS_MAX) return clean === '' ? null : clean
  return `${clean.slice(0, ID_CHARS_MAX - 17).toWellFormed()}#${hash('sha256', clean, 'hex').slice(0, 16)}`
}

/** The start, or without one the end, or without either the time of receipt. */
function startOf(events: EventTable, event: number): ExactTime {
  const known = timeOf(events, event, R.start_time) ?? timeOf(events, event, R.end_time)
  if (known !== null) return known
  const batch = events.batch
  const span = events.spanRowOf(event)
  const request = batch.requests[batch.requestOf(span)]
  return { us: Math.round((request?.receivedAtMs ?? 0) * 1000), ns: 0 }
}

/** The end, and never before the start. */
function endOf(events: EventTable, event: number, start: ExactTime): ExactTime {
  const end = timeOf(events, event, R.end_time)
  if (end === null || end.us < start.us || (end.us === start.us && end.ns < start.ns)) return start
  return end
}
