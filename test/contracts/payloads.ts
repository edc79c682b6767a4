// Payloads that every processor and encoder must handle: requests recorded from real SDKs, legacy events, and hostile bodies
// that the decoder accepts.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskRequest } from '../../core/task.ts'
import { root } from '../house/source-files.ts'

const CAPTURES = join(root, 'test/captures')
const tenant = { tenantId: 'acme', projectId: 'shop' }

export interface Payload {
  readonly name: string
  readonly request: TaskRequest
}

function request(
  payload: Uint8Array,
  format: TaskRequest['format'],
  kind: 'traces' | 'logs',
): TaskRequest {
  return {
    payload,
    encoding: 'identity',
    format,
    telemetry: kind,
    tenant: tenant as TaskRequest['tenant'],
    receivedAtMs: 1_790_000_000_000,
  }
}

/** One recorded request for each SDK and telemetry kind. */
export function recorded(): Payload[] {
  return readdirSync(CAPTURES).flatMap((client) => {
    const first = new Map<string, string>()
    for (const file of readdirSync(join(CAPTURES, client)).toSorted()) {
      const kind = /\.(traces|logs)\.(pb|json)$/.exec(file)
      if (kind !== null && !first.has(kind[0])) first.set(kind[0], file)
    }
    return [...first].map(([ending, file]) => ({
      name: `${client}/${file}`,
      request: request(
        readFileSync(join(CAPTURES, client, file)),
        ending.endsWith('.pb') ? 'otlp-proto' : 'otlp-json',
        ending.startsWith('.traces') ? 'traces' : 'logs',
      ),
    }))
  })
}

const ID = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }

function span(
  attributes: Record<string, unknown>,
  more: Record<string, unknown> = {},
): TaskRequest {
  const list = Object.entries(attributes).map(([key, value]) => ({ key, value }))
  const body = {
    resourceSpans: [{ scopeSpans: [{ spans: [{ ...ID, name: 'x', attributes: list, ...more }] }] }],
  }
  return request(Buffer.from(JSON.stringify(body)), 'otlp-json', 'traces')
}

const text = (stringValue: string): object => ({ stringValue })
const nested = (depth: number): object => {
  let value: object = text('deep')
  for (let i = 0; i < depth; i++) value = { arrayValue: { values: [value] } }
  return value
}

/** Unusual but well-formed payloads. None of them may make a step fail or leave a batch half processed. */
export const hostile: readonly Payload[] = [
  { name: 'no attributes, no times', request: span({}) },
  {
    name: 'one key twenty times',
    request: span(Object.fromEntries([...Array(20)].map((_, i) => [`k${i % 1}`, text(`${i}`)]))),
  },
  {
    name: 'values of the wrong type',
    request: span({
      'gen_ai.usage.input_tokens': text('many'),
      'gen_ai.request.model': { intValue: '7' },
      'gen_ai.operation.name': { boolValue: true },
      'gen_ai.input.messages': { doubleValue: -0.5 },
    }),
  },
  {
    name: 'tokens beyond every number',
    request: span({
      'gen_ai.operation.name': text('chat'),
      'gen_ai.usage.input_tokens': { intValue: '9223372036854775807' },
      'gen_ai.usage.output_tokens': { intValue: '-9223372036854775808' },
    }),
  },
  {
    name: 'messages that are no JSON',
    request: span({
      'gen_ai.operation.name': text('chat'),
      'gen_ai.input.messages': text('[{"role":"user","content":'),
      'gen_ai.output.messages': text('\u0000\u0001]}'),
    }),
  },
  {
    name: 'deep values',
    request: span({ 'app.tree': nested(40), 'gen_ai.input.messages': nested(40) }),
  },
  {
    name: 'a long key and a long value',
    request: span({
      ['k'.repeat(5000)]: text('v'.repeat(200_000)),
      'http.authorization': text(`Bearer ${'a1B2'.repeat(500)}`),
    }),
  },
  {
    name: 'every script',
    request: span({
      'gen_ai.prompt': text('héllo 你好 🙂 \u202e\u0000 ﷽'),
      пароль: text('密码：abc'),
    }),
  },
  {
    name: 'two thousand attributes',
    request: span(
      Object.fromEntries([...Array(2000)].map((_, i) => [`app.key.${i}`, text(`value ${i}`)])),
    ),
  },
  {
    name: 'indexed keys with gaps',
    request: span({
      'gen_ai.prompt.0.role': text('user'),
      'gen_ai.prompt.7.content': text('late'),
      'gen_ai.prompt.999999999.content': text('far'),
      'gen_ai.prompt.-1.content': text('before'),
      'gen_ai.completion.0.tool_calls.3.name': text('f'),
    }),
  },
  {
    name: 'events and links without anything',
    request: span(
      {},
      {
        events: [{}, { name: '' }],
        links: [{ traceId: ID.traceId, spanId: ID.spanId }],
        status: { code: 2 },
      },
    ),
  },
  {
    name: 'a legacy event',
    request: request(
      Buffer.from(
        JSON.stringify({
          trace_id: ID.traceId,
          span_id: ID.spanId,
          event_type: 'llm_call',
          timestamp: '2026-09-21T12:00:00.000Z',
          attributes: {
            llm_call: {
              model: 'gpt-4o',
              input_tokens: '12',
              output: { a: [1, null, { b: 'sk-proj-not-a-key' }] },
            },
          },
        }),
      ),
      'ndjson',
      'traces',
    ),
  },
]
