// Tests that every driver must pass against every supported broker; `suite.ts` runs them.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Sender } from '../../core/component.ts'
import type { EncodedPart } from '../../core/task.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import type { Config } from '../../exporters/kafka/config.ts'
import { encoder } from '../../exporters/kafka/encode.ts'
import { kafka } from '../../exporters/kafka/index.ts'
import type { DriverName, ProducerSettings } from '../../storage/kafka/driver.ts'
import { PRODUCERS } from '../../storage/kafka/producers.ts'
import {
  hexId,
  never,
  processed,
  quietChain,
  sendBatch,
  type TestHost,
  testHost,
} from '../exporter-host.ts'
import type { KafkaBroker } from './broker.ts'
import { type Consumed, consumeAll, createTopic } from './consume.ts'

export type { DriverName } from '../../storage/kafka/driver.ts'

let topics = 0
const newTopic = (): string => `t${++topics}`

/** JSON text that hardly compresses. */
const noise = (bytes: number): string =>
  JSON.stringify(randomBytes(Math.ceil(bytes * 0.75)).toString('base64'))

export function parts(from: number, count: number, input?: string): EncodedPart[] {
  const events = Array.from({ length: count }, (_, i) => ({
    eventId: hexId(from + i),
    traceId: hexId((from + i) % 7),
    tenant: 'acme',
    ...(input === undefined ? {} : { input }),
  }))
  const settings = { signals: false, encoding: 'event', messageBytesMax: 1 << 20 } as const
  return encoder('kafka', settings).encode(processed(events), new Set(), quietChain)
}

export async function sender(
  t: TestContext,
  config: object,
  host: TestHost = testHost(t),
): Promise<Sender> {
  const made = await kafka.createSender(kafka.schema.parse(config), host)
  await made.start(never)
  t.after(() => made.stop())
  return made
}

export async function roundTrip(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
  compression: Config['compression'],
  idempotent: boolean,
): Promise<void> {
  const topic = newTopic()
  await createTopic(broker.brokers, topic)
  const to = await sender(t, { brokers: broker.brokers, topic, driver, compression, idempotent })
  const batch = sendBatch([...parts(0, 600, noise(3000)), ...parts(600, 20)])
  assert.deepEqual(await to.send(batch, never), { kind: 'sent' })
  const found = await consumeAll(broker.brokers, topic)
  assert.equal(found.length, 620)
  assert.deepEqual(
    ids(found),
    Array.from({ length: 620 }, (_, i) => hexId(i)),
  )
  for (const message of found) {
    const event = JSON.parse(message.value.toString()) as Record<string, unknown>
    assert.equal(event['event_id'], message.headers['event_id'])
    assert.equal(event['trace_id'], message.key)
    assert.equal(message.headers['batch_id'], batch.batchId)
    assert.equal(message.headers['tenant'], 'acme')
  }
  const places = new Map<string, Set<number>>()
  for (const m of found) places.set(m.key, (places.get(m.key) ?? new Set()).add(m.partition))
  assert.ok(
    [...places.values()].every((set) => set.size === 1),
    'a trace is in one partition',
  )
}

const ids = (found: readonly Consumed[]): string[] =>
  found.map((m) => m.headers['event_id'] ?? '').toSorted((a, b) => (a < b ? -1 : 1))

/** One version of a client resolved 50 concurrent sends with the same offset, and 49 acknowledged messages were lost. */
export async function concurrentSends(
  broker: KafkaBroker,
  driver: DriverName,
  idempotent: boolean,
): Promise<void> {
  const topic = newTopic()
  await createTopic(broker.brokers, topic)
  const settings: ProducerSettings = {
    brokers: broker.brokers,
    clientId: 'contract',
    compression: 'none',
    idempotent,
    maxInFlight: 5,
    requestTimeoutMs: 30_000,
    connectTimeoutMs: 5000,
    tls: null,
    sasl: null,
  }
  const { default: pino } = await import('pino')
  const made = await PRODUCERS[driver](settings, pino({ enabled: false }))
  try {
    const sends = Array.from({ length: 50 }, (_, i) =>
      made.send(topic, [{ key: Buffer.from(hexId(i)), value: Buffer.from(`"${i}"`), headers: [] }]),
    )
    const acks = (await Promise.all(sends)).flat()
    assert.equal(new Set(acks.map((a) => `${a.partition}:${a.offset}`)).size, 50)
  } finally {
    await made.close()
  }
  const found = await consumeAll(broker.brokers, topic)
  assert.equal(new Set(found.map((m) => m.value.toString())).size, 50)
}

