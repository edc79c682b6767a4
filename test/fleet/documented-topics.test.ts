// The topics of docs/scale-out.md, as its commands say, at a real broker, which refuses settings that it does not know.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { parseArgs } from 'node:util'
import { kafkaAvailable, startKafka } from '../kafka/broker.ts'
import { createTopic } from '../kafka/consume.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/scale-out.md'), 'utf8')
const missing = kafkaAvailable()

function commands(): string[][] {
  const lines = PAGE.replaceAll('\\\n', ' ').split('\n')
  return lines
    .filter((l) => l.includes('kafka-topics.sh'))
    .map((l) => l.trim().split(/\s+/).slice(1))
}

test('a broker creates the documented topics', {
  skip: missing ?? false,
  timeout: 200_000,
}, async (t) => {
  const all = commands()
  assert.equal(all.length, 2)
  const broker = await startKafka('4.1.0')
  t.after(() => broker.stop())
  for (const args of all) {
    const text = { type: 'string' } as const
    const { values } = parseArgs({
      args,
      options: {
        create: { type: 'boolean' },
        topic: text,
        partitions: text,
        'bootstrap-server': text,
        'replication-factor': text,
        config: { type: 'string', multiple: true },
      },
    })
    const { create, topic = '', partitions, config = [] } = values
    // The tool demands the server, and a fleet more than one broker.
    assert.deepEqual(
      [create, values['bootstrap-server'], values['replication-factor']],
      [true, '$KAFKA', '3'],
    )
    const settings = config.map((pair): [string, string] => {
      const [name = '', value = ''] = pair.split('=')
      return [name, value]
    })
    await createTopic(broker.brokers, topic, Object.fromEntries(settings), Number(partitions))
  }
})
