// No text of a request reaches a disk or a destination unscrubbed: a token is put into every string and bytes field of
// the OTLP messages, one at a time, and of the legacy events, and must not be in what any exporter is given. The fields come from the descriptors
// of `proto/otlp/otlp.proto`, with an unknown field added to each message, so a field of a later version is covered as soon as
// it is known.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import { registry } from '../../collector/registry.ts'
import { pipelineSpec } from '../../collector/service/pipeline-spec.ts'
import { buildChain, buildMetricsChain } from '../../collector/worker/build-chain.ts'
import { loadConfig } from '../../config/load.ts'
import type { PayloadFormat, Task, TaskResult, TelemetryKind } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'

const TOKEN = ['ghp', '_', '0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX'].join('')
const MARKER = '[REDACTED:github_token]'

const YAML = `
receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {}, cost: {}, signals: {} }
exporters:
  clickhouse: { url: "http://127.0.0.1:9" }
  postgres: { url: "postgres://127.0.0.1:9/x" }
  kafka: { brokers: ["127.0.0.1:9"] }
  otlp_http: { endpoint: "http://127.0.0.1:9" }
  file: { path: /var/tmp/observa-canaries.jsonl }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres, kafka, otlp_http, file] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres, kafka, otlp_http, file] }
    metrics: { receivers: [otlp], processors: [scrub], exporters: [otlp_http] }
`

interface Runner {
  run(task: Task): TaskResult
}

async function runner(telemetry: TelemetryKind): Promise<Runner> {
  const result = await loadConfig({
    files: ['test.yaml'],
    sets: [],
    env: {},
    readFile: async () => YAML,
    fileMode: async () => 0o600,
    registry,
  })
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  const pipeline = result.config.service.pipelines.get(telemetry)
  assert.ok(pipeline !== undefined)
  const spec = structuredClone(pipelineSpec(result.config, pipeline, false))
  return telemetry === 'metrics' ? buildMetricsChain(spec) : buildChain(spec)
}

/** The official messages, each with a field that this version does not know. */
const root = protobuf.loadSync(
  fileURLToPath(new URL('../../proto/otlp/otlp.proto', import.meta.url)),
)
const UNKNOWN = 'canaryUnknown'
for (const type of typesUnder(root)) type.add(new protobuf.Field(UNKNOWN, 1000, 'string'))

function typesUnder(namespace: protobuf.NamespaceBase): protobuf.Type[] {
  return namespace.nestedArray.flatMap((n) => {
    const own = n instanceof protobuf.Type ? [n] : []
    return n instanceof protobuf.Namespace ? [...own, ...typesUnder(n)] : own
  })
}

type Path = readonly protobuf.Field[]

/** Paths to all string and bytes fields; a message that holds itself is entered once more. */
function leaves(type: protobuf.Type, above: readonly protobuf.Type[] = []): Path[] {
  return type.fieldsArray.flatMap((field): Path[] => {
    field.resolve()
    if (field.resolvedType instanceof protobuf.Type) {
      const inner = field.resolvedType
      if (above.filter((t) => t === inner).length >= 2) return []
      return leaves(inner, [...above, inner]).map((path) => [field, ...path])
    }
    return field.type === 'string' || field.type === 'bytes' ? [[field]] : []
  })
}

type Json = Record<string, unknown>
type Write = (field: protobuf.Field) => unknown

/** The fields without which an item would be rejected, or through which the path continues. */
const NEEDED: Readonly<Record<string, (ids: Json) => Json>> = {
  Span: (ids) => ({ ...ids, name: 'n' }),
  Link: (ids) => ids,
  LogRecord: () => ({ body: { stringValue: 'x' } }),
  Metric: () => ({ name: 'm' }),
  KeyValue: () => ({ key: 'k', value: { stringValue: 'v' } }),
  NumberDataPoint: () => ({ asInt: '1' }),
}
const CHILDREN: Readonly<Record<string, string>> = {
  ExportTraceServiceRequest: 'resourceSpans',
  ResourceSpans: 'scopeSpans',
  ScopeSpans: 'spans',
  ExportLogsServiceRequest: 'resourceLogs',
  ResourceLogs: 'scopeLogs',
  ScopeLogs: 'logRecords',
  ExportMetricsServiceRequest: 'resourceMetrics',
  ResourceMetrics: 'scopeMetrics',
  ScopeMetrics: 'metrics',
  Metric: 'gauge',
  Gauge: 'dataPoints',
  Sum: 'dataPoints',
}

