// Makes up what applications do: agents that call models and tools, chains with retrieval, single calls. The same dice give
// the same traces. Spans of a trace nest in time, as real ones do.

import type {
  Message,
  Model,
  Operation,
  OperationKind,
  Session,
  ToolCall,
  Usage,
} from './operation.ts'
import type { Dice } from './random.ts'
import { STAMP_HEX } from './stamp.ts'
import { OTHER_LANGUAGES, prose } from './text.ts'

/** Fraction of traces whose text is not ASCII. */
const OTHER_LANGUAGE_SHARE = 0.1
const ERROR_SHARE = 0.03

// biome-ignore format: a table
const CHAT_MODELS: readonly Model[] = [
  { provider: 'openai', request: 'gpt-4o-mini', response: 'gpt-4o-mini-2024-07-18', host: 'api.openai.com', idPrefix: 'chatcmpl-' },
  { provider: 'openai', request: 'gpt-4o', response: 'gpt-4o-2024-08-06', host: 'api.openai.com', idPrefix: 'chatcmpl-' },
  { provider: 'openai', request: 'gpt-4.1', response: 'gpt-4.1-2025-04-14', host: 'api.openai.com', idPrefix: 'resp_' },
  { provider: 'openai', request: 'o3-mini', response: 'o3-mini-2025-01-31', host: 'api.openai.com', idPrefix: 'chatcmpl-' },
  { provider: 'anthropic', request: 'claude-3-5-sonnet-latest', response: 'claude-3-5-sonnet-20241022', host: 'api.anthropic.com', idPrefix: 'msg_01' },
  { provider: 'anthropic', request: 'claude-3-5-haiku-latest', response: 'claude-3-5-haiku-20241022', host: 'api.anthropic.com', idPrefix: 'msg_01' },
  { provider: 'gcp.gemini', request: 'gemini-2.0-flash', response: 'gemini-2.0-flash-001', host: 'generativelanguage.googleapis.com', idPrefix: 'gm-' },
  { provider: 'aws.bedrock', request: 'anthropic.claude-3-haiku-20240307-v1:0', response: 'anthropic.claude-3-haiku-20240307-v1:0', host: 'bedrock-runtime.eu-west-1.amazonaws.com', idPrefix: 'bdrk-' },
  { provider: 'mistral_ai', request: 'mistral-large-latest', response: 'mistral-large-2411', host: 'api.mistral.ai', idPrefix: 'cmpl-' },
]
// biome-ignore format: a table
const EMBEDDING_MODELS: readonly Model[] = [
  { provider: 'openai', request: 'text-embedding-3-small', response: 'text-embedding-3-small', host: 'api.openai.com', idPrefix: 'emb-' },
  { provider: 'cohere', request: 'embed-english-v3.0', response: 'embed-english-v3.0', host: 'api.cohere.com', idPrefix: 'emb-' },
]
const TOOLS = [
  ['search_orders', 'Finds orders of a customer by status and date'],
  ['get_weather', 'Returns the weather forecast of a city'],
  ['query_database', 'Runs a read-only query against the warehouse'],
  ['create_ticket', 'Opens a support ticket with a priority'],
  ['convert_currency', 'Converts an amount at the rate of today'],
  ['send_notification', 'Sends a message to a channel'],
] as const
const AGENTS = [
  'support-triage',
  'research-assistant',
  'billing-helper',
  'travel-planner',
  'code-reviewer',
]
const ROUTES = ['/v1/chat', '/v1/assist', '/api/summarize', '/api/search', '/v2/agents/{id}/run']
const CITIES = ['Lisbon', 'Osaka', 'Toronto', 'Nairobi', 'Gdansk', 'Bogota']
const ERRORS = [
  ['RateLimitError', 'Rate limit reached, please try again in 20s'],
  ['TimeoutError', 'The request timed out after 60000 ms'],
  ['APIConnectionError', 'Connection reset by peer'],
] as const

/**
 * The operations of one trace of exactly `size` spans, parents before children. Texts are `textScale` times as long as
 * usual.
 */
