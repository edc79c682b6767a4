// Tests the parts of the Kafka exporter that need no broker: framing, oversized events, partitions and verdicts.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import fc from 'fast-check'
import type { ScoreChange } from '../../core/scores/score-change.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { members, object } from '../../proto/json-members.ts'
import { brokerList } from '../../storage/kafka/connection-config.ts'
import {
  type Ack,
  DriverError,
  driverError,
  type KafkaProducer,
} from '../../storage/kafka/driver.ts'
import { kafkajs } from '../../storage/kafka/kafkajs-faults.ts'
import type { KafkaMessage } from '../../storage/kafka/message.ts'
import { partitionHash } from '../../storage/kafka/partition.ts'
import {
  hexId,
  never,
  processed,
  quietChain,
  sendBatch,
  type TestHost,
  testDir,
  testHost,
} from '../../test/exporter-host.ts'
import { schema } from './config.ts'
import { encoder } from './encode.ts'
import { kafka } from './index.ts'
import { messageBytes, type OversizeRule, shrunk } from './oversize.ts'
import { readRecords } from './records.ts'
import { KafkaSender, type SenderSettings } from './send.ts'

const EVENTS = { encoding: 'event', messageBytesMax: 1 << 20 } as const

const events = (n: number, input = '"x"'): ReturnType<typeof processed> =>
  processed(
    Array.from({ length: n }, (_, i) => ({ eventId: hexId(i), traceId: hexId(i % 3), input })),
  )

const encode = (input: ReturnType<typeof processed>, skip: number[] = []) =>
  encoder('kafka', { ...EVENTS, signals: true }).encode(input, new Set(skip), quietChain)

const message = (value: string): KafkaMessage => ({
  key: Buffer.from('k'.repeat(32)),
  value: Buffer.from(value),
  headers: [['event_id', Buffer.from(hexId(1))]],
})

test('records carry key, headers and JSON; skipped and dropped events are not encoded', () => {
  const input = events(4)
  input.batch.drop(3)
  const [part] = encode(input, [1])
  assert.equal(part?.items, 2)
  const found = readRecords(part.bytes)
  assert.deepEqual(
    found.map((m) => [m.key.toString(), Object.fromEntries(m.headers)['event_id']?.toString()]),
    [
      [hexId(0), hexId(0)],
      [hexId(2), hexId(2)],
    ],
  )
  const event = JSON.parse((found[0] as KafkaMessage).value.toString()) as { event_id: string }
  assert.equal(event.event_id, hexId(0))
})

test('signals are encoded only if a topic is configured for them', () => {
  const signal = { signal_id: hexId(7), event_id: hexId(1), trace_id: hexId(2), tenant_id: 'ä' }
  const input = processed([], [signal as unknown as Signal])
  assert.deepEqual(
    encoder('k', { ...EVENTS, signals: false }).encode(input, new Set(), quietChain),
    [],
  )
  const [part] = encoder('k', { ...EVENTS, signals: true }).encode(input, new Set(), quietChain)
  const [found] = readRecords(part?.bytes as Uint8Array)
  assert.equal(found?.key.toString(), hexId(2))
  const headers = new Map(found?.headers)
  assert.equal(headers.get('tenant')?.toString(), 'ä')
  assert.equal(headers.get('signal_id')?.toString(), hexId(7))
})

test('a key gets the same partition as with the Java client', () => {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: 12 }, (_, partitionId) => ({
    partitionId,
    leader: 1,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const key = Buffer.from(bytes)
      const theirs = partitioner({ topic: 't', partitionMetadata, message: { key, value: null } })
      assert.equal(partitionHash(key) % 12, theirs)
    }),
  )
})

test('splitting a JSON object into members and joining them gives the same bytes', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const json = Buffer.from(JSON.stringify(value))
      const list = members(json)
      assert.deepEqual(
        list?.map((m) => m.name),
        Object.keys(value),
      )
      assert.equal(object(list).toString(), json.toString())
    }),
  )
  assert.equal(members(Buffer.from('[1]')), null)
})

test('every oversize rule makes every large event fit and keeps all digits of the values it keeps', async (t) => {
  const dir = testDir(t)
  const rules = fc.constantFrom<OversizeRule>('split', 'offload', 'truncate')
  const property = fc.asyncProperty(
    rules,
    fc.integer({ min: 2048, max: 20_000 }),
    fc.integer({ min: 1, max: 60_000 }),
    async (rule, bytesMax, size) => {
      const value = `{"start_time":1764000000123456789,"name":"n","input":"${'é'.repeat(size)}","output":[{"a":"${'z'.repeat(size)}"}]}`
      const out = await shrunk(message(value), rule, bytesMax, dir)
      assert.ok(out.every((m) => messageBytes(m) <= bytesMax))
      const joined = Buffer.concat(out.map((m) => m.value)).toString()
      assert.ok(joined.includes('"start_time":1764000000123456789'))
      if (rule === 'split') assert.equal(joined, value)
      else assert.ok(JSON.parse(joined))
    },
  )
  await fc.assert(property, { numRuns: 40 })
})

