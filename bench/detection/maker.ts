// Makes the spans of scenarios from a seed.

import type { SignalType } from '../../core/signals/signal.ts'

export interface ScenarioSpan {
  readonly trace: string
  readonly span: string
  readonly parent?: string
  readonly name: string
  readonly startMs: number
  readonly ms: number
  readonly service: string
  readonly attributes: Readonly<Record<string, string | number>>
  readonly error?: string
}

export interface Scenario {
  readonly id: string
  /** The type that the scenario is about; `want` says whether it must be found. */
  readonly type: SignalType
  readonly want: boolean
  readonly spans: readonly ScenarioSpan[]
}

/** mulberry32: small, and the same everywhere. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export class Maker {
  readonly random: () => number
  readonly spans: ScenarioSpan[] = []
  readonly #baseMs: number
  readonly service: string
  #trace: string

  constructor(random: () => number, baseMs: number) {
    this.random = random
    this.#baseMs = baseMs
    this.service = `app-${this.hex(6)}`
    this.#trace = this.hex(32)
  }

  hex(digits: number): string {
    let out = ''
    while (out.length < digits) out += Math.floor(this.random() * 16).toString(16)
    return out
  }

  pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.random() * all.length)] as T
  }

  between(low: number, high: number): number {
    return Math.floor(low + this.random() * (high - low))
  }

  newTrace(): void {
    this.#trace = this.hex(32)
  }

  /** A span `atMs` after the begin of the scenario; returns its id. */
  span(
    atMs: number,
    ms: number,
    name: string,
    attributes: ScenarioSpan['attributes'],
    more: { readonly parent?: string; readonly error?: string } = {},
  ): string {
    const span = this.hex(16)
    const startMs = this.#baseMs + atMs
    this.spans.push({
      trace: this.#trace,
      span,
      name,
      startMs,
      ms,
      service: this.service,
      attributes,
      ...more,
    })
    return span
  }

  chat(atMs: number, more: ScenarioSpan['attributes'] = {}, ms = 400, error?: string): string {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4.1-mini',
      'gen_ai.response.id': this.hex(20),
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 20,
      'gen_ai.input.messages': said('user', `question ${this.hex(8)}`),
      'gen_ai.output.messages': said('assistant', `answer ${this.hex(8)}`),
      ...more,
    }
    return this.span(atMs, ms, 'chat', attributes, error === undefined ? {} : { error })
  }

  tool(
    atMs: number,
    name: string,
    args: unknown,
    result: unknown,
    more: {
      readonly parent?: string
      readonly error?: string
      readonly ms?: number
      readonly errorType?: string
    } = {},
  ): string {
    const attributes: Record<string, string | number> = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': name,
      'gen_ai.tool.call.arguments': JSON.stringify(args),
    }
    if (result !== undefined) attributes['gen_ai.tool.call.result'] = JSON.stringify(result)
    if (more.errorType !== undefined) attributes['error.type'] = more.errorType
    return this.span(atMs, more.ms ?? 200, `execute_tool ${name}`, attributes, more)
  }

  agent(ms: number, error?: string): string {
    const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'worker' }
    return this.span(0, ms, 'invoke_agent worker', attributes, error === undefined ? {} : { error })
  }
}

export const said = (role: string, text: string): string =>
  JSON.stringify([{ role, parts: [{ type: 'text', content: text }] }])

/** A kind of scenario: what it is about, and whether that must be found. */
export type Recipe = readonly [
  type: SignalType,
  name: string,
  want: boolean,
  make: (m: Maker) => void,
]
