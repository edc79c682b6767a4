// What else may happen to a topic than that an exporter writes to it: messages of a broken or hostile producer, and what operators do
// to topics that are in use. Nothing of it may stop the messages around it. `hostile.test.ts` runs these with both drivers.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX } from '../../storage/kafka/bounded-batches.ts'
import type { DriverName } from '../../storage/kafka/driver.ts'
import { kafkajs, patchKafkajs } from '../../storage/kafka/kafkajs-faults.ts'
import { until } from '../instance.ts'
import type { KafkaBroker } from './broker.ts'
import { consumeAll, createTopic } from './consume.ts'
import { ACCEPTED, metricOf, newTopic, Pipelines, REFUSED, RETRY, receive } from './receiving.ts'

patchKafkajs()
const { Kafka, logLevel } = kafkajs

/** The limit of a broker for a record batch, by default. */
const BROKER_MAX = 1_048_588
const LONG = 90_000

const line = (n: number, more = ''): string => `{"n":${n},"more":"${more}"}`
const seen = ({ lines }: Pipelines): number[] =>
  [...new Set(lines.map((l) => Number(/"n":(\d+)/.exec(l)?.[1])))].toSorted((a, b) => a - b)

interface Written {
  readonly key?: string | Buffer | null
  readonly value: string | Buffer | null
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly partition?: number
  readonly timestamp?: string
}

/** A topic, one for its dead letters, and pipelines that refuse lines with `bad`. */
async function topicOf(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
  partitions = 1,
  topicConfig: Readonly<Record<string, string>> = {},
) {
  const topic = newTopic()
  const dead = `${topic}.dead`
  await createTopic(broker.brokers, topic, topicConfig, partitions)
  await createTopic(broker.brokers, dead, {}, 1)
  const client = new Kafka({ brokers: [...broker.brokers], logLevel: logLevel.NOTHING })
  const producer = client.producer({
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  })
  await producer.connect()
  t.after(() => producer.disconnect())
  const pipelines = new Pipelines()
  pipelines.verdictOf = (lines) => (lines.some((l) => l.includes('bad')) ? REFUSED : ACCEPTED)
  return {
    topic,
    pipelines,
    client,
    config: { topics: [topic], group_id: `g-${topic}`, driver, dead_letter_topic: dead },
    letters: () => consumeAll(broker.brokers, dead),
    write: (...messages: readonly Written[]) =>
      producer.send({ topic, messages: messages.map((m) => ({ key: null, ...m })) }),
  }
}

type Scenario = (t: TestContext, broker: KafkaBroker, driver: DriverName) => Promise<void>

/** Neither a key, a value, headers without a value nor any header name keeps the partition from going on. */
export const strangeMessages: Scenario = async (t, broker, driver) => {
  const { topic, pipelines, config, letters, write } = await topicOf(t, broker, driver)
  const { Producer } = await import('@platformatic/kafka')
  const nulls = new Producer({ clientId: 'test', bootstrapBrokers: [...broker.brokers] })
  t.after(() => nulls.close())
  await write(
    { value: 'bad1', headers: { constructor: 'a', toString: 'b', dead_letter_reason: 'mine' } },
    { value: null },
    { key: 'k', value: null, headers: { record: 'spans' } },
    { value: line(1), headers: { twice: ['a', 'b'] } },
  )
  const at = { topic, partition: 0, key: Buffer.from('k') }
  // The types of the library know no header without a value, which producers in other languages write.
  const nothing: { readonly here: never } = JSON.parse('{"here":null}')
  const none = nothing.here
  await nulls.send({
    acks: -1,
    messages: [
      { ...at, value: Buffer.from('bad2'), headers: new Map([[Buffer.from('nothing'), none]]) },
      { ...at, value: Buffer.from(line(2)), headers: new Map([[Buffer.from('record'), none]]) },
    ],
  })
  const { receiver, host } = await receive(t, broker, pipelines, config)
  await until(() => metricOf(host, 'messages_total') >= 6, 'all messages', LONG)
  await receiver.stop()
  assert.deepEqual(seen(pipelines), [1, 2])
  const [first, second] = await letters()
  assert.deepEqual([first?.value.toString(), second?.value.toString()], ['bad1', 'bad2'])
  // The client of this test finds a function of that name before it.
  assert.match(first?.headers['constructor'] ?? '', /(^|,)a$/)
  assert.equal(first?.headers['dead_letter_reason'], 'malformed')
  assert.equal(second?.headers['nothing'], '')
}

