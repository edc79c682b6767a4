// A client asks for people by their plain ids although pseudonyms are stored: through the API of a running instance, before
// and after a rotation of the pseudonym key, on both instances of a fleet. No file on disk may contain the plain id.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { startTestPostgres } from '../../storage/testing/stores.ts'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const MAIN = join(import.meta.dirname, '../../collector/main.ts')
const MAIL = ['ines.vogt', 'quellbach.eu'].join('@')
const OTHER = ['tomo', 'quellbach.eu'].join('@')
const PHONE = '+442079460317'

const configWith = (url: string): string => `
exporters:
  clickhouse: { embedded: true }
  postgres: { url: "${url}" }
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`

type Json = Record<string, unknown>

async function get(instance: Instance, path: string): Promise<{ status: number; body: Json }> {
  const res = await fetch(instance.url(`/api/v1/${path}`, 'http'))
  return { status: res.status, body: (await res.json()) as Json }
}

async function ids(instance: Instance, path: string): Promise<unknown[]> {
  const { status, body } = await get(instance, path)
  assert.equal(status, 200, path)
  return (body['data'] as Json[]).map((row) => row['trace_id'])
}

let calls = 0
async function send(instance: Instance, user: string): Promise<string> {
  const traceId = (++calls).toString(16).padStart(32, 'a')
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-4.1-mini',
    'gen_ai.usage.input_tokens': 10,
    'user.id': user,
    'session.id': PHONE,
    'gen_ai.conversation.id': user,
  }
  const res = await instance.post(
    '/v1/traces',
    otlpJson([{ traceId, attributes, startMs: calls * 1000 }]),
  )
  assert.equal(res.status, 200)
  await instance.drained()
  return traceId
}

function rotate(instance: Instance): Promise<number | null> {
  const files = ['base.yaml', 'test.yaml'].flatMap((f) => ['--config', join(instance.dir, f)])
  const child = spawn(process.execPath, [MAIN, 'pseudonyms', 'rotate', ...files], {
    stdio: 'ignore',
  })
  return new Promise((resolve) => child.once('exit', resolve))
}

function* filesIn(dir: string): Generator<string> {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name)
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isDirectory() === true) yield* filesIn(path)
    else if (found?.isFile() === true) yield path
  }
}

test('users, sessions and conversations are found by their plain id, across a key rotation and by every instance', async (t) => {
  const postgres = await startTestPostgres()
  t.after(() => postgres.stop())
  const config = configWith(postgres.url)
  let one = await Instance.start({ config })
  t.after(() => one.stop())
  const first = await send(one, MAIL)
  await send(one, OTHER)

  const plain = encodeURIComponent(MAIL)
  const phone = encodeURIComponent(PHONE)
  for (const path of [
    `traces?user_id=${plain}`,
    `events?user_id=${plain}`,
    `traces?user_id=${plain}&session_id=${phone}`,
    `events?conversation_id=${plain}`,
    `traces?conversation_id=${plain}`,
  ])
    assert.deepEqual(await ids(one, path), [first], path)
  const user = await get(one, `users/${plain}`)
  assert.equal(user.status, 200)
  assert.equal(user.body['input_tokens'], 10)
  const stored = String(user.body['user_id'])
  assert.match(stored, /^\[email:[0-9a-f]{24}\]$/)
  assert.deepEqual(await ids(one, `traces?user_id=${encodeURIComponent(stored)}`), [first])
  assert.equal((await get(one, `sessions/${phone}`)).status, 200)
  assert.equal((await get(one, `conversations/${plain}`)).status, 200)
  assert.equal((await get(one, 'users/nobody')).status, 404)

  // A second instance with the same database uses the same key.
  const two = await Instance.start({ config })
  t.after(() => two.stop())
  await send(two, MAIL)
  assert.equal((await get(one, `users/${plain}`)).body['input_tokens'], 20)

  // After a rotation and a restart, data from before the rotation is found as well as new data.
  assert.equal(await rotate(one), 0)
  await one.kill('SIGTERM')
  one = await Instance.start({ config, dir: one.dir })
  const later = await send(one, MAIL)
  const found = await ids(one, `events?user_id=${plain}`)
  assert.deepEqual(new Set(found), new Set([first, later]))
  const now = String((await get(one, `users/${plain}`)).body['user_id'])
  assert.notEqual(now, stored)

  await one.kill('SIGTERM')
  for (const path of [...filesIn(one.dir), ...filesIn(two.dir)])
    assert.equal(readFileSync(path).includes(MAIL), false, path)
})