/** A valid message with one value at the end of `path`. */
function message(type: protobuf.Type, path: Path, ids: Json, write: Write): Json {
  const out: Json = { ...NEEDED[type.name]?.(ids) }
  const [next, ...rest] = path
  const put = (field: protobuf.Field, value: unknown): void => {
    // A oneof may contain only the member on the path.
    for (const other of field.partOf?.oneof ?? []) delete out[other]
    out[field.name] = field.repeated ? [value] : value
  }
  const child = CHILDREN[type.name]
  if (child !== undefined && child !== next?.name) {
    const field = type.fields[child]?.resolve() as protobuf.Field
    put(field, message(field.resolvedType as protobuf.Type, [], ids, write))
  }
  if (next === undefined) return out
  const inner = next.resolvedType
  put(next, inner instanceof protobuf.Type ? message(inner, rest, ids, write) : write(next))
  return out
}

const isId = (field: protobuf.Field): boolean => /^(?:trace|span|parentSpan)Id$/.test(field.name)

function asProtobuf(type: protobuf.Type, path: Path): Buffer {
  const ids = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2) }
  const plain = message(type, path, ids, (f) => (f.type === 'bytes' ? Buffer.from(TOKEN) : TOKEN))
  return Buffer.from(type.encode(type.fromObject(plain)).finish())
}

/**
 * The same, and behind the value in the same message another one: readers take the last, so who looks at one only
 * overlooks the first. It is written as the unknown field, whose two bytes of tag then become that of the field.
 */
function asProtobufTwice(type: protobuf.Type, path: Path): Buffer {
  const ids = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2) }
  const field = path.at(-1) as protobuf.Field
  const plain = message(type, path, ids, (f) => (f.type === 'bytes' ? Buffer.from(TOKEN) : TOKEN))
  let owner = plain
  for (const f of path.slice(0, -1)) {
    const next = owner[f.name]
    owner = (Array.isArray(next) ? next[0] : next) as Json
  }
  owner[UNKNOWN] = 'behind'
  const bytes = Buffer.from(type.encode(type.fromObject(plain)).finish())
  const at = bytes.indexOf(Buffer.from([0xc2, 0x3e, 6]))
  assert.ok(at > 0)
  bytes[at] = 0x80 | ((field.id << 3) | 2)
  bytes[at + 1] = 0
  return bytes
}

function asJson(type: protobuf.Type, path: Path): Buffer {
  const ids = { traceId: '01'.repeat(16), spanId: '02'.repeat(8) }
  const plain = message(type, path, ids, (f) => {
    if (f.type !== 'bytes') return TOKEN
    return Buffer.from(TOKEN)
      .subarray(0, isId(f) ? 32 : undefined)
      .toString(isId(f) ? 'hex' : 'base64')
  })
  return Buffer.from(JSON.stringify(plain))
}

/** Twelve characters of the token as text, hex, or base64 at any alignment: bytes may be written down so. */
const PIECE = TOKEN.slice(8, 20)
const TRACES_OF = [
  PIECE,
  Buffer.from(PIECE).toString('hex'),
  ...[0, 1, 2].map((n) =>
    Buffer.from(TOKEN.slice(8 + n, 20))
      .toString('base64')
      .slice(2, 14),
  ),
  ...[8, 9, 10].map((n) => Buffer.from(TOKEN.slice(n, n + 9)).toString('base64')),
]

/** Everything that leaves a worker, as text. */
function leaving(result: TaskResult): Map<string, string> {
  const out = new Map<string, string>()
  for (const part of result.parts) {
    const name = `${part.exporter} ${part.stream}`
    out.set(name, (out.get(name) ?? '') + Buffer.from(part.bytes).toString('latin1'))
  }
  out.set('verdicts and counters', JSON.stringify([result.verdicts, result.counters]))
  out.set('facts', Buffer.from(result.facts.eventIds).toString('latin1'))
  return out
}

function mustBeGone(result: TaskResult, what: string): void {
  for (const [name, text] of leaving(result))
    for (const piece of TRACES_OF)
      assert.equal(text.includes(piece), false, `${what}: the token is in ${name}`)
}

function task(payload: Buffer, format: PayloadFormat, telemetry: TelemetryKind): Task {
  return {
    requests: [
      {
        payload,
        encoding: 'identity',
        format,
        telemetry,
        tenant: DEFAULT_TENANT,
        receivedAtMs: 1_790_000_000_000,
      },
    ],
    corrections: [],
  }
}

const ROOTS: Readonly<Record<TelemetryKind, string>> = {
  traces: 'ExportTraceServiceRequest',
  logs: 'ExportLogsServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
}

