// Responses to OTLP clients in both encodings, decoded by protobufjs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oracleDecode } from '../testing/oracle.ts'
import { exportResponse, RESPONSE_BYTES_MAX, statusResponse } from './responses.ts'

const json = (b: Uint8Array): unknown => JSON.parse(Buffer.from(b).toString('utf8'))

test('R13, R14: full success is an empty message: no bytes in protobuf, {} in JSON', () => {
  assert.equal(exportResponse('protobuf', 'traces', 0, []).length, 0)
  assert.deepEqual(json(exportResponse('json', 'logs', 0, [])), {})
})

test('R16: rejected items are counted, with an English message, in the encoding of the client', () => {
  assert.deepEqual(json(exportResponse('json', 'traces', 2, ['No.', 'Never.'])), {
    partialSuccess: { rejectedSpans: '2', errorMessage: 'No. Never.' },
  })
  assert.deepEqual(
    oracleDecode('ExportTraceServiceResponse', exportResponse('protobuf', 'traces', 2, ['No.'])),
    { partialSuccess: { rejectedSpans: '2', errorMessage: 'No.' } },
  )
  assert.deepEqual(json(exportResponse('json', 'logs', 1, [])), {
    partialSuccess: { rejectedLogRecords: '1', errorMessage: '' },
  })
  assert.deepEqual(
    oracleDecode('ExportMetricsServiceResponse', exportResponse('protobuf', 'metrics', 3, ['x'])),
    { partialSuccess: { rejectedDataPoints: '3', errorMessage: 'x' } },
  )
})

test('R17: a warning has no rejected items', () => {
  assert.deepEqual(
    oracleDecode('ExportTraceServiceResponse', exportResponse('protobuf', 'traces', 0, ['Hm.'])),
    { partialSuccess: { rejectedSpans: '0', errorMessage: 'Hm.' } },
  )
})

test('R18, R19: an error is a google.rpc.Status with BadRequest details', () => {
  const violations = [{ field: 'resourceSpans', message: 'must be an array' }]
  assert.deepEqual(json(statusResponse('json', 400, 'Bad.', violations)), {
    code: 3,
    message: 'Bad.',
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [{ field: 'resourceSpans', description: 'must be an array' }],
      },
    ],
  })
  const status = oracleDecode('RpcStatus', statusResponse('protobuf', 400, 'Bad.', violations)) as {
    code: number
    message: string
    details: { type_url: string; typeUrl: string; value: number[] }[]
  }
  assert.equal(status.code, 3)
  assert.equal(status.message, 'Bad.')
  assert.equal(status.details[0]?.typeUrl, 'type.googleapis.com/google.rpc.BadRequest')
  assert.deepEqual(oracleDecode('BadRequest', Uint8Array.from(status.details[0]?.value ?? [])), {
    fieldViolations: [{ field: 'resourceSpans', description: 'must be an array' }],
  })
  assert.deepEqual(json(statusResponse('json', 503, 'Later.')), { code: 14, message: 'Later.' })
})

test('R23: a long message is shortened until the answer fits', () => {
  const long = '"\u0001é'.repeat(3_000_000)
  for (const encoding of ['json', 'protobuf'] as const) {
    const ok = exportResponse(encoding, 'traces', 1, [long])
    const bad = statusResponse(encoding, 400, long, [{ field: 'f', message: long }])
    for (const body of [ok, bad]) assert.ok(body.length > 1000 && body.length <= RESPONSE_BYTES_MAX)
  }
})
