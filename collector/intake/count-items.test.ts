// Items are counted as the decoder would accept them, and never estimated too low.

import assert from 'node:assert/strict'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import type { TaskRequest } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { countItems, itemsAtMost } from './count-items.ts'

const MAX = 1 << 20
const request = (
  payload: Buffer,
  more: Partial<TaskRequest> & Pick<TaskRequest, 'format'>,
): TaskRequest => ({
  payload,
  encoding: 'identity',
  telemetry: 'traces',
  tenant: DEFAULT_TENANT,
  receivedAtMs: 0,
  ...more,
})

/** A message of one field with the bytes of others. */
const field = (number: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length: number[] = []
  let left = body.length
  do {
    length.push((left & 127) | (left > 127 ? 128 : 0))
    left >>>= 7
  } while (left > 0)
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), body])
}
const span = field(2, field(1, Buffer.alloc(16, 1)), field(2, Buffer.alloc(8, 2)))

test('protobuf: spans of all scopes and resources, beside fields of other types', () => {
  const scope = (spans: number): Buffer =>
    field(2, field(1, field(1, Buffer.from('scope'))), ...Array.from({ length: spans }, () => span))
  const number = Buffer.from([(9 << 3) | 0, 0x96, 0x01])
  const body = Buffer.concat([field(1, scope(3), number, scope(200)), number, field(1, scope(1))])
  assert.equal(countItems(request(body, { format: 'otlp-proto' }), MAX), 204)
  const zipped = request(gzipSync(body), { format: 'otlp-proto', encoding: 'gzip' })
  assert.equal(countItems(zipped, MAX), 204)
  assert.ok(itemsAtMost(zipped, body.length) >= 204)
  const logs = request(field(1, field(2, field(2), field(2))), {
    format: 'otlp-proto',
    telemetry: 'logs',
  })
  assert.equal(countItems(logs, MAX), 2)
  assert.ok(itemsAtMost(logs, logs.payload.length) >= 2)
})

test('JSON: both spellings of the names, arrays, lines with and without an end', () => {
  const count = (text: string, format: TaskRequest['format']): number =>
    countItems(request(Buffer.from(text), { format }), MAX)
  assert.equal(count('{"resourceSpans":[{"scopeSpans":[{"spans":[{},{}]}]},{}]}', 'otlp-json'), 2)
  assert.equal(count('{"resource_logs":[{"scope_logs":[{"log_records":[{}]}]}]}', 'otlp-json'), 1)
  assert.equal(count('[{},{},{}]', 'json-array'), 3)
  assert.equal(count('{"a":1}\n\n \r\n{"b":2}\r\n{"c":3}', 'ndjson'), 3)
  assert.equal(count('', 'ndjson'), 0)
})

test('what cannot be read has no items: the decoder refuses it', () => {
  for (const [bytes, format] of [
    [[0x0a, 0x05, 0x12], 'otlp-proto'],
    [[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 'otlp-proto'],
    [[0x0b], 'otlp-proto'],
    [[0x7b], 'otlp-json'],
  ] as const)
    assert.equal(countItems(request(Buffer.from(bytes), { format }), MAX), 0)
  const cut = request(gzipSync(Buffer.alloc(100)).subarray(0, 20), {
    format: 'ndjson',
    encoding: 'gzip',
  })
  assert.equal(countItems(cut, MAX), 0)
})
