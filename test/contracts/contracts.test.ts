// Checks every component in the registry against the contracts of `core/component.ts`. A new component is checked as soon as
// it is registered.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { registry } from '../../collector/registry.ts'
import { testDir } from '../exporter-host.ts'
import { checkProcessor } from './check-processor.ts'
import { checkConsumer, checkReceiver, type ReceiverRequest } from './check-receiver.ts'
import { checkSender } from './check-sender.ts'
import { hostile, recorded } from './payloads.ts'

const payloads = recorded()

test('there are recorded requests to check with', () => {
  assert.ok(payloads.length >= 12, `${payloads.length} recorded requests`)
})

for (const factory of registry.processors.values())
  test(`processor ${factory.type} keeps the contract`, () =>
    checkProcessor(factory, [...payloads, ...hostile]))

/** Configurations with an unreachable destination: nothing listens on port 9 of an unused loopback address. */
const NOWHERE: Readonly<Record<string, (t: TestContext) => Record<string, unknown> | null>> = {
  clickhouse: () => ({ url: 'http://127.0.0.9:9' }),
  postgres: () => ({ url: 'postgres://observa@127.0.0.9:9/observa', connect_timeout: '2s' }),
  kafka: () => ({ brokers: ['127.0.0.9:9'], sasl: undefined }),
  otlp_http: () => ({ endpoint: 'http://127.0.0.9:9' }),
  file: (t) => {
    // A file where the exporter needs a folder.
    const file = join(testDir(t), 'taken')
    writeFileSync(file, '')
    return { path: join(file, 'events.ndjson') }
  },
  debug: () => null,
}

for (const factory of registry.exporters.values())
  test(`exporter ${factory.type} keeps the contract`, async (t) => {
    const nowhere = NOWHERE[factory.type]
    assert.ok(nowhere !== undefined, `say in NOWHERE where ${factory.type} finds nobody`)
    await checkSender(t, factory, payloads, nowhere(t))
  })

interface ReceiverCase {
  readonly where: Record<string, unknown>
  readonly endpoint: string
  readonly request: ReceiverRequest
}

const ANY_PORT = '127.0.0.1:0'
const json = { type: 'application/json' }
const RECEIVERS: Readonly<Record<string, ReceiverCase>> = {
  otlp: {
    where: { protocols: { http: { endpoint: ANY_PORT } } },
    endpoint: ANY_PORT,
    request: { path: '/v1/traces', body: '{"resourceSpans":[]}', ...json },
  },
  observa: {
    where: { endpoint: ANY_PORT },
    endpoint: ANY_PORT,
    request: { path: '/api/v1/events/ingest', body: '[]', ...json },
  },
}

/** Receivers that fetch what they take; `test/kafka/receive.ts` has what they do with it. */
const CONSUMERS: ReadonlySet<string> = new Set(['kafka'])

for (const factory of registry.receivers.values())
  test(`receiver ${factory.type} keeps the contract`, async (t) => {
    if (CONSUMERS.has(factory.type)) return checkConsumer(t, factory)
    const found = RECEIVERS[factory.type]
    assert.ok(found !== undefined, `say in RECEIVERS how ${factory.type} is reached`)
    await checkReceiver(t, factory, found.where, found.endpoint, found.request)
  })
