// Messages of broken and hostile producers, and topics that change, with a real broker and both drivers.

import test from 'node:test'
import { kafkaAvailable, startKafka } from './broker.ts'
import {
  addedPartitions,
  compressionBombs,
  hostileChunks,
  largeLetters,
  longPause,
  nothingInLogs,
  replayOfOthersOnly,
  strangeMessages,
  wakesExpelled,
} from './hostile.ts'

const SCENARIOS = {
  'null keys, null values and any header': strangeMessages,
  'letters above the limit of the broker': largeLetters,
  'chunks that never become a message': hostileChunks,
  'batches that are gigabytes when they are decompressed': compressionBombs,
  'one partition waits for long': longPause,
  'refused and waiting messages are not in the log': nothingInLogs,
  'a process wakes after its session': wakesExpelled,
  'partitions are added': addedPartitions,
  'a session ends and the next one replays nothing': replayOfOthersOnly,
} as const

const missing = kafkaAvailable()

test('hostile topics', { skip: missing ?? false, timeout: 600_000 }, async (t) => {
  const broker = await startKafka('4.1.0')
  t.after(() => broker.stop())
  for (const driver of ['kafkajs', 'platformatic'] as const)
    for (const [name, scenario] of Object.entries(SCENARIOS))
      await t.test(`${driver}: ${name}`, (t) => scenario(t, broker, driver))
})
