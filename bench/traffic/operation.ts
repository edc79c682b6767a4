// An operation of a simulated application, independent of any dialect. One operation becomes one span (or one legacy event).
// `trace.ts` makes operations up, and the dialect files turn them into attributes.

import type { SecretClass } from './secrets.ts'
import type { Language } from './text.ts'

export type Dialect = 'otel-genai' | 'openllmetry' | 'openinference'
export type OperationKind = 'llm' | 'embedding' | 'retrieval' | 'tool' | 'agent' | 'chain' | 'http'

export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: Readonly<Record<string, string | number>>
}

/** One message of a conversation. A `tool` message is the result of the call with id `toolCallId`. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
  readonly toolCalls?: readonly ToolCall[]
  readonly toolCallId?: string
}

export interface Usage {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly reasoning: number
}

export interface Model {
  readonly provider: string
  readonly request: string
  readonly response: string
  readonly host: string
  /** Prefix of this provider's response ids. */
  readonly idPrefix: string
}

export interface Operation {
  readonly kind: OperationKind
  readonly name: string
  /** 32 hex digits. The first 8 digits of every id are `STAMP_HEX` until `restamp` replaces them. */
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | null
  readonly startMs: number
  readonly durationMs: number
  readonly error: { readonly type: string; readonly message: string } | null
  readonly model: Model | null
  readonly responseId: string
  readonly usage: Usage | null
  /** The usage only repeats what child operations reported. */
  readonly usageIsAggregate: boolean
  readonly input: readonly Message[]
  readonly output: readonly Message[]
  readonly tool: ToolCall | null
  readonly toolResult: string
  readonly documents: readonly {
    readonly id: string
    readonly score: number
    readonly text: string
  }[]
  readonly session: Session
  readonly temperature: number
  readonly maxTokens: number
  readonly timeToFirstMs: number
}

/** The data that all operations of a trace share. */
export interface Session {
  readonly conversationId: string
  readonly sessionId: string
  readonly userId: string
  readonly agentName: string
  readonly agentId: string
  readonly route: string
  readonly language: Language
  readonly toolDefinitions: readonly { readonly name: string; readonly description: string }[]
}

/** A value of an attribute: string, 64-bit integer, double, boolean or array of strings. */
export type AttributeValue =
  | { readonly string: string }
  | { readonly int: number }
  | { readonly double: number }
  | { readonly bool: boolean }
  | { readonly strings: readonly string[] }
export type Attribute = readonly [key: string, value: AttributeValue]

export interface Service {
  readonly resource: readonly Attribute[]
  readonly scopeName: string
  readonly scopeVersion: string
  readonly schemaUrl: string
  readonly tenantId: string
  readonly projectId: string
}

/** A secret that was put into a span and must not be in the output. */
export interface PlantedSecret {
  readonly request: number
  readonly traceId: string
  readonly spanId: string
  readonly type: SecretClass
  readonly value: string
}
