// Tests that the `kafka` receiver must pass with every driver against every supported broker; `suite.ts` runs them. A list stands for the
// pipelines behind it, so that a test decides what is durable and when.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IntakeVerdict } from '../../core/component.ts'
import type { TaskRequest } from '../../core/task.ts'
import type { DriverName } from '../../storage/kafka/driver.ts'
import { until } from '../instance.ts'
import type { KafkaBroker } from './broker.ts'
import { consumeAll, createTopic, slowLeader } from './consume.ts'
import {
  ACCEPTED,
  filledTopic,
  metricOf,
  newTopic,
  Pipelines,
  produce,
  producerOf,
  REFUSED,
  RETRY,
  receive,
} from './receiving.ts'

interface Line {
  readonly n: number
  readonly k: number
}

const numbers = (lines: readonly string[]): number[] => lines.map((l) => (JSON.parse(l) as Line).n)

function assertAll(lines: readonly string[], count: number): void {
  const found = new Set(numbers(lines))
  const missing = Array.from({ length: count }, (_, i) => i).filter((n) => !found.has(n))
  assert.deepEqual(missing, [])
}

/** Lines with the same key are in the order in which they were written; repeated ones do not count. */
function assertOrder(lines: readonly string[]): void {
  const last = new Map<number, number>()
  const seen = new Set<number>()
  for (const line of lines) {
    const { n, k } = JSON.parse(line) as Line
    if (seen.has(n)) continue
    seen.add(n)
    assert.ok((last.get(k) ?? -1) < n, `${n} comes after ${last.get(k)}`)
    last.set(k, n)
  }
}

/** All messages arrive once and in order. After a restart no message is delivered again. */
export async function receiveAll(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
): Promise<void> {
  const { topic, config, pipelines } = await filledTopic(broker, driver, 700, {
    tenant: 'acme',
    project: 'web',
  })
  const first = await receive(t, broker, pipelines, config)
  await until(() => pipelines.lines.length >= 700, 'all lines')
  await produce(broker, topic, 700, 800)
  await until(() => pipelines.lines.length >= 800, 'the lines that came later')
  assert.equal(pipelines.lines.length, 800)
  assertAll(pipelines.lines, 800)
  assertOrder(pipelines.lines)
  const { tenant } = pipelines.requests[0] as TaskRequest
  assert.deepEqual(tenant, { tenantId: 'acme', projectId: 'web', environment: null, keyId: null })
  await first.receiver.stop()
  assert.equal(metricOf(first.host, 'messages_total'), 800)

  await produce(broker, topic, 800, 810)
  await receive(t, broker, pipelines, config)
  await until(() => pipelines.lines.length >= 810, 'the lines after the restart')
  assert.equal(pipelines.lines.length, 810, 'what was committed does not come again')
}

/** A partition is paused while the pipelines accept nothing. Afterwards all messages arrive in order. */
export async function backpressure(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
): Promise<void> {
  const { config, pipelines } = await filledTopic(broker, driver, 300, { batch: { messages: 20 } })
  let isFull = true
  pipelines.verdictOf = (lines) =>
    isFull && lines.some((l) => l.includes('"k":3')) ? RETRY : ACCEPTED
  const { host } = await receive(t, broker, pipelines, config)
  await until(() => metricOf(host, 'paused_partitions') === 1, 'one partition paused')
  await until(() => pipelines.lines.length > 100, 'lines of the other partitions')
  assert.ok(!pipelines.lines.some((l) => l.includes('"k":3')))
  isFull = false
  // A member that is slow to answer gets its partitions again, and reads what it had not committed once more.
  await until(() => new Set(pipelines.lines).size >= 300, 'all lines')
  assertAll(pipelines.lines, 300)
  assertOrder(pipelines.lines)
  await until(() => metricOf(host, 'paused_partitions') === 0, 'no partition paused')
}

/** A refused message is written to the dead-letter topic with the reason. The messages around it are accepted. */
export async function poison(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
): Promise<void> {
  const topic = newTopic()
  const dead = newTopic()
  await createTopic(broker.brokers, topic)
  await createTopic(broker.brokers, dead)
  await produce(broker, topic, 0, 200, [['trace', Buffer.from('kept')]])
  const pipelines = new Pipelines()
  const isBad = (line: string): boolean => /"n":(17|18|150),/.test(line)
  pipelines.verdictOf = (lines) => (lines.some(isBad) ? REFUSED : ACCEPTED)
  const config = { topics: [topic], group_id: `g-${topic}`, driver, dead_letter_topic: dead }
  const { receiver, host } = await receive(t, broker, pipelines, config)
  await until(() => metricOf(host, 'messages_total') >= 200, 'all messages done')
  assert.equal(new Set(numbers(pipelines.lines)).size, 197)
  await receiver.stop()
  const letters = await consumeAll(broker.brokers, dead)
  assert.deepEqual(
    numbers(letters.map((l) => l.value.toString())).toSorted((a, b) => a - b),
    [17, 18, 150],
  )
  for (const { headers } of letters) {
    assert.equal(headers['dead_letter_reason'], 'malformed')
    assert.equal(headers['dead_letter_message'], 'no JSON')
    assert.equal(headers['dead_letter_topic'], topic)
    assert.equal(headers['trace'], 'kept')
    assert.match(headers['dead_letter_offset'] ?? '', /^\d+$/)
  }
}

