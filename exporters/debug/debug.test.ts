// The debug exporter: what its lines contain, and that many events do not flood the log.

import assert from 'node:assert/strict'
import test from 'node:test'
import { N, R } from '../../core/fields.ts'
import type { EncodedPart } from '../../core/task.ts'
import { hexId, processed, quietChain, sendBatch, testHost } from '../../test/exporter-host.ts'
import type { Verbosity } from './config.ts'
import { encoder } from './encode.ts'
import { debug } from './index.ts'

function linesOf(verbosity: Verbosity, name: string, lineBytesMax = 8192): string[] {
  const input = processed([{ eventId: hexId(1), traceId: hexId(2), name, input: '"hello"' }])
  input.events.setText(0, R.kind, 'llm')
  input.events.setText(0, R.request_model, 'small-model')
  input.events.setNum(0, N.duration_ms, 12.4)
  input.events.setNum(0, N.input_tokens, 7)
  const parts = encoder('debug', { verbosity, lineBytesMax }).encode(input, new Set(), quietChain)
  return parts.flatMap((p) => Buffer.from(p.bytes).toString().split('\n').slice(0, -1))
}

test('basic, normal and detailed print one line with more and more of an event', () => {
  assert.deepEqual(linesOf('basic', 'chat'), ['llm chat unset 12 ms'])
  assert.deepEqual(linesOf('normal', 'two\nlines'), [
    `llm two lines unset 12 ms model=small-model input_tokens=7 trace=${hexId(2)}`,
  ])
  const [detailed, ...others] = linesOf('detailed', 'chat')
  assert.equal(others.length, 0)
  assert.equal((JSON.parse(detailed as string) as { input: string }).input, 'hello')
})

test('a long line is cut, and never inside a character', () => {
  const [line] = linesOf('basic', 'é'.repeat(100), 50)
  assert.ok(Buffer.byteLength(line as string) <= 50)
  assert.ok(!(line as string).includes('\ufffd'))
})

test('lines above the rate are left out and counted, and a log message says how many', async (t) => {
  let nowMs = 0
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() }
  const host = testHost(t, { clock })
  const sender = await debug.createSender(debug.schema.parse({ lines_per_second: 10 }), host)
  const part: EncodedPart = {
    exporter: 'debug',
    stream: 'lines',
    items: 50,
    bytes: Buffer.from('line\n'.repeat(50)),
  }
  const signal = new AbortController().signal
  assert.deepEqual(await sender.send(sendBatch([part]), signal), { kind: 'sent' })
  assert.equal(host.lines.length, 10)
  assert.equal(host.metrics.total('observa_debug_lines_left_out_total'), 40)
  nowMs = 1000
  await sender.send(sendBatch([{ ...part, items: 1, bytes: Buffer.from('again\n') }]), signal)
  assert.equal(host.lines[10]?.['lines'], 40)
  assert.equal(host.lines[11]?.['msg'], 'again')
})