for (const telemetry of ['traces', 'logs', 'metrics'] as const)
  for (const [format, write] of [
    ['otlp-proto', asProtobuf],
    ['otlp-json', asJson],
  ] as const)
    test(`no field of ${telemetry} in ${format} carries a token to an exporter`, async () => {
      const chain = await runner(telemetry)
      const type = root.lookupType(`otlp.${ROOTS[telemetry]}`)
      const paths = leaves(type)
      assert.ok(paths.length > 60, `${paths.length} fields`)
      let carried = 0
      for (const path of paths) {
        const what = path.map((f) => f.name).join('.')
        const result = chain.run(task(write(type, path), format, telemetry))
        mustBeGone(result, what)
        const last = path.at(-1) as protobuf.Field
        // An id of a wrong length costs the item or the link; nobody knows what an unknown field holds.
        if (isId(last) || last.name === UNKNOWN) continue
        assert.equal(result.verdicts[0]?.kind, 'accepted', what)
        // Only traces and logs have no field for references to entities.
        if (telemetry !== 'metrics' && what.includes('entityRefs')) continue
        const otlp = [...leaving(result)].filter(([name]) => name.startsWith('otlp_http'))
        assert.ok(
          otlp.some(([, text]) => text.includes(MARKER)),
          `${what} was not sent on`,
        )
        carried++
      }
      assert.ok(carried > 40, `${carried} fields were sent on`)
    })

test('of a field that comes twice neither value carries a token to an exporter', async () => {
  for (const telemetry of ['traces', 'logs', 'metrics'] as const) {
    const chain = await runner(telemetry)
    const type = root.lookupType(`otlp.${ROOTS[telemetry]}`)
    const paths = leaves(type).filter((p) => p.at(-1)?.name !== UNKNOWN)
    for (const path of paths) {
      const what = path.map((f) => f.name).join('.')
      const result = chain.run(task(asProtobufTwice(type, path), 'otlp-proto', telemetry))
      mustBeGone(result, what)
      if (!path.some(isId)) assert.equal(result.verdicts[0]?.kind, 'accepted', what)
    }
  }
})

const UUID = '8cb6cbbd-b818-46af-96ba-781393f8d3ce'
/** Legacy events with a value of every kind that the client sends, at every depth. */
const LEGACY: readonly Json[] = [
  {
    trace_id: UUID,
    span_id: UUID,
    parent_span_id: UUID,
    timestamp: '2026-11-23T15:53:59.656Z',
    event_type: 'llm_call',
    tenant_id: 't',
    project_id: 'p',
    environment: 'prod',
    conversation_id: 'c',
    session_id: 's',
    user_id: 'u',
    agent_name: 'a',
    version: '1',
    route: '/chat',
    metadata: { note: 'n', deep: { deeper: [{ deepest: 'd' }] } },
    attributes: {
      llm_call: {
        model: 'gpt-4o',
        input: 'i',
        output: 'o',
        finish_reason: 'stop',
        response_id: 'r',
        input_messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }],
        tool_calls: [{ id: 'x', function: { name: 'f', arguments: '{"a":1}' } }],
        latency_ms: 1200,
      },
      error: { error_type: 'e', error_message: 'm', stack_trace: 's' },
      signal: { signal_name: 'n', signal_value: 'v' },
    },
  },
  {
    traceId: UUID,
    spanId: UUID,
    name: 'n',
    model: 'm',
    query: 'q',
    response: 'r',
    metadata: { a: 'b' },
    latencyMs: 5,
  },
]

/** The document with one value after the other, and one key after the other, in the place of which the token stands. */
function* withToken(value: unknown): Generator<unknown> {
  yield TOKEN
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const [i, inner] of value.entries())
      for (const changed of withToken(inner)) yield value.with(i, changed)
    return
  }
  for (const [name, inner] of Object.entries(value)) {
    for (const changed of withToken(inner)) yield { ...value, [name]: changed }
    const { [name]: own, ...others } = value as Json
    yield { ...others, [`${name}.${TOKEN}`]: own }
  }
}

test('no value and no key of a legacy event carries a token to an exporter', async () => {
  const chain = await runner('traces')
  let taken = 0
  for (const [i, document] of LEGACY.entries()) {
    for (const changed of withToken(document)) {
      const text = JSON.stringify(changed)
      const forms: readonly (readonly [PayloadFormat, string])[] =
        i === 0
          ? [
              ['ndjson', `${text}\n`],
              ['json-array', `[${text}]`],
              ['ndjson', `${text.slice(0, -1)}\n`],
            ]
          : [['trace-v0', text]]
      for (const [format, body] of forms) {
        const result = chain.run(task(Buffer.from(body), format, 'traces'))
        mustBeGone(result, `${format} ${text.replaceAll(TOKEN, 'TOKEN')}`)
        const verdict = result.verdicts[0]
        if (verdict?.kind === 'accepted' && verdict.accepted > 0) taken++
      }
    }
  }
  assert.ok(taken > 100, `${taken} events were taken`)
})
