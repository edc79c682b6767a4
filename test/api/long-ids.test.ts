// Long ids of users, sessions and conversations: what a list shows can be opened, filtered by, and leads to its traces.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { z } from 'zod'
import { Instance, until } from '../instance.ts'

const CONFIG = `
exporters: { clickhouse: { embedded: true }, postgres: { embedded: true } }
service: { pipelines: { traces: { exporters: [clickhouse, postgres] } } }
`
const SENT = ['u'.repeat(201), 'v'.repeat(255), 'w'.repeat(256), 'x'.repeat(700), 'жñ日'.repeat(90)]

let instance: Instance

before(async () => {
  instance = await Instance.start({ config: CONFIG })
})

after(async () => {
  await instance.stop()
})

test('a user, session or conversation is opened by the id that its list shows, however long the sent one was', async () => {
  const at = BigInt(Date.now()) * 1_000_000n
  const spans = SENT.map((id, i) => ({
    traceId: `${i + 1}`.repeat(32),
    spanId: `${i + 1}`.repeat(16),
    name: 'chat',
    startTimeUnixNano: `${at - 1_000_000n}`,
    endTimeUnixNano: `${at}`,
    attributes: ['user.id', 'session.id', 'gen_ai.conversation.id'].map((key) => ({
      key,
      value: { stringValue: id },
    })),
  }))
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
  assert.equal((await instance.post('/v1/traces', body)).status, 200)
  await instance.drained()
  for (const kind of ['user', 'session', 'conversation']) {
    await until(async () => (await rows(`${kind}s`)).length === SENT.length, `all ${kind}s`)
    for (const row of await rows(`${kind}s`)) {
      const id = encodeURIComponent(String(row[`${kind}_id`]))
      const { status } = await ask(`${kind}s/${id}`)
      assert.equal(status, 200, `${kind} ${id.slice(0, 20)}`)
      assert.equal((await rows(`traces?${kind}_id=${id}`)).length, 1, `${kind} ${id.slice(0, 20)}`)
    }
  }
})

const ask = async (path: string): Promise<Response> =>
  await fetch(instance.url(`/api/v1/${path}`, 'http'), {
    headers: { 'cache-control': 'no-cache' },
  })

async function rows(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const answer: unknown = await (await ask(path)).json()
  return z.object({ data: z.array(z.record(z.string(), z.unknown())) }).parse(answer).data
}
