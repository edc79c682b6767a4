// `durability: buffered` under SIGKILL: what a 200 promised a moment before is there afterwards, because the operating system
// has it. The log alone is killed more often in `collector/log/drill.test.ts`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const ROUNDS = 3
const REQUESTS = 20
const CONFIG = 'durability: buffered\nworkers: { count: 2 }'

test('buffered: what was acknowledged the moment before a SIGKILL is there', async (t) => {
  const dir = await Instance.directory(t, 'buffered')
  const acknowledged = new Set<string>()
  for (let round = 1; round <= ROUNDS; round++) {
    const instance = await Instance.start({ dir, config: CONFIG })
    for (let n = 1; n <= REQUESTS; n++) {
      const traceId = (round * 1000 + n).toString(16).padStart(32, 'b')
      const { status } = await instance.post('/v1/traces', otlpJson([{ name: 'kept', traceId }]))
      assert.equal(status, 200)
      acknowledged.add(traceId)
    }
    // The test awaits nothing in between, because no sync needs to have happened.
    await instance.kill('SIGKILL')
  }
  const last = await Instance.start({ dir, config: CONFIG })
  await last.drained()
  const stored = (await last.events()).map((e) => String(e['trace_id']))
  assert.deepEqual(new Set(stored), acknowledged)
  assert.equal(stored.length, acknowledged.size, 'and each once')
})