/** Letters have more headers than their messages, so that one or many together may be above the limit of the broker. */
export const largeLetters: Scenario = async (t, broker, driver) => {
  const { pipelines, config, letters, write } = await topicOf(t, broker, driver)
  const room = BROKER_MAX - 150
  const headers = { dead_letter_offset: 'x'.repeat(room - 5000) }
  await write({ key: Buffer.alloc(room, 65), value: 'bad-key' })
  await write({ value: `bad-value${'x'.repeat(room)}` })
  await write({ value: 'bad-headers', headers })
  const many = Array.from({ length: 480 }, (_, i) => ({ value: `bad${i}-${'x'.repeat(2000)}` }))
  await write(...many)
  await write({ value: line(1) })
  const { receiver, host } = await receive(t, broker, pipelines, config)
  await until(() => metricOf(host, 'messages_total') >= 484, 'all messages', LONG)
  await receiver.stop()
  assert.deepEqual(seen(pipelines), [1])
  const found = new Map((await letters()).map((l) => [l.headers['dead_letter_offset'], l]))
  assert.equal(found.size, 483)
  assert.equal(found.get('0')?.headers['dead_letter_key_bytes'], String(room))
  assert.equal(found.get('1')?.headers['dead_letter_value_bytes'], String(room + 9))
  assert.equal(found.get('2')?.value.toString(), 'bad-headers')
  for (let i = 3; i < 483; i++) assert.ok((found.get(String(i))?.value.length ?? 0) > 2000)
}

/** Chunks that never become a message take no more memory than configured, whatever their headers say. */
export const hostileChunks: Scenario = async (t, broker, driver) => {
  const { pipelines, config, write } = await topicOf(t, broker, driver)
  const of = { event_id: 'e', batch_id: 'b', of: '9000' }
  const empty = (chunk: number) => ({ value: '', headers: { ...of, chunk: String(chunk) } })
  const long = { pad: 'x'.repeat(20_000) }
  for (let i = 1; i <= 80; i += 8) {
    const chunks = Array.from({ length: 8 }, (_, n) => i + n)
    await write(...chunks.map(empty))
    // The same chunks again, with another value, or as many bytes in other places.
    await write(
      ...chunks.map((n) => ({ ...empty(n), value: 'x'.repeat(50_000) })),
      ...chunks.map((n) => ({
        ...empty(n + 1000),
        headers: { ...empty(n + 1000).headers, ...long },
      })),
    )
  }
  await write({ value: line(1) })
  const { receiver, host } = await receive(t, broker, pipelines, {
    ...config,
    incomplete_bytes: '1MiB',
  })
  let most = 0
  await until(
    () => {
      most = Math.max(most, host.metrics.total('observa_kafka_receiver_incomplete_bytes'))
      return pipelines.lines.length > 0
    },
    'the whole message',
    LONG,
  )
  await until(() => metricOf(host, 'messages_total') > 100, 'chunks given up', LONG)
  await receiver.stop()
  // A batch more than the limit, because a batch is looked at as a whole.
  assert.ok(most < 3 << 20, `${most} bytes`)
}

/** While one partition waits with more than the buffer holds, the others go on; then it goes on where it was. */
export const longPause: Scenario = async (t, broker, driver) => {
  const { pipelines, config, write } = await topicOf(t, broker, driver, 3)
  const pad = 'x'.repeat(90_000)
  for (let n = 0; n < 60; n += 10)
    await write(
      ...Array.from({ length: 10 }, (_, i) => ({ partition: 0, value: line(n + i, `wait${pad}`) })),
    )
  let isFull = true
  pipelines.verdictOf = (lines) =>
    isFull && lines.some((l) => l.includes('wait')) ? RETRY : ACCEPTED
  const { host } = await receive(t, broker, pipelines, {
    ...config,
    buffer_bytes: '1MiB',
    batch: { bytes: '256KiB' },
  })
  await until(() => metricOf(host, 'paused_partitions') === 1, 'paused', LONG)
  await sleep(1500)
  for (let n = 100; n < 130; n++) await write({ partition: 1 + (n % 2), value: line(n, pad) })
  await until(() => pipelines.lines.length >= 30, 'the other partitions', LONG)
  isFull = false
  await until(() => seen(pipelines).length >= 90, 'the partition that waited', LONG)
  const waited = pipelines.lines.map((l) => Number(/"n":(\d+)/.exec(l)?.[1])).filter((n) => n < 60)
  assert.deepEqual(
    [...new Set(waited)],
    Array.from({ length: 60 }, (_, n) => n),
  )
}

/** Partitions that are added to a topic are consumed without a restart. */
export const addedPartitions: Scenario = async (t, broker, driver) => {
  const { topic, pipelines, client, config, write } = await topicOf(t, broker, driver)
  const { host } = await receive(t, broker, pipelines, config)
  await write({ value: line(0) })
  await until(() => pipelines.lines.length === 1, 'the first', LONG)
  const admin = client.admin()
  await admin.connect()
  await until(() => metricOf(host, 'commits_total') > 0, 'its commit', LONG)
  await sleep(6000)
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
  await admin.disconnect()
  const later = new Kafka({ brokers: [...broker.brokers], logLevel: logLevel.NOTHING }).producer()
  await later.connect()
  await until(async () => {
    const messages = [1, 2].map((partition) => ({ partition, value: line(partition) }))
    return later.send({ topic, messages }).then(
      () => true,
      () => false,
    )
  }, 'written to new partitions')
  await later.disconnect()
  const from = performance.now()
  await until(() => seen(pipelines).length === 3, 'messages of new partitions', LONG)
  t.diagnostic(`${driver}: after ${Math.round((performance.now() - from) / 1000)} s`)
}