test('truncation empties the largest fields first and records their former sizes', async () => {
  const value = `{"a":"${'x'.repeat(5000)}","b":[1,"${'y'.repeat(3000)}"],"c":"kept"}`
  const [small] = await shrunk(message(value), 'truncate', 4096, '')
  assert.deepEqual(JSON.parse((small as KafkaMessage).value.toString()), {
    a: null,
    b: [1, 'y'.repeat(3000)],
    c: 'kept',
    truncated_fields: { a: 5002 },
  })
})

/** A driver whose behaviour a test decides. It records the messages that it was given. */
class FakeDriver implements KafkaProducer {
  readonly sent: { readonly topic: string; readonly messages: readonly KafkaMessage[] }[] = []
  readonly #answer: (messages: readonly KafkaMessage[], call: number) => string | null
  calls = 0

  constructor(answer: (messages: readonly KafkaMessage[], call: number) => string | null) {
    this.#answer = answer
  }

  async send(topic: string, messages: readonly KafkaMessage[]): Promise<readonly Ack[]> {
    const code = this.#answer(messages, this.calls++)
    if (code !== null) throw new DriverError(code, 'as the test says', null)
    this.sent.push({ topic, messages })
    return []
  }

  async close(): Promise<void> {}
}

function senderOver(
  t: TestContext,
  driver: KafkaProducer,
  over: Partial<SenderSettings> = {},
): { sender: KafkaSender; host: TestHost } {
  const host = testHost(t)
  const settings: SenderSettings = {
    topic: 'e',
    signalsTopic: null,
    scoresTopic: null,
    messageBytesMax: 10_000,
    requestsMax: 2,
    oversize: 'split',
    offloadDir: join(host.dataDir, 'off'),
    ...over,
  }
  return { sender: new KafkaSender(settings, driver, host), host }
}

const idsOf = (driver: FakeDriver): string[] =>
  driver.sent.flatMap(({ messages }) =>
    messages.map((m) => new Map(m.headers).get('event_id')?.toString() ?? ''),
  )

test('scores go to a topic of their own, keyed by trace, and are dropped when it is configured no longer', async (t) => {
  const given: ScoreChange = {
    score_id: 's1',
    tenant_id: 'ä',
    project_id: 'p',
    trace_id: hexId(2),
    span_id: null,
    changed_at: '2026-11-30T10:00:00.000001Z',
    deleted: false,
    name: 'helpful',
    value: true,
  }
  const encoded = encoder('k', { ...EVENTS, signals: false }).encodeScores?.([given, given]) ?? []
  assert.deepEqual(
    encoded.map(({ stream, items }) => [stream, items]),
    [['scores', 2]],
  )
  const driver = new FakeDriver(() => null)
  const { sender } = senderOver(t, driver, { scoresTopic: 'sc' })
  assert.deepEqual(await sender.send(sendBatch(encoded), never), { kind: 'sent' })
  const [request] = driver.sent
  assert.equal(request?.topic, 'sc')
  const [found] = request?.messages ?? []
  assert.equal(found?.key.toString(), hexId(2))
  assert.deepEqual(JSON.parse(String(found?.value)), given)
  const without = senderOver(t, driver).sender
  assert.deepEqual(await without.send(sendBatch(encoded), never), { kind: 'sent' })
  assert.equal(driver.sent.length, 1)
})

test('requests stay below the limit, and a retry repeats only requests that were not acknowledged', async (t) => {
  const driver = new FakeDriver((_m, call) => (call === 2 ? 'NOT_LEADER_OR_FOLLOWER' : null))
  const { sender } = senderOver(t, driver)
  const batch = sendBatch(encode(events(60, JSON.stringify('y'.repeat(600)))))
  assert.equal((await sender.send(batch, never)).kind, 'retry')
  const before = driver.sent.length
  assert.deepEqual(await sender.send(batch, never), { kind: 'sent' })
  assert.ok(before >= 1)
  const found = idsOf(driver)
  assert.equal(found.length, 60, 'no message twice')
  assert.equal(new Set(found).size, 60)
  for (const { messages } of driver.sent)
    assert.ok(messages.reduce((sum, m) => sum + messageBytes(m), 0) <= 10_000)
})

test('half of a batch with the same id is sent as half a batch', async (t) => {
  const driver = new FakeDriver((_m, call) => (call === 0 ? 'INVALID_RECORD' : null))
  const { sender } = senderOver(t, driver)
  const [part] = encode(events(4))
  const batch = sendBatch([part as NonNullable<typeof part>])
  assert.equal((await sender.send(batch, never)).kind, 'rejected')
  const cut = sender.split(batch.parts[0] as NonNullable<typeof part>) ?? []
  assert.deepEqual(
    cut.map((p) => p.items),
    [2, 2],
  )
  for (const p of cut) await sender.send({ ...batch, parts: [p] }, never)
  assert.deepEqual(
    idsOf(driver),
    [0, 1, 2, 3].map((n) => hexId(n)),
  )
})

