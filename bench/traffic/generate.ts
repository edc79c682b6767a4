// Generates realistic GenAI traffic from a seed: about 26 attributes and 2.8 kB of protobuf for each span, dialects in
// realistic proportions, a planted secret in one span of fifty, text outside ASCII in one trace of ten. A request is made
// when it is asked for, together with the truth about it: the number of spans, tokens and secrets.

import { gzipSync } from 'node:zlib'
import { attributesOf, DIALECT_MIX, makeService } from './dialect.ts'
import { encodeJson, encodeNdjson, encodeProtobuf, nanos, type RequestModel } from './encode.ts'
import type { Dialect, Message, Operation, PlantedSecret } from './operation.ts'
import { type Dice, dice } from './random.ts'
import { makeNearMiss, makeSecret, type PlantedText, SECRET_CLASSES } from './secrets.ts'
import {
  findLive,
  findStamps,
  type LiveStamps,
  ownerId,
  restamp,
  STAMP_HEX,
  type StampOffsets,
  stampHex,
} from './stamp.ts'
import { makeTrace } from './trace.ts'

const SECRET_SHARE = 0.02
const NEAR_MISS_SHARE = 0.01
/** Sunday 2026-11-01. Use `baseTimeMs` for traffic with current times. */
const BASE_TIME_MS = 1_793_491_200_000

export interface TrafficOptions {
  readonly seed: number
  readonly requests: number
  readonly spansPerRequest: number
  /** Use this dialect only, instead of the mix of `DIALECT_MIX`. */
  readonly dialect?: Dialect
  /** Start of the first trace. */
  readonly baseTimeMs?: number
  /** Texts are this many times as long as usual. 1 gives spans of 2.9 kB of protobuf. */
  readonly textScale?: number
  /** Traces belong to so many conversations, sessions and users. Without it each has its own, the same in every copy. */
  readonly owners?: number
  /** Every trace has so many spans. Without it 3 to 12. */
  readonly spansPerTrace?: number
}

/** The true content of a request, with which results are compared. */
export interface Truth {
  readonly spans: number
  readonly traces: number
  readonly attributes: number
  /** Model calls that reported usage. */
  readonly calls: number
  /** Sums over model calls and embeddings. Usage that agents repeat of their children is not included. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly errors: number
  readonly nonAsciiSpans: number
  readonly secrets: readonly PlantedSecret[]
  /** Texts that look like secrets but are not. */
  readonly nearMisses: readonly PlantedText[]
}

export type BodyForm = 'protobuf' | 'json' | 'ndjson'

export interface TrafficRequest {
  readonly index: number
  readonly dialect: Dialect
  readonly spans: number
  readonly protobuf: Uint8Array
  readonly gzip: Uint8Array
  readonly json: string
  readonly ndjson: string
  readonly truth: Truth
  /** The body with a marker in every id, and the offsets of those markers, for `restamp`. */
  template(form: BodyForm): { readonly body: Uint8Array; readonly offsets: StampOffsets }
  /** Where a protobuf template names owners and times; null when the traffic is not made for a number of owners. */
  live(template: Uint8Array): LiveStamps | null
}

export function generateRequests(options: TrafficOptions): TrafficRequest[] {
  return Array.from({ length: options.requests }, (_, i) => new LazyRequest(options, i))
}

/** Adds up the truth of several requests. */
export function sumTruth(requests: Iterable<TrafficRequest>): Truth {
  const all = Array.from(requests, (request) => request.truth)
  const sum = (of: (truth: Truth) => number): number => all.reduce((total, t) => total + of(t), 0)
  return {
    spans: sum((t) => t.spans),
    traces: sum((t) => t.traces),
    attributes: sum((t) => t.attributes),
    calls: sum((t) => t.calls),
    inputTokens: sum((t) => t.inputTokens),
    outputTokens: sum((t) => t.outputTokens),
    errors: sum((t) => t.errors),
    nonAsciiSpans: sum((t) => t.nonAsciiSpans),
    secrets: all.flatMap((t) => t.secrets),
    nearMisses: all.flatMap((t) => t.nearMisses),
  }
}

interface PlannedRequest extends RequestModel {
  readonly secrets: readonly PlantedSecret[]
  readonly nearMisses: readonly PlantedText[]
}

class LazyRequest implements TrafficRequest {
  readonly index: number
  readonly dialect: Dialect
  readonly spans: number
  readonly #options: TrafficOptions
  #protobuf: Uint8Array | null = null
  #gzip: Uint8Array | null = null

  constructor(options: TrafficOptions, index: number) {
    this.#options = options
    this.index = index
    this.spans = options.spansPerRequest
    this.dialect = options.dialect ?? dialectOf(index)
  }

  get protobuf(): Uint8Array {
    this.#protobuf ??= this.#stamped('protobuf')
    return this.#protobuf
  }

  get gzip(): Uint8Array {
    this.#gzip ??= gzipSync(this.protobuf)
    return this.#gzip
  }