/** What this process has handled itself is not read again, when it becomes a member anew. */
export const replayOfOthersOnly: Scenario = async (t, broker, driver) => {
  const { pipelines, config, write } = await topicOf(t, broker, driver)
  await write(...Array.from({ length: 50 }, (_, n) => ({ value: line(n) })))
  const replaying = { ...config, replay: '1h' }
  const { host } = await receive(t, broker, pipelines, replaying)
  await until(() => pipelines.lines.length >= 50, 'all lines', LONG)
  await until(() => metricOf(host, 'commits_total') > 0, 'a commit', LONG)
  await broker.kill()
  await broker.start()
  await until(() => metricOf(host, 'failures_total') > 0, 'a new session', LONG)
  await until(
    () =>
      write({ value: line(50) }).then(
        () => true,
        () => false,
      ),
    'written',
  )
  await until(() => seen(pipelines).length >= 51, 'the line after the broker came back', LONG)
  const again = pipelines.lines.length - 51
  assert.ok(again <= 1, `${again} lines again`)
}

/** A batch that becomes gigabytes, or millions of records, when it is decompressed is passed over and named in a letter. */
export const compressionBombs: Scenario = async (t, broker, driver) => {
  const { topic, pipelines, client, config, letters, write } = await topicOf(t, broker, driver)
  const producer = client.producer()
  await producer.connect()
  t.after(() => producer.disconnect())
  const { GZIP, ZSTD } = kafkajs.CompressionTypes
  const large = [{ partition: 0, value: Buffer.alloc(BATCH_BYTES_MAX + (1 << 20), 32) }]
  const many = Array.from({ length: BATCH_RECORDS_MAX + 10 }, () => ({ partition: 0, value: '' }))
  await write({ value: line(0) })
  await producer.send({ topic, compression: ZSTD, messages: large })
  await write({ value: line(1) })
  await producer.send({ topic, compression: GZIP, messages: many })
  await write({ value: line(2) })
  const { host, receiver } = await receive(t, broker, pipelines, config)
  await until(() => seen(pipelines).length === 3, 'all lines', LONG)
  await until(() => metricOf(host, 'messages_total') >= 5, 'all outcomes', LONG)
  await receiver.stop()
  const found = (await letters()).map(({ headers }) => headers)
  const end = 3 + BATCH_RECORDS_MAX + 9
  assert.deepEqual(
    found.map((h) => [h['dead_letter_reason'], h['dead_letter_offset']]),
    [
      ['unreadable', '1'],
      ['unreadable', String(end)],
    ],
  )
  assert.match(found[1]?.['dead_letter_message'] ?? '', new RegExp(`offset 3 to ${end} `))
}

/** Without a dead-letter topic the log says where a refused message is, and nothing of what it holds; nor while a partition waits. */
export const nothingInLogs: Scenario = async (t, broker, driver) => {
  const { pipelines, config, write } = await topicOf(t, broker, driver)
  const { dead_letter_topic: _none, ...withoutLetters } = config
  let isFull = true
  pipelines.verdictOf = (lines) => {
    if (lines.some((l) => l.includes('bad'))) return REFUSED
    return isFull ? RETRY : ACCEPTED
  }
  await write({ value: 'bad-ZZZZ' }, { value: line(1, 'ZZZZ') })
  const { host } = await receive(t, broker, pipelines, withoutLetters)
  await until(() => metricOf(host, 'paused_partitions') === 1, 'paused', LONG)
  isFull = false
  await until(() => pipelines.lines.length === 1, 'the line', LONG)
  const said = host.lines.map((entry) => JSON.stringify(entry))
  for (const text of ['is refused', 'a partition waits'])
    assert.ok(
      said.some((entry) => entry.includes(text)),
      text,
    )
  // As text, and as the bytes of a buffer.
  for (const entry of said) assert.doesNotMatch(entry, /ZZZZ|90,90,90,90/)
}

/** A process that was stopped for longer than its session knows with its first commit that it is no member any more. */
export const wakesExpelled: Scenario = async (t, broker, driver) => {
  const { pipelines, config, write } = await topicOf(t, broker, driver)
  const { host } = await receive(t, broker, pipelines, config)
  await write({ value: line(0) })
  await until(() => metricOf(host, 'commits_total') > 0, 'a commit', LONG)
  // Nothing of this process runs meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 9000)
  const labels = 'receiver="test",outcome="ok"'
  const committed = (): number => host.metrics.value('observa_kafka_receiver_commits_total', labels)
  const before = committed()
  const wokeAt = performance.now()
  await write({ value: line(1) })
  await until(() => committed() > before, 'a commit after it woke', LONG)
  const ms = Math.round(performance.now() - wokeAt)
  t.diagnostic(`${driver}: committed ${ms} ms after it woke`)
  assert.ok(ms < 7000, `${ms} ms`)
}
