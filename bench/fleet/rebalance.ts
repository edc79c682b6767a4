// How long a partition stands still when the members of a fleet change, with a real broker, an edge, cores, and one ClickHouse and one
// Postgres, all on this machine, under a steady load: `node bench/fleet/rebalance.ts`. A partition stands still while the offset that its group has
// committed does not grow, although messages come all the time. `docs/scale-out.md` has the figures.

import { setTimeout as sleep } from 'node:timers/promises'
import { kafkajs, patchKafkajs } from '../../storage/kafka/kafkajs-faults.ts'
import { type Body, Fleet } from '../../test/fleet/fleet.ts'
import { Instance } from '../../test/instance.ts'
import { generateRequests } from '../traffic/generate.ts'

const SPANS_PER_REQUEST = 50
const RATE = Number(process.env['RATE'] ?? 400)
/** So much is in the topic before anything changes, and is read again by a core that gets a partition. */
const HISTORY_S = Number(process.env['HISTORY_S'] ?? 60)
const WATCH_S = 30
const FROZEN_S = 15
const LOOK_MS = 100
const GROUP = 'observa-core'
const TOPIC = 'observa.spans'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** Sends at the rate until it is stopped. */
function load(fleet: Fleet, edge: Instance): { stop(): Promise<void> } {
  let isStopped = false
  const requests = 100_000
  const baseTimeMs = Date.now() - 60_000
  const all = generateRequests({
    seed: 5,
    requests,
    spansPerRequest: SPANS_PER_REQUEST,
    baseTimeMs,
  })
  const running = (async () => {
    const startedAt = performance.now()
    let sent = 0
    for (const { protobuf } of all) {
      if (isStopped) return
      const dueMs = startedAt + (sent / RATE) * 1000
      await sleep(Math.max(0, dueMs - performance.now()))
      const body: Body = { path: '/v1/traces', bytes: protobuf }
      await fleet.send(body, () => edge)
      sent += SPANS_PER_REQUEST
    }
  })()
  return {
    stop: () => {
      isStopped = true
      return running
    },
  }
}

type Admin = ReturnType<InstanceType<typeof kafkajs.Kafka>['admin']>

/** The longest time that a partition stood still, by partition, in ms; and how many messages were not committed at most. */
async function standstill(admin: Admin, seconds: number): Promise<{ ms: number; lag: number }> {
  const last = new Map<number, { offset: string; at: number }>()
  const until = performance.now() + seconds * 1000
  let ms = 0
  let lag = 0
  while (performance.now() < until) {
    const [committed] = await admin.fetchOffsets({ groupId: GROUP, topics: [TOPIC] })
    const ends = await admin.fetchTopicOffsets(TOPIC)
    const now = performance.now()
    let waiting = 0
    for (const { partition, offset } of committed?.partitions ?? []) {
      const high = Number(ends.find((e) => e.partition === partition)?.high ?? 0)
      waiting += high - Math.max(0, Number(offset))
      const before = last.get(partition)
      // A partition for which nothing has come does not stand still.
      if (before === undefined || before.offset !== offset || high <= Number(offset))
        last.set(partition, { offset, at: now })
      else ms = Math.max(ms, now - before.at)
    }
    lag = Math.max(lag, waiting)
    await sleep(LOOK_MS)
  }
  return { ms: Math.round(ms), lag }
}

async function measure(fleet: Fleet): Promise<void> {
  patchKafkajs()
  const broker = await fleet.withBroker()
  const client = new kafkajs.Kafka({ brokers: [...broker.brokers], logLevel: 0 })
  const admin = client.admin()
  await admin.connect()
  const edge = await fleet.instance('edge')
  const cores = [await fleet.instance('core'), await fleet.instance('core')]
  const sending = load(fleet, edge)
  await sleep(HISTORY_S * 1000)
  const partitions = async (): Promise<number[]> =>
    Promise.all(
      cores.map(async (core) =>
        core.isAlive ? core.metric('observa_kafka_receiver_partitions') : -1,
      ),
    )
  const row = async (what: string, seconds = WATCH_S): Promise<void> => {
    const { ms, lag } = await standstill(admin, seconds)
    say(`| ${what} | ${(ms / 1000).toFixed(1)} s | ${lag} | ${(await partitions()).join(', ')} |`)
  }
  say(
    `${RATE} spans/s, ${HISTORY_S} s of history, driver ${process.env['OBSERVA_KAFKA_DRIVER'] ?? 'platformatic'}`,
  )
  say(
    '| what happens | a partition stands still at most | messages not committed at most | partitions of the cores |',
  )
  say('|---|---|---|---|')
  await row('nothing', 10)
  const watched = row('a third core joins')
  cores.push(await fleet.instance('core'))
  await watched
  const third = cores[2] ?? edge
  const leaving = row('it is stopped (SIGTERM)')
  await third.kill('SIGTERM')
  await leaving
  const back = row('it starts again')
  cores[2] = await fleet.instance('core', third)
  await back
  const killed = cores[1] ?? edge
  await killed.kill('SIGKILL')
  await row('one is killed (SIGKILL)')
  const again = row('it starts again')
  cores[1] = await fleet.instance('core', killed)
  await again
  const frozen = cores[0] ?? edge
  frozen.process.kill('SIGSTOP')
  const thawed = sleep(FROZEN_S * 1000).then(() => frozen.process.kill('SIGCONT'))
  await row(`one is frozen for ${FROZEN_S} s (SIGSTOP)`, WATCH_S + FROZEN_S)
  await thawed
  await sending.stop()
  await edge.drained()
  await fleet.settled([edge], cores)
  const taken = await fleet.query<{ n: string; twice: string }>(
    'SELECT uniqExact(event_id) AS n, count() - uniqExact(event_id) AS twice FROM EVENTS FINAL',
  )
  say(JSON.stringify(taken))
  await admin.disconnect()
}

const ends: (() => unknown)[] = []
const fleet = await Fleet.start({ after: (end) => void ends.push(end as () => unknown) })
try {
  await measure(fleet)
} finally {
  for (const end of ends) await end()
  Instance.endAll()
}
process.exit(0)