/** Events above the limit arrive completely: in chunks, as a reference to a file, or with emptied fields. */
export async function oversized(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
): Promise<void> {
  const input = noise(300_000)
  for (const oversize of ['split', 'offload', 'truncate'] as const) {
    const topic = newTopic()
    await createTopic(broker.brokers, topic, { 'max.message.bytes': '100000' })
    const host = testHost(t)
    // First with the broker's real limit, then with a limit that is larger than the broker's.
    const limits = ['100000', '1MiB']
    for (const [i, message_bytes_max] of limits.entries()) {
      // Idempotent, so that the topic has each message once: kafkajs repeats what was taken of a request when some of it was not.
      const idempotent = true
      const config = {
        brokers: broker.brokers,
        topic,
        driver,
        idempotent,
        oversize,
        message_bytes_max,
      }
      const to = await sender(t, config, host)
      const batch = sendBatch([...parts(i * 10, 3), ...parts(i * 10 + 3, 1, input)])
      assert.deepEqual(await to.send(batch, never), { kind: 'sent' }, `${oversize} ${i}`)
    }
    const found = await consumeAll(broker.brokers, topic)
    for (const large of [3, 13]) {
      const pieces = found.filter((m) => m.headers['event_id'] === hexId(large))
      checkLarge(oversize, pieces, JSON.parse(input) as string, host)
    }
    const small = new Set(ids(found))
    for (const id of [0, 1, 2, 10, 11, 12]) assert.ok(small.has(hexId(id)))
  }
}

function checkLarge(
  oversize: Config['oversize'],
  pieces: readonly Consumed[],
  input: string,
  host: TestHost,
): void {
  if (oversize === 'split') {
    const of = pieces[0]?.headers['of']
    const inOrder = pieces
      .filter((m) => m.headers['of'] === of)
      .toSorted((a, b) => Number(a.headers['chunk']) - Number(b.headers['chunk']))
    assert.equal(inOrder.length, Number(of))
    const joined = Buffer.concat(inOrder.map((m) => m.value)).toString()
    assert.equal((JSON.parse(joined) as { input: string }).input, input)
    return
  }
  assert.equal(pieces.length, 1)
  const event = JSON.parse(pieces[0]?.value.toString() ?? '') as Record<string, unknown>
  if (oversize === 'truncate') {
    assert.deepEqual(Object.keys(event['truncated_fields'] as object), ['input'])
    return
  }
  const { file } = event['offloaded'] as { file: string }
  const kept = readFileSync(join(host.dataDir, 'kafka/offloaded', file), 'utf8')
  assert.equal((JSON.parse(kept) as { input: string }).input, input)
}

/** A missing topic and a wrong password are reported states and do not cause a busy loop. */
export async function blocked(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
): Promise<void> {
  const sasl = { username: 'observa', password: `${broker.saslPassword}x` }
  const cases = [
    { brokers: broker.brokers, topic: 'absent' },
    { brokers: broker.saslBrokers, topic: 'absent', sasl },
  ]
  for (const config of cases) {
    const host = testHost(t)
    const to = await sender(t, { ...config, driver }, host)
    const startedAt = performance.now()
    const verdict = await to.send(sendBatch(parts(0, 1)), never)
    const seconds = (performance.now() - startedAt) / 1000
    assert.equal(verdict.kind, 'retry')
    assert.ok(verdict.kind === 'retry' && (verdict.afterMs ?? 0) >= 1000, JSON.stringify(verdict))
    const attempts = host.lines.filter((line) => Number(line['level']) >= 40).length
    assert.ok(attempts <= 6 + seconds * 2, `${attempts} warnings in ${seconds} s`)
  }
  const right = { ...sasl, password: broker.saslPassword }
  const topic = newTopic()
  await createTopic(broker.brokers, topic)
  const to = await sender(t, { brokers: broker.saslBrokers, topic, driver, sasl: right })
  assert.deepEqual(await to.send(sendBatch(parts(0, 1)), never), { kind: 'sent' })
}

/** Sends events while a broker is killed and restarted. Every acknowledged event must be in the topic. */
export async function killAndRestart(
  t: TestContext,
  broker: KafkaBroker,
  driver: DriverName,
): Promise<void> {
  const topic = newTopic()
  await createTopic(broker.brokers, topic)
  const to = await sender(t, { brokers: broker.brokers, topic, driver, request_timeout: '5s' })
  const acknowledged = new Set<string>()
  const verdicts: SendVerdict['kind'][] = []
  let next = 0
  const produce = async (): Promise<void> => {
    const from = next
    next += 200
    const batch = sendBatch(parts(from, 200))
    for (let verdict: SendVerdict | null = null; verdict?.kind !== 'sent'; ) {
      verdict = await to.send(batch, never)
      verdicts.push(verdict.kind)
      assert.notEqual(verdict.kind, 'rejected')
    }
    for (let i = 0; i < 200; i++) acknowledged.add(hexId(from + i))
  }
  for (let i = 0; i < 10; i++) await produce()
  let isBack = false
  const meanwhile = (async () => {
    while (!isBack) await produce()
  })()
  await broker.kill()
  await broker.start()
  isBack = true
  await meanwhile
  for (let i = 0; i < 10; i++) await produce()
  const found = await consumeAll(broker.brokers, topic)
  const held = new Set(ids(found))
  const lost = [...acknowledged].filter((id) => !held.has(id))
  assert.deepEqual(lost, [])
  for (const id of held) assert.ok(acknowledged.has(id))
  const values = new Map(found.map((m) => [m.headers['event_id'], m.value.toString()]))
  for (const m of found)
    assert.equal(
      m.value.toString(),
      values.get(m.headers['event_id']),
      'a duplicate is the same event',
    )
  t.diagnostic(
    `${acknowledged.size} acknowledged, ${found.length - held.size} duplicates, verdicts ${new Set(verdicts).size}`,
  )
}