/**
 * Members come and go while messages are written. What was taken by a member that never made it durable comes to another one,
 * and no partition stands still for long.
 */
export async function rebalance(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
): Promise<void> {
  const { topic, config } = await filledTopic(broker, driver, 0, { batch: { messages: 10 } })
  const [a, b, stuck] = [new Pipelines(), new Pipelines(), new Pipelines()]
  let longestMs = 0
  let lastAt = performance.now()
  for (const pipelines of [a, b])
    pipelines.verdictOf = () => {
      longestMs = Math.max(longestMs, performance.now() - lastAt)
      lastAt = performance.now()
      return ACCEPTED
    }
  // This member takes messages and never says that they are durable.
  const release = Promise.withResolvers<IntakeVerdict>()
  stuck.verdictOf = () => release.promise
  const first = await receive(t, broker, a, config)
  await until(() => metricOf(first.host, 'partitions') === 3, 'all partitions of the first')
  let written = 0
  let isWriting = true
  const writing = (async () => {
    while (isWriting) {
      await produce(broker, topic, written, written + 40)
      written += 40
      await sleep(20)
    }
  })()
  lastAt = performance.now()
  const second = await receive(t, broker, b, config)
  const third = await receive(t, broker, stuck, config)
  await until(() => metricOf(third.host, 'partitions') === 1, 'a partition each')
  await until(() => metricOf(second.host, 'partitions') === 1, 'a partition each')
  await sleep(500)
  release.resolve(RETRY)
  await third.receiver.stop()
  await first.receiver.stop()
  await until(() => metricOf(second.host, 'partitions') === 3, 'all partitions of the second')
  isWriting = false
  await writing
  const taken = (): number => new Set(numbers([...a.lines, ...b.lines])).size
  await until(() => taken() >= written, 'everything taken')
  assertAll([...a.lines, ...b.lines], written)
  const repeated = a.lines.length + b.lines.length - written
  t.diagnostic(
    `${driver}: ${written} messages, ${repeated} repeated, at most ${Math.round(longestMs)} ms without any`,
  )
  assert.ok(longestMs < 15_000, `${longestMs} ms without any message`)
}

/** The receiver continues by itself after a broker was killed and restarted, and no message is lost. */
export async function receiverSurvivesKill(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
): Promise<void> {
  const batch = { messages: 50 }
  const { topic, config, pipelines } = await filledTopic(broker, driver, 500, { batch })
  await receive(t, broker, pipelines, config)
  await until(() => pipelines.lines.length >= 100, 'some lines')
  await broker.kill()
  await sleep(2000)
  await broker.start()
  const startedAt = performance.now()
  for (let tries = 0; ; tries++)
    try {
      await produce(broker, topic, 500, 900)
      break
    } catch (error) {
      if (tries > 10) throw error
    }
  await until(() => new Set(pipelines.lines).size >= 900, 'all lines')
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  assertAll(pipelines.lines, 900)
  t.diagnostic(`${driver}: everything was there ${seconds} s after the broker answered again`)
}

/** The chunks of an oversized message are reassembled, even if other messages stand between them. */
export async function chunked(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
): Promise<void> {
  const { topic, config, pipelines } = await filledTopic(broker, driver, 0)
  const producer = await producerOf(broker, driver)
  const key = Buffer.from('k')
  const chunk = (n: number, value: string) => ({
    key,
    value: Buffer.from(value),
    headers: [
      ['event_id', Buffer.from('e')],
      ['batch_id', Buffer.from('b')],
      ['chunk', Buffer.from(String(n))],
      ['of', Buffer.from('3')],
    ] as const,
  })
  const whole = (n: number) => ({ key, value: Buffer.from(`{"n":${n},"k":0}`), headers: [] })
  const first = await receive(t, broker, pipelines, config)
  await producer.send(topic, [whole(0), chunk(1, '{"n"'), whole(1), chunk(3, '"k":0}'), whole(2)])
  await until(() => pipelines.lines.length >= 3, 'the whole ones')
  // A restart in between: the offset of the first chunk was not passed, so nothing of it is lost.
  await first.receiver.stop()
  await receive(t, broker, pipelines, config)
  await producer.send(topic, [chunk(2, ':7,')])
  await until(() => pipelines.lines.includes('{"n":7,"k":0}'), 'the message in chunks')
  await producer.close()
}

