// Encodes one request as OTLP protobuf, as OTLP JSON and as legacy Observa events (NDJSON).

import { attributesOf, spanName } from './dialect.ts'
import { finishReason } from './dialect-semconv.ts'
import type { Attribute, AttributeValue, Dialect, Operation, Service } from './operation.ts'
import { ProtobufWriter } from './protobuf.ts'

export interface RequestModel {
  readonly dialect: Dialect
  readonly service: Service
  readonly operations: readonly Operation[]
}

const KIND_INTERNAL = 1
const KIND_CLIENT = 3
const STATUS_ERROR = 2

/** ExportTraceServiceRequest { ResourceSpans = 1 { Resource = 1, ScopeSpans = 2 { Scope = 1, Span = 2 } } }. */
export function encodeProtobuf({ dialect, service, operations }: RequestModel): Uint8Array {
  const w = new ProtobufWriter()
  w.message(1, () => {
    w.message(1, () => {
      for (const attribute of service.resource) w.attribute(1, attribute)
    })
    w.message(2, () => {
      w.message(1, () => {
        w.stringField(1, service.scopeName)
        w.stringField(2, service.scopeVersion)
      })
      for (const op of operations)
        w.message(2, () => {
          writeSpan(w, dialect, op)
        })
      if (service.schemaUrl !== '') w.stringField(3, service.schemaUrl)
    })
  })
  return w.finish()
}

/** Span: 1 trace, 2 span, 4 parent, 5 name, 6 kind, 7 start, 8 end, 9 attributes, 11 events, 15 status, 16 flags. */
function writeSpan(writer: ProtobufWriter, dialect: Dialect, op: Operation): void {
  writer.hexField(1, op.traceId)
  writer.hexField(2, op.spanId)
  if (op.parentId !== null) writer.hexField(4, op.parentId)
  writer.stringField(5, spanName(dialect, op))
  writer.varintField(6, spanKind(op))
  writer.fixed64Field(7, nanos(op.startMs))
  writer.fixed64Field(8, nanos(op.startMs + op.durationMs))
  for (const attribute of attributesOf(dialect, op)) writer.attribute(9, attribute)
  const { error } = op
  if (error === null) return
  writer.message(11, () => {
    writer.fixed64Field(1, nanos(op.startMs + op.durationMs))
    writer.stringField(2, 'exception')
    for (const attribute of exceptionAttributes(error)) writer.attribute(3, attribute)
  })
  writer.message(15, () => {
    writer.stringField(2, error.message)
    writer.varintField(3, STATUS_ERROR)
  })
}

export function encodeJson({ dialect, service, operations }: RequestModel): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: service.resource.map(jsonAttribute) },
        scopeSpans: [
          {
            scope: { name: service.scopeName, version: service.scopeVersion },
            spans: operations.map((op) => jsonSpan(dialect, op)),
            schemaUrl: service.schemaUrl,
          },
        ],
      },
    ],
  })
}

function jsonSpan(dialect: Dialect, op: Operation): object {
  const endTimeUnixNano = nanos(op.startMs + op.durationMs).toString()
  return {
    traceId: op.traceId,
    spanId: op.spanId,
    ...(op.parentId === null ? {} : { parentSpanId: op.parentId }),
    name: spanName(dialect, op),
    kind: spanKind(op),
    startTimeUnixNano: nanos(op.startMs).toString(),
    endTimeUnixNano,
    attributes: attributesOf(dialect, op).map(jsonAttribute),
    ...(op.error === null
      ? { status: {} }
      : {
          events: [
            {
              timeUnixNano: endTimeUnixNano,
              name: 'exception',
              attributes: exceptionAttributes(op.error).map(jsonAttribute),
            },
          ],
          status: { code: STATUS_ERROR, message: op.error.message },
        }),
  }
}

/** One legacy event on each line. Its ids are UUIDs that begin with the bytes of the OTLP ids. */
export function encodeNdjson({ service, operations }: RequestModel): string {
  let out = ''
  for (const op of operations) out += `${JSON.stringify(legacyEvent(service, op))}\n`
  return out
}

function legacyEvent(service: Service, op: Operation): object {
  return {
    tenant_id: service.tenantId,
    project_id: service.projectId,
    environment: 'prod',
    trace_id: uuid(op.traceId),
    span_id: uuid(spanUuidHex(op.spanId)),
    parent_span_id: op.parentId === null ? null : uuid(spanUuidHex(op.parentId)),
    timestamp: new Date(op.startMs + op.durationMs).toISOString(),
    conversation_id: op.session.conversationId,
    session_id: op.session.sessionId,
    user_id: op.session.userId,
    agent_name: op.session.agentName,
    version: '1.4.2',
    route: op.session.route,
    ...legacyPayload(op),
  }
}

