// The Kafka drivers against a real broker, version 4.1.0.

import test from 'node:test'
import { kafkaAvailable, startKafka } from './broker.ts'
import {
  blocked,
  concurrentSends,
  type DriverName,
  killAndRestart,
  oversized,
  roundTrip,
} from './contract.ts'

const missing = kafkaAvailable()
const DRIVERS: readonly DriverName[] = ['kafkajs', 'platformatic']

test('Kafka 4.1.0', { skip: missing ?? false, timeout: 300_000 }, async (t) => {
  const broker = await startKafka('4.1.0')
  t.after(() => broker.stop())
  for (const driver of DRIVERS) {
    await t.test(`${driver}: key, headers and value come back, with gzip and many batches`, (t) =>
      roundTrip(t, broker, driver, 'gzip', false),
    )
    await t.test(`${driver}: the same with zstd and an idempotent producer`, (t) =>
      roundTrip(t, broker, driver, 'zstd', true),
    )
    await t.test(`${driver}: 50 concurrent sends get 50 different offsets`, async () => {
      await concurrentSends(broker, driver, false)
      await concurrentSends(broker, driver, true)
    })
    await t.test(`${driver}: an event above the limit arrives completely`, (t) =>
      oversized(t, broker, driver),
    )
    await t.test(`${driver}: a missing topic and a wrong password cause no busy loop`, (t) =>
      blocked(t, broker, driver),
    )
  }
  await t.test('platformatic: a broker killed and restarted loses no acknowledged event', (t) =>
    killAndRestart(t, broker, 'platformatic'),
  )
})
