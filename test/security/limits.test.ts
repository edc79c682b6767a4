// Each limit of what a request may hold, at the limit and one above: the largest that is allowed is accepted, one more is refused.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { rawRequest } from '../hostile/raw-request.ts'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const SPANS_MAX = 4
const DEPTH_MAX = 8
const LINE_MAX = 2048
const HEADER_MAX = 4096
let at: Instance

before(async () => {
  at = await Instance.start({
    config: `limits: { max_spans: ${SPANS_MAX}, max_depth: ${DEPTH_MAX}, max_line_bytes: ${LINE_MAX}, max_header_bytes: ${HEADER_MAX} }`,
  })
})
after(() => at.stop())

interface Outcome {
  readonly status: number
  readonly text: string
}

async function send(
  path: string,
  body: string,
  { type = 'application/json', port = 'otlp' }: { type?: string; port?: 'otlp' | 'http' } = {},
): Promise<Outcome> {
  const answer = await at.post(path, body, { 'content-type': type }, port)
  return { status: answer.status, text: answer.body.toString() }
}

/** A value of so many levels: lists around a text. */
const nested = (depth: number): object =>
  depth === 1 ? { stringValue: 'x' } : { arrayValue: { values: [nested(depth - 1)] } }

function spanWith(depth: number): string {
  const span = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    name: 'chat',
    attributes: [{ key: 'k', value: nested(depth) }],
  }
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
}

test('as many spans as the limit are accepted, one more gets a 413', async () => {
  const spans = (count: number): string =>
    otlpJson(Array.from({ length: count }, () => ({ name: 'chat' })))
  for (const [count, status] of [
    [SPANS_MAX - 1, 200],
    [SPANS_MAX, 200],
    [SPANS_MAX + 1, 413],
  ] as const)
    assert.equal((await send('/v1/traces', spans(count))).status, status, `${count} spans`)
})

test('a value of as many levels as the limit is accepted, one more gets a 400', async () => {
  for (const depth of [DEPTH_MAX - 1, DEPTH_MAX])
    assert.deepEqual(await send('/v1/traces', spanWith(depth)), { status: 200, text: '{}' })
  for (const depth of [DEPTH_MAX + 1, DEPTH_MAX + 2, 60]) {
    const { status, text } = await send('/v1/traces', spanWith(depth))
    assert.equal(status, 400)
    assert.match(text, /nested deeper than 8 levels/)
  }
})

test('a line of as many bytes as the limit is accepted; a longer one is refused, and the other lines are not', async () => {
  const line = (bytes: number): string => {
    const event = (input: string): string =>
      JSON.stringify({
        trace_id: '6f1f6f39-54c7-4b6f-8a3e-0d6c4d0f7b11',
        span_id: '6f1f6f39-54c7-4b6f-8a3e-0d6c4d0f7b12',
        event_type: 'llm_call',
        timestamp: '2026-01-01T00:00:00Z',
        attributes: { llm_call: { model: 'm', input } },
      })
    return event('x'.repeat(bytes - event('').length))
  }
  for (const [bytes, accepted] of [
    [LINE_MAX - 1, 2],
    [LINE_MAX, 2],
    [LINE_MAX + 1, 1],
  ] as const) {
    const { text } = await send('/api/v1/events/ingest', `${line(bytes)}\n${line(500)}\n`, {
      type: 'application/x-ndjson',
      port: 'http',
    })
    assert.match(text, new RegExp(`"event_count":${accepted}\\b`), `${bytes} bytes: ${text}`)
  }
})

test('a request line and headers of as many bytes as the limit are accepted, one more gets a 431', async () => {
  // Counted are the target, the names and the values.
  const sized = async (targetBytes: number, bytes: number): Promise<number> => {
    const target = `/health?${'q'.repeat(targetBytes - 8)}`
    const others = ['Host', 'localhost', 'X-Note', 'connection', 'close'].join('').length
    const note = 'a'.repeat(bytes - targetBytes - others)
    const headers = [
      ['Host', 'localhost'],
      ['X-Note', note],
    ] as const
    return (await rawRequest(at.ports.http, { target, headers })).status
  }
  for (const targetBytes of [8, 1000, 3500])
    for (const [bytes, status] of [
      [HEADER_MAX - 1, 200],
      [HEADER_MAX, 200],
      [HEADER_MAX + 1, 431],
    ] as const)
      assert.equal(await sized(targetBytes, bytes), status, `${bytes} bytes, ${targetBytes} of URL`)
})