  get json(): string {
    return Buffer.from(this.#stamped('json')).toString()
  }

  get ndjson(): string {
    return Buffer.from(this.#stamped('ndjson')).toString()
  }

  get truth(): Truth {
    const plan = this.#plan()
    const own = plan.operations.filter((op) => op.usage !== null && !op.usageIsAggregate)
    const total = (of: (op: Operation) => number): number =>
      own.reduce((sum, op) => sum + of(op), 0)
    const stamp = (id: string): string => stampHex(this.index) + id.slice(STAMP_HEX.length)
    return {
      spans: plan.operations.length,
      traces: new Set(plan.operations.map((op) => op.traceId)).size,
      attributes: plan.operations.reduce((n, op) => n + attributesOf(this.dialect, op).length, 0),
      calls: own.length,
      inputTokens: total((op) => op.usage?.input ?? 0),
      outputTokens: total((op) => op.usage?.output ?? 0),
      errors: plan.operations.filter((op) => op.error !== null).length,
      nonAsciiSpans: plan.operations.filter((op) => op.session.language !== 'en').length,
      secrets: plan.secrets.map((secret) => ({
        ...secret,
        traceId: stamp(secret.traceId),
        spanId: stamp(secret.spanId),
      })),
      nearMisses: plan.nearMisses,
    }
  }

  template(form: BodyForm): { body: Uint8Array; offsets: StampOffsets } {
    const plan = this.#plan()
    if (form === 'protobuf') {
      const body = encodeProtobuf(plan)
      const offsets = findStamps(body, true)
      const ids = plan.operations.reduce((n, op) => n + (op.parentId === null ? 2 : 3), 0)
      // If a marker occurred in other bytes by chance, stamping would corrupt them.
      if (offsets.raw.length !== ids)
        throw new Error(`request ${this.index}: ${offsets.raw.length} raw ids instead of ${ids}`)
      return { body, offsets }
    }
    const body = new TextEncoder().encode(form === 'json' ? encodeJson(plan) : encodeNdjson(plan))
    return { body, offsets: findStamps(body, false) }
  }

  live(template: Uint8Array): LiveStamps | null {
    const { owners } = this.#options
    if (owners === undefined) return null
    const times = this.#plan().operations.flatMap((op) => [
      nanos(op.startMs),
      nanos(op.startMs + op.durationMs),
    ])
    return findLive(template, owners, times)
  }

  #stamped(form: BodyForm): Uint8Array {
    const { body, offsets } = this.template(form)
    restamp(body, offsets, this.index)
    return body
  }

  /** Planned again each time, because the objects of a whole run would need more memory than the bodies. */
  #plan(): PlannedRequest {
    const { seed, spansPerRequest, spansPerTrace, textScale, owners } = this.#options
    let slot = 0
    const d = dice(seed, this.index)
    const service = makeService(d, this.dialect)
    const operations: Operation[] = []
    let startMs = (this.#options.baseTimeMs ?? BASE_TIME_MS) + this.index * 1000
    while (operations.length < spansPerRequest) {
      const left = spansPerRequest - operations.length
      const size = left <= 12 ? left : Math.min(d.int(3, 12), left - 3)
      const trace = makeTrace(d, Math.min(size, spansPerTrace ?? size), startMs, textScale)
      operations.push(...(owners === undefined ? trace : ownedBy(trace, slot++)))
      startMs += d.int(5, 400)
    }
    return { dialect: this.dialect, service, ...plantAll(d, operations, this.index) }
  }
}

/** The operations with the ids of an owner that every copy of the body replaces by another. */
function ownedBy(operations: readonly Operation[], slot: number): Operation[] {
  const id = ownerId(slot)
  return operations.map((op) => ({
    ...op,
    session: {
      ...op.session,
      conversationId: `conv-${id}`,
      sessionId: `sess-${id}`,
      userId: `user-${id}`,
    },
  }))
}

/** Dialect of request `index`. The proportions are exact over any run, not only on average. */
function dialectOf(index: number): Dialect {
  const debts = { 'otel-genai': 0, openllmetry: 0, openinference: 0 }
  const names = Object.keys(debts) as Dialect[]
  let chosen: Dialect = 'otel-genai'
  for (let i = 0; i <= index % 100; i++) {
    for (const name of names) debts[name] += DIALECT_MIX[name]
    chosen = names.reduce((a, b) => (debts[b] > debts[a] ? b : a))
    debts[chosen] -= 1
  }
  return chosen
}

function plantAll(
  dice: Dice,
  operations: readonly Operation[],
  request: number,
): Pick<PlannedRequest, 'operations' | 'secrets' | 'nearMisses'> {
  const secrets: PlantedSecret[] = []
  const nearMisses: PlantedText[] = []
  const planted = operations.map((op) => {
    const dieRoll = dice.float()
    if (op.kind === 'http' || dieRoll >= SECRET_SHARE + NEAR_MISS_SHARE) return op
    if (dieRoll >= SECRET_SHARE) {
      const text = makeNearMiss(dice)
      nearMisses.push(text)
      return plant(op, text.sentence)
    }
    const type = dice.pick(SECRET_CLASSES)
    const text = makeSecret(type, dice)
    secrets.push({ request, traceId: op.traceId, spanId: op.spanId, type, value: text.value })
    return plant(op, text.sentence)
  })
  return { operations: planted, secrets, nearMisses }
}

/** Puts a sentence where users paste such texts: into the last message or the arguments of a tool. */
function plant(op: Operation, sentence: string): Operation {
  if (op.tool !== null) {
    const note = `${op.tool.arguments['note'] ?? ''} ${sentence}`
    return { ...op, tool: { ...op.tool, arguments: { ...op.tool.arguments, note } } }
  }
  const last = op.input.findLastIndex((m) => m.text !== '')
  const input = op.input.map(
    (m, i): Message => (i === last ? { ...m, text: `${m.text} ${sentence}` } : m),
  )
  return { ...op, input }
}
