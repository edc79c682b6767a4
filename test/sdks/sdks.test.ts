// GenAI instrumentation SDKs for Node as users run them, with a fake model and a real instance. The instance must count
// exactly what the model answered, once, with messages, tools and errors in canonical form.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { Instance } from '../instance.ts'
import { answered, counted, type Event, type Run, runApp } from './app-run.ts'
import { ANSWER_TEXT } from './fake-llm.ts'

let instance: Instance

before(async () => {
  instance = await Instance.start()
})

after(async () => {
  const ledger = {
    rejected: await instance.metric('observa_pipeline_rejected_items_total'),
    refused:
      (await instance.metric('otelcol_receiver_refused_spans')) +
      (await instance.metric('otelcol_receiver_refused_log_records')),
    // Everything accepted is stored, except re-sends.
    stored:
      (await instance.metric('observa_pipeline_accepted_items_total')) -
      (await instance.metric('observa_pipeline_resent_items_total')),
  }
  const stored = (await instance.events()).length
  await instance.stop()
  assert.deepEqual(ledger, { rejected: 0, refused: 0, stored })
})

test('Vercel AI SDK 7: steps, stream, embedding and failure count once', async () => {
  const run = await runApp(instance, 'vercel-ai')
  assert.equal(run.answers.length, 4)
  assert.equal(run.refused, 1)
  // By default the integration does not report reasoning tokens.
  assert.deepEqual(counted(run.events), { ...answered(run.answers), reasoning: 0 })

  const calls = ofKind(run, 'llm')
  assert.equal(calls.length, 4)
  for (const call of calls.filter((e) => e['status'] !== 'error')) assertAnswered(call)
  assert.deepEqual(toolCallsOf(calls), ['weather'])
  const tools = ofKind(run, 'tool')
  assert.equal(tools.length, 1)
  assert.equal(tools[0]?.['tool_name'], 'weather')
  assert.deepEqual(tools[0]?.['tool_arguments'], { city: 'Lisbon' })
  assert.deepEqual(tools[0]?.['tool_result'], { city: 'Lisbon', celsius: 21 })
  // Agent spans repeat the sum of their steps.
  const agents = ofKind(run, 'agent').filter((e) => e['input_tokens'] !== null)
  assert.ok(agents.length > 0)
  for (const agent of agents) assert.equal(agent['usage_aggregate'], true)
  assertFailed(calls, 'gpt-4o-overloaded')
})

// With detailed usage, step spans carry reasoning tokens but no other usage.
test('Vercel AI SDK 7 with detailed usage: reasoning tokens count once', async () => {
  const run = await runApp(instance, 'vercel-ai', { DETAILED_USAGE: 'true' })
  const truth = answered(run.answers)
  const tokens = counted(run.events)
  assert.deepEqual(tokens, truth)
})

// OpenInference does not end the span of a refused call, and reports no usage for streams and embeddings. Both can be seen in
// its source (invokeMaybeAPIPromise, consumeChatCompletionStreamChunks).
test('OpenInference on openai 7: every usage it reports is counted once', async () => {
  const run = await runApp(instance, 'openai-app', { INSTRUMENTATIONS: 'openinference' })
  assert.equal(run.refused, 2)
  assert.deepEqual(counted(run.events), answered(reportedOf(run)))
  const calls = ofKind(run, 'llm')
  assert.equal(calls.length, 4)
  for (const call of calls) assertAnswered(call)
  assert.deepEqual(toolCallsOf(calls), ['weather'])
  const embeddings = ofKind(run, 'embedding')
  assert.equal(embeddings.length, 1)
  assert.equal(embeddings[0]?.['request_model'], 'text-embedding-3-small')
})

// Traceloop does not instrument embeddings and reports no usage of streams and no cached or reasoning tokens. Of refused
// calls only a stream of the Responses API ends its span.
test('Traceloop on openai 7: every usage it reports is counted once', async () => {
  const run = await runApp(instance, 'openai-app', { INSTRUMENTATIONS: 'traceloop' })
  const truth = answered(reportedOf(run))
  assert.deepEqual(counted(run.events), { ...truth, cached: 0, reasoning: 0 })
  const calls = ofKind(run, 'llm')
  assert.equal(calls.length, 5)
  for (const call of calls.filter((e) => e['status'] !== 'error')) assertAnswered(call)
  assert.deepEqual(toolCallsOf(calls), ['weather'])
  assertFailed(calls, 'gpt-4o-overloaded')
})

for (const order of ['traceloop,openinference', 'openinference,traceloop'])
  test(`two instrumentations on the same calls (${order}) count once`, async () => {
    const run = await runApp(instance, 'openai-app', { INSTRUMENTATIONS: order })
    const { input, output } = counted(run.events)
    const truth = answered(reportedOf(run))
    assert.deepEqual({ input, output }, { input: truth.input, output: truth.output })
    assertDuplicatesPointAtTheirFirst(run)
    // When Traceloop is attached last it removes the other wrapper (its `_wrap` unwraps first). Only the other order makes
    // two spans for each call; otherwise the test would prove nothing.
    const repeated = run.events.filter((e) => typeof e['usage_duplicate_of'] === 'string')
    const isDouble = order === 'traceloop,openinference'
    assert.equal(repeated.length, isDouble ? reportedOf(run).length : 0)
  })

