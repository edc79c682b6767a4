// The live tail of a running instance: what is stored is shown scrubbed, by component and filter; a reader that is slow loses records and
// holds up nothing.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

let instance: Instance
before(async () => {
  instance = await Instance.start({
    config: `
exporters:
  debug: {}
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [debug] }
`,
  })
})
after(() => instance.stop())

const MAIL = 'jane.doe' + '@' + 'acme-corp.com'
let sent = 0

async function send(n: number, more: object = {}): Promise<void> {
  const spans = Array.from({ length: n }, () => ({
    traceId: (++sent).toString(16).padStart(32, '0'),
    name: `chat with ${MAIL}`,
    durationMs: 6000,
    attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' },
    ...more,
  }))
  const res = await instance.post('/v1/traces', otlpJson(spans), {
    'content-type': 'application/json',
  })
  assert.equal(res.status, 200)
}

/** Opens a stream, runs `work` when it is open, and returns its text at its end. */
async function streamed(query: string, work: () => Promise<void>): Promise<string> {
  const res = await fetch(instance.url(`/api/v1/stream?${query}`, 'http'))
  assert.equal(res.status, 200, query)
  assert.match(res.headers.get('content-type') ?? '', /^text\/event-stream/)
  await work()
  return await res.text()
}

const count = (text: string, name: string): number => text.split(`event: ${name}\n`).length - 1

test('events and signals are shown as they are stored: scrubbed, with the pipeline', async () => {
  const text = await streamed('limit=2&seconds=20', () => send(1))
  assert.deepEqual([count(text, 'event'), count(text, 'signal')], [1, 1])
  assert.ok(!text.includes(MAIL) && text.includes('REDACTED'))
  assert.match(text, /"pipeline":"traces"/)
})

test('filters and components choose; an unknown component is refused', async () => {
  const text = await streamed('seconds=3&record=event&request_model=gpt-5', async () => {
    await send(3)
    await send(1, {
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5' },
    })
  })
  assert.equal(count(text, 'event'), 1)
  const through = await streamed('seconds=2&record=event&component=debug', () => send(2))
  assert.equal(count(through, 'event'), 2)
  const res = await fetch(instance.url('/api/v1/stream?component=nothing', 'http'))
  assert.equal(res.status, 404)
})

test('beyond the rate records are dropped and counted', async () => {
  const text = await streamed('seconds=2&record=event&per_second=5', () => send(60))
  assert.ok(count(text, 'event') >= 5 && count(text, 'event') <= 15, text.slice(0, 300))
  assert.match(text, /event: dropped\ndata: \{"records":\d+\}/)
})

test('a reader that does not read holds up no client', async () => {
  const idle = await Promise.all(
    Array.from({ length: 5 }, () => fetch(instance.url('/api/v1/stream?per_second=200', 'http'))),
  )
  const big = {
    attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.prompt': 'x'.repeat(20_000) },
  }
  const at = performance.now()
  for (let i = 0; i < 20; i++) await send(20, big)
  assert.ok(performance.now() - at < 20_000, 'sending goes on')
  for (const res of idle) await res.body?.cancel()
})

test('observa tap prints one JSON object a line', async () => {
  const main = join(import.meta.dirname, '../../collector/main.ts')
  const args = [
    'tap',
    '--url',
    instance.url('', 'http'),
    '--where',
    'kind=llm',
    '--record',
    'event',
    '--limit',
    '1',
    '--seconds',
    '30',
  ]
  const child = spawn(process.execPath, [main, ...args])
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const sending = setInterval(() => void send(1), 500)
  const code = await exit
  clearInterval(sending)
  assert.equal(code, 0, out)
  const event = JSON.parse(out) as Record<string, unknown>
  assert.deepEqual([event['record'], event['pipeline'], event['kind']], ['event', 'traces', 'llm'])
})