export function makeTrace(dice: Dice, size: number, startMs: number, textScale = 1): Operation[] {
  const trace = new TraceBuilder(dice, startMs, textScale)
  if (size < 3) return trace.callsOnly(size)
  const isAgent = dice.chance(0.6)
  const root = trace.open(isAgent ? 'agent' : 'chain')
  while (trace.count < size) {
    const left = size - trace.count
    if (!isAgent && left >= 3 && dice.chance(0.4)) trace.retrieve(root)
    else if (left >= 2 && dice.chance(0.6)) trace.callWithTool(root)
    else if (dice.chance(0.06)) trace.http(root)
    else trace.call(root)
  }
  return trace.close(root)
}

interface Root {
  readonly at: number
  readonly spanId: string
  readonly question: string
}

class TraceBuilder {
  readonly #d: Dice
  readonly #textScale: number
  readonly #operations: Operation[] = []
  readonly #traceId: string
  readonly #session: Session
  readonly #model: Model
  #history: Message[]
  #nowMs: number

  constructor(dice: Dice, startMs: number, textScale: number) {
    this.#d = dice
    this.#textScale = textScale
    this.#nowMs = startMs
    this.#traceId = `${STAMP_HEX}${dice.hex(4)}4${dice.hex(3)}${dice.pick(['8', '9', 'a', 'b'])}${dice.hex(15)}`
    this.#session = makeSession(dice)
    this.#model = dice.pick(CHAT_MODELS)
    const system = `You are ${this.#session.agentName}, a careful assistant. ${prose(dice, 'en', 180)}`
    this.#history = [
      { role: 'system', text: system },
      { role: 'user', text: this.#text(210) },
    ]
  }

  get count(): number {
    return this.#operations.length
  }

  callsOnly(size: number): Operation[] {
    for (let i = 0; i < size; i++) this.call(null)
    return this.#operations
  }

  /** Starts the root operation. `close` sets its end and its answer. */
  open(kind: 'agent' | 'chain'): Root {
    const question = this.#history[1]?.text ?? ''
    const root = { at: this.count, spanId: this.#spanId(), question }
    this.#add({ kind, name: this.#session.agentName, spanId: root.spanId, parentId: null })
    this.#nowMs += 3
    return root
  }

  close(root: Root): Operation[] {
    const open = this.#operations[root.at]
    if (open === undefined) throw new Error('a trace without a root')
    const answer = this.#history.findLast((m) => m.role === 'assistant' && m.text !== '')
    const usage = open.kind === 'agent' && this.#d.chance(0.5) ? this.#usageSum() : null
    this.#operations[root.at] = {
      ...open,
      durationMs: this.#nowMs + 2 - open.startMs,
      model: usage === null ? null : this.#model,
      input: [{ role: 'user', text: root.question }],
      output: [{ role: 'assistant', text: answer?.text ?? '' }],
      usage,
      usageIsAggregate: usage !== null,
    }
    return this.#operations
  }

