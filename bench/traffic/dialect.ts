// Attributes that every application sends in any dialect, the choice of the dialect's table, and the services that the spans
// come from.

import { openinferenceAttributes } from './dialect-openinference.ts'
import { openllmetryAttributes } from './dialect-openllmetry.ts'
import { semconvAttributes } from './dialect-semconv.ts'
import type { Attribute, Dialect, Operation, Service } from './operation.ts'
import type { Dice } from './random.ts'
import { traceloopKind } from './traceloop-kind.ts'

/** Fraction of requests in each dialect. */
export const DIALECT_MIX: Readonly<Record<Dialect, number>> = {
  'otel-genai': 0.61,
  openllmetry: 0.24,
  openinference: 0.15,
}

const ATTRIBUTES: Readonly<Record<Dialect, (op: Operation) => Attribute[]>> = {
  'otel-genai': semconvAttributes,
  openllmetry: openllmetryAttributes,
  openinference: openinferenceAttributes,
}
// biome-ignore format: a table
const SCOPES: Readonly<Record<Dialect, readonly [name: string, version: string, schemaUrl: string]>> = {
  'otel-genai': ['opentelemetry.util.genai.handler', '0.4b0', 'https://opentelemetry.io/schemas/1.37.0'],
  openllmetry: ['opentelemetry.instrumentation.openai.v1', '0.47.3', ''],
  openinference: ['openinference.instrumentation.openai', '0.1.66', ''],
}
const SERVICES = [
  'checkout-assistant',
  'support-bot',
  'docs-search',
  'contract-review',
  'trip-agent',
]
const AGENTS_OF_USERS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'okhttp/4.12.0',
  'python-httpx/0.28.1',
]

export function attributesOf(dialect: Dialect, op: Operation): Attribute[] {
  const attributes = op.kind === 'http' ? httpClient(op) : ATTRIBUTES[dialect](op)
  attributes.push(...application(op))
  return attributes
}

export function spanName(dialect: Dialect, op: Operation): string {
  if (op.kind === 'http') return op.name
  if (dialect === 'openinference')
    return op.kind === 'llm'
      ? 'ChatCompletion'
      : op.kind === 'embedding'
        ? 'CreateEmbeddings'
        : op.name
  if (dialect === 'openllmetry')
    return op.kind === 'llm'
      ? 'openai.chat'
      : op.kind === 'embedding'
        ? 'openai.embeddings'
        : `${op.name}.${traceloopKind(op)}`
  const operation = {
    llm: 'chat',
    embedding: 'embeddings',
    retrieval: 'retrieval',
    tool: 'execute_tool',
    agent: 'invoke_agent',
    chain: 'invoke_workflow',
  }[op.kind]
  return `${operation} ${op.kind === 'llm' || op.kind === 'embedding' ? (op.model?.request ?? '') : op.name}`
}

export function makeService(dice: Dice, dialect: Dialect): Service {
  const [scopeName, scopeVersion, schemaUrl] = SCOPES[dialect]
  const name = dice.pick(SERVICES)
  const uuid = (): string =>
    `${dice.hex(8)}-${dice.hex(4)}-4${dice.hex(3)}-8${dice.hex(3)}-${dice.hex(12)}`
  const text = (key: string, value: string): Attribute => [key, { string: value }]
  return {
    scopeName,
    scopeVersion,
    schemaUrl,
    tenantId: uuid(),
    projectId: uuid(),
    resource: [
      text('service.name', name),
      text('service.version', `2.${dice.int(0, 30)}.${dice.int(0, 9)}`),
      text('service.namespace', 'assistants'),
      text('service.instance.id', uuid()),
      text('telemetry.sdk.language', 'python'),
      text('telemetry.sdk.name', 'opentelemetry'),
      text('telemetry.sdk.version', '1.45.2'),
      text('deployment.environment.name', dice.pick(['prod', 'prod', 'staging'])),
      text('k8s.namespace.name', 'assistants'),
      text('k8s.pod.name', `${name}-${dice.hex(9)}-${dice.chars(5, 'bcdfghjklmnpqrstvwxz')}`),
      text('host.name', `ip-10-0-${dice.int(0, 255)}-${dice.int(0, 255)}`),
      ['process.pid', { int: dice.int(1, 60_000) }],
    ],
  }
}

/** Attributes that auto-instrumentation and the application put on every span. */
function application(op: Operation): Attribute[] {
  const spread = Number.parseInt(op.spanId.slice(8, 12), 16)
  return [
    ['session.id', { string: op.session.sessionId }],
    ['user.id', { string: op.session.userId }],
    ['http.route', { string: op.session.route }],
    ['client.address', { string: `10.${spread & 255}.${spread >> 8}.17` }],
    ['user_agent.original', { string: AGENTS_OF_USERS[spread % 3] ?? '' }],
    ['app.release', { string: `2026.11.${spread % 28}` }],
    ['app.region', { string: spread % 2 === 0 ? 'eu-west-1' : 'us-east-1' }],
    ['app.experiment', { string: `prompt-layout-${spread % 4}` }],
    ['code.function.name', { string: `app.flows.${op.session.agentName.replace('-', '_')}.run` }],
  ]
}

function httpClient(op: Operation): Attribute[] {
  const host = op.model?.host ?? 'localhost'
  return [
    ['http.request.method', { string: 'POST' }],
    ['http.response.status_code', { int: 200 }],
    ['url.full', { string: `https://${host}/v1/chat/completions` }],
    ['server.address', { string: host }],
    ['server.port', { int: 443 }],
    ['network.protocol.version', { string: '1.1' }],
  ]
}