for (const instrumentations of ['openinference', 'traceloop', 'traceloop,openinference'])
  for (const EACH_SPAN of ['true', undefined])
    test(`a framework over the SDK (${instrumentations}), ${EACH_SPAN === undefined ? 'in batches' : 'each span in a request'}, counts once`, async () => {
      const run = await runApp(instance, 'openai-app', {
        INSTRUMENTATIONS: instrumentations,
        FRAMEWORK: 'true',
        ...(EACH_SPAN === undefined ? {} : { EACH_SPAN }),
      })
      const { input, output } = counted(run.events)
      const truth = answered(reportedOf(run))
      assert.deepEqual({ input, output }, { input: truth.input, output: truth.output })
      assertDuplicatesPointAtTheirFirst(run)
      const framework = run.events.filter((e) => e['scope_name'] === 'my.framework')
      const withUsage = framework.filter((e) => e['input_tokens'] !== null)
      assert.equal(withUsage.length, 2)
      // Only its position in the trace identifies the framework's report. Requests are concurrent, so any report may arrive
      // first.
      for (const e of withUsage) assert.equal(e['response_id'], null)
    })

test('spans by hand with a log record before or after them count once', async () => {
  const run = await runApp(instance, 'handwritten')
  assert.equal(run.answers.length, 2)
  assert.deepEqual(counted(run.events), answered(run.answers))
  assert.equal(run.events.length, 4)
  for (const event of run.events) assertAnswered(event)
  assertDuplicatesPointAtTheirFirst(run)
  const repeated = run.events.filter((e) => typeof e['usage_duplicate_of'] === 'string')
  assert.equal(repeated.length, 2)
})

test('npm observa-sdk 0.0.9: track() sends everything twice, and it counts once', async () => {
  const run = await runApp(instance, 'observa-sdk')
  assert.equal(run.answers.length, 2)
  const { input, output } = counted(run.events)
  const truth = answered(run.answers)
  assert.deepEqual({ input, output }, { input: truth.input, output: truth.output })
  assert.equal(new Set(run.events.map((e) => e['event_id'])).size, run.events.length)
  const calls = run.events.filter((e) => e['event_type'] === 'llm_call')
  assert.deepEqual(new Set(calls.map((e) => e['conversation_id'])), new Set(['manual', 'tracked']))
  assert.equal(calls.length, 2)
  for (const call of calls) assertAnswered(call)
  // The request and response that track() sends along contain values which the SDK itself leaves null.
  const tracked = calls.find((e) => e['conversation_id'] === 'tracked')
  assert.equal(tracked?.['cache_read_tokens'], run.answers[0]?.cached)
  assert.equal(tracked?.['reasoning_tokens'], run.answers[0]?.reasoning)
  const tool = run.events.find((e) => e['event_type'] === 'tool_call')
  assert.equal(tool?.['tool_name'], 'weather')
  assert.equal(tool?.['status'], 'error')
  assert.equal(tool?.['error_message'], 'no such city')
})

/** Answers whose usage the instrumentations of `openai` report: not those of streams and embeddings. */
function reportedOf(run: Run): Run['answers'] {
  const isReported = (model: string): boolean => model === 'gpt-4o' || model === 'gpt-4.1'
  assert.equal(run.answers.length, 5)
  return run.answers.filter((a) => isReported(a.model))
}

function ofKind(run: Run, kind: string): Event[] {
  return run.events.filter((e) => e['kind'] === kind)
}

interface Message {
  readonly role: string
  readonly parts: readonly { readonly type: string; readonly [field: string]: unknown }[]
}

/** Checks that input and output are in canonical form, with the model's text or its tool call. */
function assertAnswered(event: Event): void {
  for (const field of ['input_messages', 'output_messages']) {
    const messages = event[field] as Message[]
    assert.ok(
      Array.isArray(messages) && messages.length > 0,
      `${JSON.stringify(event)} has no ${field}`,
    )
    for (const message of messages) {
      assert.match(message.role, /^(system|user|assistant|tool)$/)
      for (const part of message.parts) assert.equal(typeof part.type, 'string')
    }
  }
  const parts = (event['output_messages'] as Message[]).flatMap((m) => m.parts)
  const isSaid = parts.some((p) => p.type === 'text' && p['content'] === ANSWER_TEXT)
  assert.ok(isSaid || parts.some((p) => p.type === 'tool_call'), JSON.stringify(parts))
  assert.equal(event['status'], 'ok')
}

/** Names of the tools that the models asked for. Checks that their arguments were parsed. */
function toolCallsOf(events: readonly Event[]): unknown[] {
  const parts = events
    .flatMap((e) => (e['output_messages'] ?? []) as Message[])
    .flatMap((m) => m.parts)
    .filter((p) => p.type === 'tool_call')
  for (const part of parts) assert.deepEqual(part['arguments'], { city: 'Lisbon' })
  return parts.map((p) => p['name'])
}

function assertFailed(events: readonly Event[], model: string): void {
  const failed = events.filter((e) => e['request_model'] === model)
  assert.equal(failed.length, 1)
  assert.equal(failed[0]?.['status'], 'error')
  const reason = failed[0]?.['error_type'] ?? failed[0]?.['error_message']
  assert.ok(typeof reason === 'string' && reason !== '')
}

function assertDuplicatesPointAtTheirFirst(run: Run): void {
  const byId = new Map(run.events.map((e) => [e['event_id'], e]))
  for (const event of run.events) {
    if (typeof event['usage_duplicate_of'] !== 'string') continue
    assert.equal(event['usage_aggregate'], true)
    assert.equal(byId.get(event['usage_duplicate_of'])?.['usage_aggregate'], false)
  }
}
