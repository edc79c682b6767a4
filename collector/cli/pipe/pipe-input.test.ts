// What a document is taken for whose form is not said.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestsOf } from './pipe-input.ts'

async function formatsOf(payload: string): Promise<string[]> {
  const source = {
    file: 'payload',
    input: 'auto' as const,
    telemetry: 'auto' as const,
    open: () => process.stdin,
    read: () => Promise.resolve(Buffer.from(payload)),
  }
  const out: string[] = []
  for await (const { format, telemetry } of requestsOf(source, 1024 * 1024))
    out.push(`${format} ${telemetry}`)
  return out
}

const event = (more = ''): string =>
  `{"event_type":"llm_call","trace_id":"0b7e6f0a-6f2b-4d39-9c43-0f4c5a8f3b51"${more},"attributes":{"llm_call":{"model":"gpt-4o"}}}`
const attribute = '{"key":"event_type","value":{"stringValue":"x"}}'
const span = `{"traceId":"0b7e6f0a6f2b4d399c430f4c5a8f3b51","spanId":"0b7e6f0a6f2b4d39","attributes":[${attribute}]}`

test('one event of the old client is one, however it is written', async () => {
  const parts = event().replace('{', '{\n  ').replaceAll(',', ',\n  ')
  for (const payload of [
    event(),
    `\n ${event()} \n`,
    parts,
    `\ufeff${event()}`,
    event(',"traceId":"t"'),
  ])
    assert.deepEqual(await formatsOf(payload), ['ndjson traces'], payload)
  assert.deepEqual(await formatsOf(`${event()}\n${event()}`), ['ndjson traces'])
  assert.deepEqual(await formatsOf(`{"event_type":"llm_call", broken`), ['ndjson traces'])
})

test('OTLP is OTLP although an attribute is called event_type, and where its spans are named late', async () => {
  const late = `{"note":"${'x'.repeat(5000)}","resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`
  for (const payload of [`{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`, late])
    assert.deepEqual(await formatsOf(payload), ['otlp-json traces'])
  assert.deepEqual(await formatsOf('{"resourceLogs":[]}'), ['otlp-json logs'])
})

test('an object of the oldest client is one', async () => {
  assert.deepEqual(await formatsOf('{"traceId":"t","spanId":"s","query":"q"}'), ['trace-v0 traces'])
})
