// Runs in its own process and closes pools of which one thread has started while the other one is starting.

import { Metrics } from '../../../core/metrics.ts'
import { silentLog } from '../../../storage/testing/stores.ts'
import { WorkerPool } from '../pool.ts'
import { canonicalizeOnly, FILE_ENCODER } from './pipeline-spec.ts'

const POOLS = 40
const ENDS_AFTER_MS = 15_000

const spec = canonicalizeOnly([FILE_ENCODER])
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
