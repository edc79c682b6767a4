// Which protocols a configuration enables, as users of the OpenTelemetry Collector expect it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { otlpSchema } from './index.ts'

const endpoints = (config: unknown): (string | undefined)[] => {
  const { grpc, http } = otlpSchema.parse(config).protocols
  return [grpc?.endpoint, http?.endpoint]
}

test('without a named protocol both are on, on loopback', () => {
  const both = ['127.0.0.1:4317', '127.0.0.1:4318']
  assert.deepEqual(endpoints({}), both)
  assert.deepEqual(endpoints({ protocols: {} }), both)
})

test('a protocol that is not named beside another one is off', () => {
  assert.deepEqual(endpoints({ protocols: { http: {} } }), [undefined, '127.0.0.1:4318'])
  assert.deepEqual(endpoints({ protocols: { grpc: { endpoint: '0.0.0.0:1' } } }), [
    '0.0.0.0:1',
    undefined,
  ])
})