/** With `replay`, a newly assigned partition is read from an earlier offset, and no earlier offset is committed. */
export async function replay(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
): Promise<void> {
  const { topic, config, pipelines: before } = await filledTopic(broker, driver, 100)
  const first = await receive(t, broker, before, config)
  await until(() => before.lines.length >= 100, 'all lines')
  await first.receiver.stop()

  const pipelines = new Pipelines()
  const second = await receive(t, broker, pipelines, { ...config, replay: '1h' })
  await until(() => pipelines.lines.length >= 100, 'the lines that others have taken')
  await produce(broker, topic, 100, 120)
  await until(() => new Set(pipelines.lines).size >= 120, 'the new lines')
  assertAll(pipelines.lines, 120)
  assert.equal(pipelines.lines.length, 120, 'what others have taken is read again once')
  await second.receiver.stop()

  const after = new Pipelines()
  await receive(t, broker, after, config)
  await produce(broker, topic, 120, 130)
  await until(() => after.lines.length >= 10, 'the newest lines')
  assert.equal(after.lines.length, 10, 'what was read again is still committed')
}

/** A rebalance in the midst of a replay does not end it, although the library begins at the committed offset after each. */
export async function replayThroughRebalance(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
): Promise<void> {
  const topic = newTopic()
  await createTopic(broker.brokers, topic, {}, 1)
  const config = { topics: [topic], group_id: `g-${topic}`, driver }
  const producer = await producerOf(broker, 'kafkajs')
  const lineOf = (n: number): Buffer =>
    Buffer.from(`{"n":${n},"pad":"${randomBytes(40_000).toString('hex')}"}`)
  // More than one fetch brings, and than is buffered.
  for (let n = 0; n < 200; n += 5) {
    const some = [0, 1, 2, 3, 4].map((i) => lineOf(n + i))
    await producer.send(
      topic,
      some.map((value) => ({ key: Buffer.from('k'), value, headers: [] })),
    )
  }
  await producer.close()
  const before = new Pipelines()
  const first = await receive(t, broker, before, config)
  await until(() => before.lines.length >= 200, 'all lines')
  await first.receiver.stop()

  const pipelines = new Pipelines()
  const other = Promise.withResolvers<void>()
  pipelines.verdictOf = async () => {
    await other.promise
    return ACCEPTED
  }
  const more = { ...config, replay: '1h', buffer_bytes: 1 << 20, batch: { messages: 5 } }
  const second = await receive(t, broker, pipelines, more)
  await until(() => metricOf(second.host, 'partitions') === 1, 'the partition')
  // There is one partition, which stays where it is or moves: then the other one reads all of it.
  const third = await receive(t, broker, pipelines, more)
  await until(() => metricOf(third.host, 'rebalances_total') > 0, 'the rebalance')
  other.resolve()
  await until(() => new Set(pipelines.lines).size >= 200, 'all lines again')
}

/**
 * @platformatic/kafka 2.12.1 sends heartbeats for ever if a member is closed while it waits for its assignment, which the leader of the
 * group computes. The leader here is a kafkajs consumer that takes a second for that.
 */
export async function leaveDuringRebalance(t: TestContext, broker: KafkaBroker): Promise<void> {
  const { consumerHeartbeatChannel } = await import('@platformatic/kafka')
  const { topic, config } = await filledTopic(broker, 'platformatic', 0)
  const leader = await slowLeader(broker.brokers, topic, config.group_id)
  t.after(() => leader.disconnect())
  const member = await receive(t, broker, new Pipelines(), config)
  await until(() => metricOf(member.host, 'partitions') === 1, 'the partition of the member')
  const rebalances = leader.assignments
  const other = await receive(t, broker, new Pipelines(), config)
  await until(() => leader.assignments > rebalances, 'the rebalance')
  await member.receiver.stop()
  await other.receiver.stop()
  let heartbeats = 0
  const count = (): void => {
    heartbeats++
  }
  consumerHeartbeatChannel.start.subscribe(count)
  await sleep(1500)
  consumerHeartbeatChannel.start.unsubscribe(count)
  assert.equal(heartbeats, 0, 'all members of the library have left')
}
