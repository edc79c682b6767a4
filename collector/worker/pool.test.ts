// The pool with real threads: what a thread may be in the middle of when it is ended.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'

// In a process of its own, because what it guards against ends the process. One thread has started when the pool is
// closed, the other one is about to: about every second run meets the moment that kills.
const CLOSES_WHILE_THREADS_START = `
  const { Metrics } = await import('./core/metrics.ts')
  const { DEFAULT_LIMITS } = await import('./proto/decode.ts')
  const { WorkerPool } = await import('./collector/worker/pool.ts')
  const encoders = [{ id: 'file', type: 'file', settings: { signals: false } }]
  const canonicalize = { id: 'canonicalize', type: 'canonicalize', settings: {
    keep_attributes: false, keep_resource_attributes: false, attribute_bytes_max: 65_536, drop_keys: [], provider_aliases: {} } }
  const spec = { id: 'traces', processors: [canonicalize], encoders, limits: DEFAULT_LIMITS, explain: false }
  const settings = { workers: 2, taskBytesMax: 1 << 20, taskRequestsMax: 1, taskTimeoutMs: 60_000, heapMiB: 64 }
  const endMs = performance.now() + 15_000
  for (let i = 0; i < 40 && performance.now() < endMs; i++) {
    const pool = new WorkerPool(settings, { pipelines: [spec] }, async () => ({ ok: true }), new Metrics(), console)
    await pool.rerun(0, [], [])
    await pool.close()
  }
  process.stdout.write('closed')
`

test('threads that still start when the pool is closed do not take the process with them', async () => {
  const args = ['--input-type=module', '--eval', CLOSES_WHILE_THREADS_START]
  const cwd = new URL('../..', import.meta.url)
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; out: string; err: string }>()
  execFile(process.execPath, args, { cwd }, (error, out, err) =>
    resolve({ code: error?.signal ?? error?.code ?? 0, out, err }),
  )
  const { code, out, err } = await promise
  assert.deepEqual({ code, out }, { code: 0, out: 'closed' }, err)
})
