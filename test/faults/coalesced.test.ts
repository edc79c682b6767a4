// Requests that arrive together travel to a worker as one task. Each gets its own answer all the same: bad bodies among good ones, a
// request that ends its worker beside others, and a worker that is lost while it works.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const PRELOAD = pathToFileURL(join(import.meta.dirname, '../service/throw-later.mjs')).href
// Nothing is refused for want of time, however busy the machine is.
const ONE_WORKER = 'workers: { count: 1 }\nlimits: { max_wait: 300s, request_timeout: 300s }'

/** A request of one span, which no other number repeats. */
function oneSpan(n: number, name = 'call'): string {
  return otlpJson([{ traceId: (n + 1).toString(16).padStart(32, '0'), name }])
}

interface Sent {
  readonly body: string
  readonly status: number
  /** What the response says about rejected spans. */
  readonly rejected: string | undefined
}

/** Bodies by number: mostly good ones, and between them four kinds that are answered in other ways. */
function sentAs(n: number): Sent {
  switch (n % 10) {
    case 3:
      return { body: '{"resourceSpans": [', status: 400, rejected: undefined }
    case 5:
      return { body: 'no JSON at all', status: 400, rejected: undefined }
    case 7:
      return { body: otlpJson([{ traceId: 'short', name: 'call' }]), status: 200, rejected: '1' }
    case 9:
      return { body: '{}', status: 200, rejected: undefined }
    default:
      return { body: oneSpan(n), status: 200, rejected: undefined }
  }
}

test('of 1,000 requests at once with bad bodies among them each gets its own answer', async (t) => {
  const instance = await Instance.start({ config: ONE_WORKER })
  t.after(() => instance.stop())
  const before = await instance.metric('observa_worker_tasks_total')
  const numbers = Array.from({ length: 1000 }, (_, n) => n)
  const answers = await Promise.all(
    numbers.map(async (n) => {
      const { status, body } = await instance.post('/v1/traces', sentAs(n).body)
      const parsed: unknown = JSON.parse(body.toString())
      const partial: unknown = Reflect.get(Object(parsed), 'partialSuccess')
      return { n, status, rejected: Reflect.get(Object(partial), 'rejectedSpans') }
    }),
  )
  const wanted = numbers.map((n) => {
    const { status, rejected } = sentAs(n)
    return { n, status, rejected }
  })
  assert.deepEqual(answers, wanted)
  assert.equal(await instance.metric('observa_pipeline_accepted_items_total'), 600)
  assert.equal(await instance.metric('observa_pipeline_resent_items_total'), 0)
  const tasks = (await instance.metric('observa_worker_tasks_total')) - before
  assert.ok(tasks < 500, `${tasks} tasks`)
})

interface Faulty {
  readonly instance: Instance
  /** Lets the fault happen from now on. */
  readonly cause: () => Promise<void>
}

async function faulty(t: TestContext, kind: string): Promise<Faulty> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-coalesced-'))
  const file = join(dir, 'fault')
  const env = { NODE_OPTIONS: `--import=${PRELOAD}`, FAULT_FILE: file, FAULT_KIND: kind }
  const instance = await Instance.start({ config: ONE_WORKER, env })
  t.after(async () => {
    await instance.stop()
    await rm(dir, { recursive: true, force: true })
  })
  return { instance, cause: () => writeFile(file, '') }
}

test('a request that ends its worker does not take those of its task with it', async (t) => {
  const { instance, cause } = await faulty(t, 'worker poison')
  await cause()
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const body = oneSpan(n, n === 11 ? 'a deadly call' : 'call')
      return (await instance.post('/v1/traces', body)).status
    }),
  )
  assert.deepEqual(
    statuses,
    Array.from({ length: 20 }, (_, n) => (n === 11 ? 503 : 200)),
  )
  assert.equal(await instance.metric('observa_pipeline_accepted_items_total'), 19)
})

test('a worker that is lost with a task costs none of its requests, and none is stored twice', async (t) => {
  const { instance, cause } = await faulty(t, 'worker exit once')
  await cause()
  const statuses = await Promise.all(
    Array.from(
      { length: 50 },
      async (_, n) => (await instance.post('/v1/traces', oneSpan(n))).status,
    ),
  )
  assert.ok((await instance.metric('observa_worker_failures_total')) >= 1)
  const accepted = statuses.filter((status) => status === 200).length
  // Alone in its task a request may be the cause, so that its client is asked to send it again.
  assert.ok(accepted >= 49, `${accepted} accepted`)
  assert.equal(await instance.metric('observa_pipeline_accepted_items_total'), accepted)
  assert.equal(await instance.metric('observa_pipeline_resent_items_total'), 0)
})