test('the exporter learns a broker’s lower size limit, and no event is lost', async (t) => {
  const limit = 3000
  const tooLarge = (messages: readonly KafkaMessage[]): string | null =>
    messages.reduce((sum, m) => sum + messageBytes(m), 0) > limit ? 'MESSAGE_TOO_LARGE' : null
  const driver = new FakeDriver(tooLarge)
  const { sender, host } = senderOver(t, driver)
  const part = encode(events(12, JSON.stringify('y'.repeat(4000))))
  assert.deepEqual(await sender.send(sendBatch(part), never), { kind: 'sent' })
  assert.equal(new Set(idsOf(driver)).size, 12)
  const calls = driver.calls
  const sent = driver.sent.length
  await sender.send(sendBatch(encode(events(1))), never)
  assert.equal(driver.calls - calls, driver.sent.length - sent, 'the limit is known now')
  assert.ok(host.metrics.total('observa_kafka_oversized_total') > 0)
})

test('a missing topic logs one line, makes retries rare, and logs when it is there again', async (t) => {
  const driver = new FakeDriver((_m, call) => (call < 3 ? 'UNKNOWN_TOPIC_OR_PARTITION' : null))
  const { sender, host } = senderOver(t, driver)
  const batch = sendBatch(encode(events(1)))
  for (let i = 0; i < 3; i++) {
    const verdict = await sender.send(batch, never)
    assert.ok(verdict.kind === 'retry' && (verdict.afterMs ?? 0) >= 1000)
  }
  assert.deepEqual(await sender.send(batch, never), { kind: 'sent' })
  assert.deepEqual(
    host.lines.map((line) => line['level']),
    [50, 30],
  )
})

test('an aborted send ends at once, and the next one waits for the requests still under way', async (t) => {
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const driver = new FakeDriver(() => null)
  const slow: KafkaProducer = {
    send: async (topic, messages) => {
      await gate
      return driver.send(topic, messages)
    },
    close: () => driver.close(),
  }
  const { sender } = senderOver(t, slow)
  const batch = sendBatch(encode(events(1)))
  const stop = new AbortController()
  const first = sender.send(batch, stop.signal)
  stop.abort()
  assert.equal((await first).kind, 'retry')
  const second = sender.send(batch, never)
  release()
  assert.deepEqual(await second, { kind: 'sent' })
  assert.deepEqual(idsOf(driver), [hexId(0)], 'and repeats nothing that was acknowledged')
})

test('unreachable brokers lead to a retry, with either driver', async (t) => {
  const verdicts = (['kafkajs', 'platformatic'] as const).map(async (driver) => {
    const config = { brokers: ['127.0.0.1:1'], driver, connect_timeout: '200ms' }
    const sender = await kafka.createSender(schema.parse(config), testHost(t))
    const verdict = await sender.send(sendBatch(encode(events(1))), never)
    await sender.stop()
    return verdict.kind
  })
  assert.deepEqual(await Promise.all(verdicts), ['retry', 'retry'])
})

test('the decisive error code is found inside retries, aggregates and causes', () => {
  const inner = Object.assign(new Error('no such topic'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })
  const outer = new AggregateError([Object.assign(new Error('x'), { type: 'OTHER' }), inner])
  const codeOf = (e: object): string | null => ('type' in e ? String(e.type) : null)
  const found = driverError(new Error('gave up', { cause: outer }), codeOf)
  assert.equal(found.code, 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.equal(found.kind, 'blocked')
})

test('brokers may be given as one text with commas', () => {
  const config = schema.parse({ brokers: ['a:1, b:2', 'c:3'] })
  assert.deepEqual(brokerList(config), ['a:1', 'b:2', 'c:3'])
})

test('an idle kafkajs connection sets no timer (the polling bug is fixed)', () => {
  const script = `
    import { createRequire } from 'node:module'
    import { patchKafkajs } from '../../storage/kafka/kafkajs-faults.ts'
    patchKafkajs()
    const require = createRequire(import.meta.url)
    const Queue = require('kafkajs/src/network/requestQueue')
    const queue = new Queue({ requestTimeout: 1000, logger: console })
    queue.checkPendingRequests()
    if (queue.throttleCheckTimeoutId) throw new Error('it polls')
  `
  const run = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  assert.equal(run.status, 0, run.stderr)
  assert.equal(run.stderr, '')
})

test('files of offloaded events are readable by their owner only and named by their content', async (t) => {
  const dir = testDir(t)
  const value = `{"name":"n","input":"${'x'.repeat(9000)}"}`
  const [small] = await shrunk(message(value), 'offload', 4096, dir)
  const { offloaded, name, input } = JSON.parse((small as KafkaMessage).value.toString()) as {
    offloaded: { file: string; bytes: number }
    name: string
    input?: string
  }
  assert.equal(name, 'n')
  assert.equal(input, undefined)
  assert.equal(offloaded.bytes, value.length)
  assert.equal(readFileSync(join(dir, offloaded.file), 'utf8'), value)
})
