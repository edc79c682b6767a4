// Runs the example: npm run example gateway
// Without KAFKA_BROKERS it starts a temporary broker (needs Java 17 and Maven), and only after the app has sent everything,
// to show that Kafka may be down. With KAFKA_BROKERS the two topics must exist.

import { join } from 'node:path'
import { keyDigest, makeKey } from '../../accounts/api-key.ts'
import { kafkaAvailable, startKafka } from '../../test/kafka/broker.ts'
import { consumeAll, createTopic } from '../../test/kafka/consume.ts'
import { type Env, inSession, type Session, say } from '../harness/session.ts'

const here = import.meta.dirname
const app = join(here, 'app.ts')
const config = join(here, 'observa.yaml')
const key = makeKey('sk', 'live')
const keyEnv: Env = {
  OBSERVA_KEY_ID: key.slice(0, 16),
  OBSERVA_KEY_HASH: keyDigest(key, null).toString('hex'),
}
const appEnv: Env = { OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${key}` }

async function show(session: Session, brokers: readonly string[]): Promise<void> {
  await session.drained()
  const messages = await consumeAll(brokers, 'observa.events')
  const events = messages.map((m) => JSON.parse(m.value.toString()) as Record<string, unknown>)
  const tenants = [...new Set(events.map((e) => e['tenant_id']))].join(', ')
  const sum = (field: string): number => events.reduce((n, e) => n + Number(e[field]), 0)
  say(
    `Kafka: ${events.length} events of tenant ${tenants}, ${sum('input_tokens')} input tokens, ${sum('cost_usd').toFixed(6)} USD`,
  )
}

async function withOwnBroker(): Promise<void> {
  const missing = kafkaAvailable()
  if (missing !== null) {
    say(`No broker: ${missing}. Or set KAFKA_BROKERS.`)
    process.exitCode = 1
    return
  }
  const broker = await startKafka('4.1.0', say)
  try {
    for (const topic of ['observa.events', 'observa.signals'])
      await createTopic(broker.brokers, topic)
    const env = { ...keyEnv, KAFKA_BROKERS: broker.brokers.join(',') }
    await inSession(config, env, async (session) => {
      await broker.kill()
      say('Kafka is away')
      await session.run(process.execPath, [app], appEnv)
      say(`waiting in the log: ${await session.metric('observa_exporter_queue_items')} items`)
      await broker.start()
      await show(session, broker.brokers)
    })
  } finally {
    await broker.stop()
  }
}

const given = process.env['KAFKA_BROKERS']
if (given === undefined) await withOwnBroker()
else
  await inSession(config, keyEnv, async (session) => {
    await session.run(process.execPath, [app], appEnv)
    await show(session, given.split(','))
  })
