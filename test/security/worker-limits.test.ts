// Limits of worker tasks, on a real instance: a task that hangs or uses too much memory ends with its thread only, and a request
// that repeatedly ends its worker is refused. `test/service/throw-later.mjs` makes the workers fail.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const PRELOAD = pathToFileURL(join(import.meta.dirname, '../service/throw-later.mjs')).href

interface Faulty {
  readonly instance: Instance
  readonly post: (name: string) => Promise<number>
  /** Makes every task fail from now on. */
  readonly cause: () => Promise<void>
  readonly mend: () => Promise<void>
}

async function faulty(
  t: TestContext,
  kind: string,
  config = 'workers: { count: 1 }',
): Promise<Faulty> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-worker-limits-'))
  const file = join(dir, 'fault')
  const env = { NODE_OPTIONS: `--import=${PRELOAD}`, FAULT_FILE: file, FAULT_KIND: kind }
  const instance = await Instance.start({ config, env })
  t.after(async () => {
    await instance.stop()
    await rm(dir, { recursive: true, force: true })
  })
  return {
    instance,
    post: async (name) => (await instance.post('/v1/traces', otlpJson([{ name }]))).status,
    cause: () => writeFile(file, ''),
    mend: () => rm(file),
  }
}

for (const [kind, what] of [
  ['worker hang', 'a task that exceeds its deadline'],
  ['worker heap', 'a task that exceeds its heap limit'],
] as const)
  test(`${what} gives a 503 and ends its thread only`, async (t) => {
    const config = 'workers: { count: 1, task_timeout: 2s, heap_bytes: 64MiB }'
    const { instance, post, cause, mend } = await faulty(t, kind, config)
    await cause()
    assert.equal(await post('too much'), 503)
    assert.ok(instance.isAlive)
    await mend()
    assert.equal(await post('harmless'), 200)
    assert.ok((await instance.metric('observa_worker_failures_total')) >= 1)
  })

test('a request that broke its worker three times is refused for good, and other requests succeed', async (t) => {
  const { post, cause, mend } = await faulty(t, 'worker exit')
  await cause()
  const statuses: number[] = []
  while (statuses.at(-1) !== 400 && statuses.length < 6) statuses.push(await post('poison'))
  assert.deepEqual(statuses, [503, 503, 503, 400])
  await mend()
  assert.equal(await post('poison'), 400, 'even if its worker would survive now')
  assert.equal(await post('harmless'), 200)
})
