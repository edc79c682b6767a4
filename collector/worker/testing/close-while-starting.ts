// Run in a process of its own: closes pools of which one thread has started and the other one is about to.

import { Metrics } from '../../../core/metrics.ts'
import { DEFAULT_LIMITS } from '../../../proto/decode.ts'
import { silentLog } from '../../../storage/testing/stores.ts'
import type { PipelineSpec } from '../build-chain.ts'
import { WorkerPool } from '../pool.ts'

const POOLS = 40
const ENDS_AFTER_MS = 15_000

const spec: PipelineSpec = {
  id: 'traces',
  processors: [
    {
      id: 'canonicalize',
      type: 'canonicalize',
      settings: {
        keep_attributes: false,
        keep_resource_attributes: false,
        attribute_bytes_max: 65_536,
        drop_keys: [],
        provider_aliases: {},
      },
    },
  ],
  encoders: [{ id: 'file', type: 'file', settings: { signals: false } }],
  limits: DEFAULT_LIMITS,
  explain: false,
}
const settings = {
  workers: 2,
  taskBytesMax: 1 << 20,
  taskRequestsMax: 1,
  taskTimeoutMs: 60_000,
  heapMiB: 128,
}

const endMs = performance.now() + ENDS_AFTER_MS
for (let i = 0; i < POOLS && performance.now() < endMs; i++) {
  const metrics = new Metrics()
  const finish: ConstructorParameters<typeof WorkerPool>[2] = () =>
    Promise.reject(new Error('unused'))
  const pool = new WorkerPool(settings, { pipelines: [spec] }, finish, metrics, silentLog)
  await pool.rerun(0, { requests: [], corrections: [] })
  await pool.close()
}
process.stdout.write('closed')
