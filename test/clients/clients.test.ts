// Unmodified clients against a real instance: the OTLP exporters of the Node SDK (protobuf, JSON, gRPC, gzip) and the legacy
// SDK from npm. What they send must be stored exactly once.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { Instance } from '../instance.ts'

let instance: Instance

before(async () => {
  instance = await Instance.start()
})

after(async () => {
  await instance.stop()
})

async function sendWith(exporter: SpanExporter, marker: string, spans: number): Promise<void> {
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] })
  const tracer = provider.getTracer('clients-test')
  for (let i = 0; i < spans; i++) {
    const span = tracer.startSpan(`chat ${marker}`)
    span.setAttribute('gen_ai.operation.name', 'chat')
    span.setAttribute('gen_ai.request.model', 'gpt-4o')
    span.setAttribute('gen_ai.usage.input_tokens', i)
    span.end()
  }
  await provider.shutdown()
}

async function eventsNamed(name: string): Promise<Record<string, unknown>[]> {
  await instance.drained()
  return (await instance.events()).filter((e) => e['name'] === name)
}

const url = (): string => instance.url('/v1/traces')
const gzip = { compression: CompressionAlgorithm.GZIP }

const exporters: readonly (readonly [string, () => SpanExporter])[] = [
  ['protobuf', () => new ProtoExporter({ url: url() })],
  ['protobuf-gzip', () => new ProtoExporter({ url: url(), ...gzip })],
  ['json', () => new JsonExporter({ url: url() })],
  ['json-gzip', () => new JsonExporter({ url: url(), ...gzip })],
  ['grpc', () => new GrpcExporter({ url: instance.url('', 'grpc') })],
  ['grpc-gzip', () => new GrpcExporter({ url: instance.url('', 'grpc'), ...gzip })],
]

for (const [marker, make] of exporters)
  test(`the Node SDK's exporter with ${marker}: every span is stored once`, async () => {
    await sendWith(make(), marker, 50)
    const events = await eventsNamed(`chat ${marker}`)
    assert.equal(events.length, 50)
    assert.equal(new Set(events.map((e) => e['span_id'])).size, 50)
    const tokens = events.reduce((n, e) => n + Number(e['input_tokens']), 0)
    assert.equal(tokens, (49 * 50) / 2)
  })

test('npm observa-sdk 0.0.9 sends its traces twice and they are stored once', async () => {
  const script = `
    import { init } from 'observa-sdk'
    const observa = init({
      apiKey: 'sk_test_' + 'x'.repeat(32),
      apiUrl: process.env.API_URL,
      tenantId: '00000000-0000-4000-8000-000000000001',
      projectId: '00000000-0000-4000-8000-000000000002',
      environment: 'dev',
    })
    const trace = observa.startTrace({ name: 'legacy run', conversationId: 'conv-1', userId: 'user-1' })
    observa.trackLLMCall({
      model: 'gpt-4o', input: 'hello', output: 'hi there',
      inputTokens: 11, outputTokens: 7, totalTokens: 18, latencyMs: 120, finishReason: 'stop',
    })
    observa.trackToolCall({ toolName: 'lookup', args: { id: 1 }, result: { ok: true }, resultStatus: 'success', latencyMs: 5 })
    await observa.endTrace({ outcome: 'success' })
    await observa.flush()
    // The SDK keeps a timer running, so the process would not end by itself.
    process.exit(0)
  `
  await runModule(script, { API_URL: instance.url('', 'http') })
  await instance.drained()
  const events = (await instance.events()).filter((e) =>
    ['llm_call', 'tool_call', 'trace_start', 'trace_end'].includes(String(e['event_type'])),
  )
  const calls = events.filter((e) => e['event_type'] === 'llm_call')
  assert.equal(calls.length, 1, JSON.stringify(events.map((e) => e['event_type'])))
  assert.equal(calls[0]?.['input_tokens'], 11)
  assert.equal(calls[0]?.['output_tokens'], 7)
  assert.equal(calls[0]?.['conversation_id'], 'conv-1')
  assert.equal(events.filter((e) => e['event_type'] === 'tool_call').length, 1)
})

/** Runs an ES module in a separate process, as an app would, because the SDK keeps timers and global state. */
function runModule(script: string, env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname, '../..'),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (d: Buffer) => {
      output += d.toString()
    })
    child.stderr.on('data', (d: Buffer) => {
      output += d.toString()
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
    child.once('exit', (code) => {
      clearTimeout(timer)
      if (code === 0 || code === null) resolve()
      else reject(new Error(`the client ended with ${code}: ${output}`))
    })
  })
}