function legacyPayload(op: Operation): { event_type: string; attributes: object } {
  const latency_ms = Math.round(op.durationMs)
  const input = op.input.map((m) => m.text).join('\n')
  if (op.kind === 'llm') return { event_type: 'llm_call', attributes: { llm_call: legacyCall(op) } }
  if (op.tool !== null)
    return {
      event_type: 'tool_call',
      attributes: {
        tool_call: {
          tool_name: op.tool.name,
          args: op.tool.arguments,
          result: op.toolResult,
          result_status: 'success',
          tool_call_id: op.tool.id,
          latency_ms,
        },
      },
    }
  if (op.kind === 'retrieval')
    return {
      event_type: 'retrieval',
      attributes: {
        retrieval: {
          retrieval_context_ids: op.documents.map((document) => document.id),
          similarity_scores: op.documents.map((document) => document.score),
          retrieval_context: `${input}\n${op.documents.map((document) => document.text).join('\n')}`,
          k: op.documents.length,
          latency_ms,
        },
      },
    }
  if (op.kind === 'embedding')
    return {
      event_type: 'embedding',
      attributes: {
        embedding: {
          model: op.model?.request ?? '',
          provider_name: op.model?.provider ?? '',
          dimension_count: 1536,
          input_tokens: op.usage?.input ?? null,
          input_text: input,
          latency_ms,
        },
      },
    }
  const answer = op.output[0]?.text ?? ''
  if (op.kind === 'http')
    return {
      event_type: 'cache_operation',
      attributes: { cache_operation: { cache_backend: 'http', hit_status: 'miss', latency_ms } },
    }
  return {
    event_type: 'output',
    attributes: { output: { final_output: `${input}\n${answer}`, output_length: answer.length } },
  }
}

function legacyCall(op: Operation): object {
  return {
    model: op.model?.request ?? '',
    response_model: op.model?.response ?? '',
    provider_name: op.model?.provider ?? '',
    operation_name: 'chat',
    input: op.input.map((m) => m.text).join('\n'),
    output: op.output[0]?.text ?? null,
    input_messages: op.input.map((m) => ({ role: m.role, content: m.text })),
    output_messages: op.output.map((m) => ({ role: m.role, content: m.text })),
    input_tokens: op.usage?.input ?? null,
    output_tokens: op.usage?.output ?? null,
    total_tokens: op.usage === null ? null : op.usage.input + op.usage.output,
    latency_ms: Math.round(op.durationMs),
    time_to_first_token_ms: op.timeToFirstMs,
    temperature: op.temperature === 0 ? null : op.temperature,
    max_tokens: op.maxTokens,
    finish_reason: op.error === null ? finishReason(op) : null,
    response_id: op.error === null ? (op.model?.idPrefix ?? '') + op.responseId : null,
    server_address: op.model?.host ?? null,
    status: op.error === null ? 'success' : 'error',
  }
}

function spanKind(op: Operation): number {
  return op.kind === 'llm' || op.kind === 'embedding' || op.kind === 'http'
    ? KIND_CLIENT
    : KIND_INTERNAL
}

function exceptionAttributes(error: {
  readonly type: string
  readonly message: string
}): Attribute[] {
  return [
    ['exception.type', { string: `openai.${error.type}` }],
    ['exception.message', { string: error.message }],
    [
      'exception.stacktrace',
      {
        string: `Traceback (most recent call last):\n  File "/app/flows/run.py", line 88, in call\n    raise ${error.type}\nopenai.${error.type}: ${error.message}`,
      },
    ],
  ]
}

function jsonAttribute([key, value]: Attribute): object {
  return { key, value: jsonValue(value) }
}

function jsonValue(value: AttributeValue): object {
  if ('string' in value) return { stringValue: value.string }
  if ('bool' in value) return { boolValue: value.bool }
  if ('int' in value) return { intValue: String(value.int) }
  if ('double' in value) return { doubleValue: value.double }
  return { arrayValue: { values: value.strings.map((stringValue) => ({ stringValue })) } }
}

export function nanos(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n
}

/** A version 4 UUID that begins with the eight bytes of a span id. */
function spanUuidHex(spanId: string): string {
  return `${spanId}a${spanId.slice(9)}${spanId.slice(8)}`
}

function uuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}
