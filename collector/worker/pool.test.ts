// The pool with real threads: what a thread may be in the middle of when it is ended.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const CLOSER = join(import.meta.dirname, 'testing/close-while-starting.ts')

// In a process of its own, because what it guards against ends the process: without the guard about every second time.
test('threads that still start when the pool is closed do not take the process with them', async () => {
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; out: string; err: string }>()
  execFile(process.execPath, [CLOSER], (error, out, err) =>
    resolve({ code: error?.signal ?? error?.code ?? 0, out, err }),
  )
  const { code, out, err } = await promise
  assert.deepEqual({ code, out }, { code: 0, out: 'closed' }, err)
})
