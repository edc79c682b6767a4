// Some SDKs send content and usage in log records, in a separate request before or after their span. Traces and events must
// show them in the span, and every sum must count them once. Recorded requests of real SDKs are sent over HTTP.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const captures = join(import.meta.dirname, '../captures')

const CONFIG = `
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`

interface Recorded {
  readonly path: string
  readonly type: string
  readonly body: Buffer
}

function recorded(folder: string): Recorded[] {
  const read = (name: string): Buffer => readFileSync(join(captures, folder, name))
  const manifest = JSON.parse(read('manifest.json').toString()) as {
    file: string
    path: string
    content_type: string
  }[]
  return manifest
    .filter((m) => !m.path.endsWith('/metrics'))
    .map((m) => ({ path: m.path, type: m.content_type, body: read(m.file) }))
}

type Json = Record<string, unknown>

for (const folder of ['official_events', 'official_latest'])
  for (const order of ['logs first', 'spans first'] as const)
    test(`${folder}, ${order}: log records are joined with their spans and counted once`, async (t) => {
      const instance = await Instance.start({ config: CONFIG })
      t.after(() => instance.stop())
      const sign = order === 'logs first' ? 1 : -1
      const requests = recorded(folder).toSorted(
        (a, b) => sign * (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
      )
      for (const { path, type, body } of requests) {
        const res = await instance.post(path, body, { 'content-type': type })
        assert.equal(res.status, 200)
        // Each request is stored before the next one is sent.
        await instance.drained()
      }
      const joined = await check(instance, folder)
      // The other recording has messages in the span too, so nothing need be joined there.
      if (folder === 'official_events') assert.ok(joined > 0, 'no span has messages of its logs')
      else if (order === 'spans first') await showsOtherTrace(instance)
    })

/** The SDK's own report counts and has no messages; a wrapper's report, in another trace, has them. */
async function showsOtherTrace(instance: Instance): Promise<void> {
  const [sdk, wrapper] = ['b7'.repeat(16), 'b8'.repeat(16)] as const
  const text = 'What flows through a closed valve?'
  const call = (traceId: string, scope: string, more: Record<string, string>): string => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-haiku-4-5',
      'gen_ai.response.id': 'msg_valve',
      'gen_ai.usage.input_tokens': 40,
      'gen_ai.usage.output_tokens': 2,
      ...more,
    }
    return otlpJson([{ traceId, attributes }], { 'service.name': 'valves' }, scope)
  }
  const input = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: text }] }])
  for (const body of [
    call(sdk, 'com.anthropic.sdk.messages', { 'gen_ai.usage.cache_read.input_tokens': '10' }),
    call(wrapper, 'wrapper', { 'gen_ai.input.messages': input }),
  ]) {
    const res = await instance.post('/v1/traces', body, { 'content-type': 'application/json' })
    assert.equal(res.status, 200)
    await instance.drained()
  }
  const path = `/api/v1/traces/${sdk}/events`
  const [counted] = (await get(instance, path))['data'] as Json[]
  assert.equal(counted?.['usage_aggregate'], false)
  const listed = (await get(instance, '/api/v1/events?limit=100'))['data'] as Json[]
  const alone = await get(instance, `/api/v1/events/${String(counted['event_id'])}`)
  for (const shown of [counted, alone, listed.find((e) => e['trace_id'] === sdk)])
    assert.ok(JSON.stringify(shown?.['input_messages']).includes(text))
}

async function get(instance: Instance, path: string): Promise<Json> {
  const res = await fetch(instance.url(path, 'http'))
  assert.equal(res.status, 200, path)
  return (await res.json()) as Json
}

/** Returns how many spans show content of their log records. */
async function check(instance: Instance, folder: string): Promise<number> {
  const truth = JSON.parse(readFileSync(join(captures, folder, 'truth.json'), 'utf8')) as {
    input_tokens: number
  }
  const traces = (await get(instance, '/api/v1/traces?limit=100'))['data'] as Json[]
  const sum = (rows: Json[]): number =>
    rows.reduce((n, row) => n + Number(row['input_tokens'] ?? 0), 0)
  assert.equal(sum(traces), truth.input_tokens, 'sums of traces')
  let joined = 0
  const all: Json[] = []
  for (const trace of traces) {
    const path = `/api/v1/traces/${trace['trace_id'] as string}/events`
    const events = (await get(instance, path))['data'] as Json[]
    joined += checkSpans(events)
    all.push(...events)
    // The result is the same when a trace is read in pages.
    const paged: Json[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const more: string = cursor === '' ? '' : `&cursor=${cursor}`
      const page = await get(instance, `${path}?limit=1${more}`)
      paged.push(...(page['data'] as Json[]))
      cursor = page['next_cursor'] as string | null
    }
    assert.deepEqual(paged, events)
  }
  const counted = (rows: Json[]): Json[] => rows.filter((e) => e['usage_aggregate'] === false)
  assert.equal(sum(counted(all)), truth.input_tokens, 'sums of events of traces')
  const listed = (await get(instance, '/api/v1/events?limit=1000'))['data'] as Json[]
  assert.equal(sum(counted(listed)), truth.input_tokens, 'sums of events')
  assert.equal(checkSpans(listed), joined)
  return joined
}

/** Checks that the span of every call has its messages. Returns how many have them from log records. */
function checkSpans(events: readonly Json[]): number {
  let joined = 0
  for (const event of events) {
    const isSpan = !String(event['event_type']).startsWith('log:')
    if (!isSpan || event['kind'] !== 'llm' || event['status'] === 'error') continue
    assert.ok(Array.isArray(event['input_messages']), `no input: ${JSON.stringify(event)}`)
    assert.ok(Array.isArray(event['output_messages']), `no output: ${JSON.stringify(event)}`)
    if (event['joined_from'] !== undefined) joined++
  }
  return joined
}
