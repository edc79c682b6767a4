// Requests recorded from real clients, with the sums that their events must have: one compressed file a client.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { TaskRequest } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { oracleDecode, oracleEncode } from '../../proto/testing/oracle.ts'

export interface RecordedTruth {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_read_tokens?: number
  readonly reasoning_tokens?: number
  readonly calls: number
  readonly failed_calls?: number
}

export interface Recording {
  readonly name: string
  readonly truth: RecordedTruth
  /** The requests in the order in which they were sent. */
  readonly requests: readonly TaskRequest[]
}

interface RecordedFile {
  readonly truth: RecordedTruth
  readonly files: readonly { readonly name: string; readonly bytes: string }[]
}

const root = join(import.meta.dirname, 'recordings')

export function recordings(): Recording[] {
  return readdirSync(root).map((file) => {
    const text = gunzipSync(readFileSync(join(root, file))).toString('utf8')
    // Written once, by hand, in this form.
    const { truth, files } = JSON.parse(text) as RecordedFile
    const requests = files.map(({ name, bytes }) => requestOf(name, Buffer.from(bytes, 'base64')))
    return { name: file.replace('.json.gz', ''), truth, requests }
  })
}

function requestOf(name: string, payload: Buffer): TaskRequest {
  return {
    payload: new Uint8Array(payload),
    encoding: 'identity',
    format: name.endsWith('.json') ? 'otlp-json' : 'otlp-proto',
    telemetry: name.includes('.logs.') ? 'logs' : 'traces',
    tenant: DEFAULT_TENANT,
    receivedAtMs: 1_796_000_000_000,
  }
}

/** Selects what is renamed: the names of scopes, or also the words in attribute keys that name a dialect. */
export type Renamed = 'scopes' | 'scopes and keys'

/** The same request of instrumentations that nobody has heard of. */
export function renamed(request: TaskRequest, what: Renamed): TaskRequest {
  const type =
    request.telemetry === 'logs' ? 'ExportLogsServiceRequest' : 'ExportTraceServiceRequest'
  if (request.format === 'otlp-json') {
    const message: unknown = JSON.parse(Buffer.from(request.payload).toString('utf8'))
    rename(message, what)
    return { ...request, payload: Buffer.from(JSON.stringify(message)) }
  }
  const message = oracleDecode(type, request.payload) as Record<string, unknown>
  rename(message, what)
  return { ...request, payload: oracleEncode(type, message) }
}

const unknown = new Map<string, string>()
/** Words in keys by which dialects are named; `gen_ai`, `llm` and the like belong to conventions of many. */
const DIALECT_WORDS =
  /langfuse|open_?inference|traceloop|lang_?smith|mlflow|laminar|lmnr|haystack|logfire|genkit|mastra|langwatch|strands|\bag2\b|crewai|agno|smolagents|semantic_?kernel|langtrace|openlit|litellm|pydantic|voltagent|^ai(?=\.)|anthropic\.sdk|agent_framework/gi

function rename(x: unknown, what: Renamed): void {
  if (x === null || typeof x !== 'object' || x instanceof Uint8Array) return
  for (const [key, value] of Object.entries(x)) {
    const scope = key === 'scope' ? (value as { name?: unknown } | null) : null
    if (typeof scope?.name === 'string') {
      const name = unknown.get(scope.name) ?? `acme.tracer.${unknown.size}`
      unknown.set(scope.name, name)
      scope.name = name
    } else if (key === 'key' && typeof value === 'string' && what === 'scopes and keys')
      Object.assign(x, { key: value.replace(DIALECT_WORDS, 'acme') })
    else rename(value, what)
  }
}