  call(root: Root | null): void {
    const answer: Message = { role: 'assistant', text: this.#text(380) }
    this.#modelCall(root, answer)
    const next: Message = { role: 'user', text: this.#text(150) }
    this.#history = [...this.#history, answer, next].slice(0, 5)
  }

  callWithTool(root: Root): void {
    const tool = this.#toolCall()
    const request: Message = { role: 'assistant', text: '', toolCalls: [tool] }
    this.#modelCall(root, request)
    const result = JSON.stringify({
      status: 'ok',
      rows: this.#d.int(1, 40),
      took_ms: this.#d.int(3, 900),
      summary: this.#text(400),
    })
    const durationMs = this.#d.skewed(180, 0.9)
    this.#add({
      kind: 'tool',
      name: tool.name,
      parentId: root.spanId,
      durationMs,
      tool,
      toolResult: result,
    })
    this.#nowMs += durationMs
    this.#history = [
      ...this.#history.slice(0, 4),
      request,
      { role: 'tool', text: result, toolCallId: tool.id },
    ]
  }

  /** An embedding of the question, and the search that uses it. */
  retrieve(root: Root): void {
    const d = this.#d
    const question: Message = { role: 'user', text: root.question }
    const embedMs = d.skewed(60, 0.5)
    this.#add({
      kind: 'embedding',
      name: 'embeddings',
      parentId: root.spanId,
      durationMs: embedMs,
      model: d.pick(EMBEDDING_MODELS),
      input: [question],
      usage: { input: d.int(20, 400), output: 0, cacheRead: 0, reasoning: 0 },
    })
    this.#nowMs += embedMs
    const searchMs = d.skewed(35, 0.6)
    this.#add({
      kind: 'retrieval',
      name: 'knowledge-base',
      parentId: root.spanId,
      durationMs: searchMs,
      input: [question],
      documents: Array.from({ length: d.int(3, 5) }, (_, i) => ({
        id: `doc-${d.int(1000, 99999)}`,
        score: Math.round((0.95 - i * 0.07 - d.float() * 0.03) * 10_000) / 10_000,
        text: this.#text(260),
      })),
    })
    this.#nowMs += searchMs
  }

  http(root: Root): void {
    const durationMs = this.#d.skewed(90, 0.7)
    this.#add({ kind: 'http', name: 'POST', parentId: root.spanId, durationMs, model: this.#model })
    this.#nowMs += durationMs
  }

  #modelCall(root: Root | null, answer: Message): void {
    const d = this.#d
    const durationMs = Math.min(60_000, d.skewed(1400, 0.8))
    const failure = d.chance(ERROR_SHARE) ? d.pick(ERRORS) : null
    this.#add({
      kind: 'llm',
      name: 'chat',
      parentId: root?.spanId ?? null,
      durationMs,
      model: this.#model,
      input: this.#history,
      output: failure === null ? [answer] : [],
      error: failure === null ? null : { type: failure[0], message: failure[1] },
      usage: failure === null ? this.#usage() : null,
      temperature: d.pick([0, 0.2, 0.7, 1]),
      maxTokens: d.pick([512, 1024, 4096]),
      timeToFirstMs: Math.round(durationMs * 0.3),
    })
    this.#nowMs += durationMs
  }

  #usage(): Usage {
    const d = this.#d
    const input = d.int(120, 6000)
    const output = d.int(10, 900)
    return {
      input,
      output,
      cacheRead: d.chance(0.3) ? Math.floor(input * 0.6) : 0,
      reasoning: d.chance(0.2) ? Math.floor(output * 0.4) : 0,
    }
  }

  #usageSum(): Usage {
    const sum = { input: 0, output: 0, cacheRead: 0, reasoning: 0 }
    for (const { kind, usage } of this.#operations) {
      if (kind !== 'llm' || usage === null) continue
      sum.input += usage.input
      sum.output += usage.output
      sum.cacheRead += usage.cacheRead
      sum.reasoning += usage.reasoning
    }
    return sum
  }

  #toolCall(): ToolCall {
    const d = this.#d
    return {
      id: `call_${STAMP_HEX}${d.hex(16)}`,
      name: d.pick(TOOLS)[0],
      arguments: { city: d.pick(CITIES), limit: d.int(5, 50), note: this.#text(90) },
    }
  }

  #text(medianBytes: number): string {
    const bytes = this.#d.skewed(medianBytes, 0.55)
    return prose(this.#d, this.#session.language, Math.round(bytes * this.#textScale))
  }

  #spanId(): string {
    return `${STAMP_HEX}${this.#d.hex(4)}4${this.#d.hex(3)}`
  }

  #add(
    fields: Partial<Operation> & { kind: OperationKind; name: string; parentId: string | null },
  ): void {
    this.#operations.push({
      traceId: this.#traceId,
      spanId: fields.spanId ?? this.#spanId(),
      startMs: this.#nowMs,
      durationMs: 0,
      error: null,
      model: null,
      responseId: STAMP_HEX + this.#d.hex(21),
      usage: null,
      usageIsAggregate: false,
      input: [],
      output: [],
      tool: null,
      toolResult: '',
      documents: [],
      session: this.#session,
      temperature: 0,
      maxTokens: 0,
      timeToFirstMs: 0,
      ...fields,
    })
  }
}

function makeSession(dice: Dice): Session {
  const agentName = dice.pick(AGENTS)
  return {
    conversationId: `conv-${dice.hex(16)}`,
    sessionId: `sess-${dice.hex(12)}`,
    userId: `user-${dice.int(1, 5000)}`,
    agentName,
    agentId: `agent-${dice.hex(8)}`,
    route: dice.pick(ROUTES),
    language: dice.chance(OTHER_LANGUAGE_SHARE) ? dice.pick(OTHER_LANGUAGES) : 'en',
    toolDefinitions: TOOLS.slice(0, dice.int(2, 4)).map(([name, description]) => ({
      name,
      description,
    })),
  }
}
