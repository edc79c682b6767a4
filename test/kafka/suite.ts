// The tests of both Kafka drivers against a real broker of one version. `kafka-3.test.ts` and `kafka-4.test.ts` run them.

import test from 'node:test'
import { type KafkaVersion, kafkaAvailable, startKafka } from './broker.ts'
import {
  blocked,
  concurrentSends,
  type DriverName,
  killAndRestart,
  oversized,
  roundTrip,
} from './contract.ts'
import {
  backpressure,
  chunked,
  leaveDuringRebalance,
  poison,
  rebalance,
  receiveAll,
  receiverSurvivesKill,
  replay,
  replayThroughRebalance,
} from './receive.ts'
import { scoresArrive } from './scores.ts'

const missing = kafkaAvailable()
const DRIVERS: readonly DriverName[] = ['kafkajs', 'platformatic']

/** `killed` is the driver whose producer sends while the broker is killed; one per version is enough, because the test is long. */
export function testKafka(version: KafkaVersion, killed: DriverName): void {
  test(`Kafka ${version}`, { skip: missing ?? false, timeout: 600_000 }, async (t) => {
    const broker = await startKafka(version)
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
      await t.test(`${driver}: everything is received in order and once, across a restart`, (t) =>
        receiveAll(t, broker, driver),
      )
      await t.test(`${driver}: a partition waits while the pipelines take nothing`, (t) =>
        backpressure(t, broker, driver),
      )
      await t.test(`${driver}: refused messages go to the dead-letter topic`, (t) =>
        poison(t, broker, driver),
      )
      await t.test(`${driver}: a rebalance loses nothing and commits only what is durable`, (t) =>
        rebalance(t, broker, driver),
      )
      await t.test(`${driver}: a partition is read again from further back`, (t) =>
        replay(t, broker, driver),
      )
      await t.test(`${driver}: a replay goes on after a rebalance`, (t) =>
        replayThroughRebalance(t, broker, driver),
      )
      await t.test(`${driver}: chunks of an oversized message become one again`, (t) =>
        chunked(t, broker, driver),
      )
      await t.test(`${driver}: the receiver survives a broker that is killed`, (t) =>
        receiverSurvivesKill(t, broker, driver),
      )
    }
    await t.test(`${killed}: a broker killed and restarted loses no acknowledged event`, (t) =>
      killAndRestart(t, broker, killed),
    )
    await t.test('scores of the API arrive, and it is said when they are deleted', (t) =>
      scoresArrive(t, broker),
    )
    await t.test(
      'platformatic: members that leave during a rebalance send no more heartbeats',
      (t) => leaveDuringRebalance(t, broker),
    )
  })
}
