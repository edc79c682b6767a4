// Where the keys of pseudonyms are stored: in the database that all instances share, else in the data directory,
// readable for its owner only. An instance that cannot know the key of the other instances does not start.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before, type TestContext } from 'node:test'
import type { StoreAddress } from '../../core/config/store-address.ts'
import { ObservaError } from '../../core/errors.ts'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import {
  dropPseudonymKey,
  type KeyPlace,
  listPseudonymKeys,
  openPseudonymKeys,
  rotatePseudonymKey,
} from './pseudonym-keys.ts'

const CONFIGURED = ['a key', 'for tests only'].join(' ')
let store: TestPostgres
let postgres: StoreAddress

before(async () => {
  store = await startTestPostgres()
  postgres = { kind: 'postgres', url: store.url, database: 'observa' }
})

after(() => store.stop())

function newDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'observa-keys-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const placeOf = (dataDir: string, more: Partial<KeyPlace> = {}): KeyPlace => ({
  dataDir,
  postgres: null,
  configured: null,
  nowMs: 1_790_000_000_000,
  ...more,
})

const isRefusal = (what: RegExp) => (thrown: unknown) =>
  thrown instanceof ObservaError && thrown.code === 'OBS_PSEUDONYM_KEY' && what.test(thrown.line())

test('without a database the key is in the data directory, for its owner alone, and stays', async (t) => {
  const dir = newDir(t)
  const first = await openPseudonymKeys(placeOf(dir))
  const file = join(dir, 'pseudonym-keys.json')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(first.current.key.length >= 43)
  assert.deepEqual(await openPseudonymKeys(placeOf(dir)), first)
  assert.notDeepEqual(await openPseudonymKeys(placeOf(newDir(t))), first)
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, -3))
  await assert.rejects(openPseudonymKeys(placeOf(dir)), isRefusal(/damaged/))
})

test('a rotation makes a new key and keeps the old one for look-ups until it is dropped', async (t) => {
  for (const more of [{}, { postgres }]) {
    const place = placeOf(newDir(t), more)
    const { current: old } = await openPseudonymKeys(place)
    const rows = await rotatePseudonymKey(place)
    const ring = await openPseudonymKeys(place)
    assert.notEqual(ring.current.key, old.key)
    assert.deepEqual(ring.retired[0], old)
    assert.notEqual(rows.find((r) => r.key_id === old.id)?.retired_at, null)
    await assert.rejects(dropPseudonymKey(place, ring.current.id), isRefusal(/in use/))
    await assert.rejects(dropPseudonymKey(place, 'nonsense'), isRefusal(/there is none/))
    await dropPseudonymKey(place, old.id)
    const left = await openPseudonymKeys(place)
    assert.equal(
      left.retired.some((k) => k.id === old.id),
      false,
    )
    assert.deepEqual(left.current, ring.current)
  }
})

test('all instances on a database have one key, however many start at once', async (t) => {
  const places = Array.from({ length: 6 }, () => placeOf(newDir(t), { postgres }))
  const rings = await Promise.all(places.map(openPseudonymKeys))
  for (const ring of rings) assert.deepEqual(ring, rings[0])
  // The key of the data directory, which is older than the database, still finds stored pseudonyms.
  const dir = newDir(t)
  const alone = await openPseudonymKeys(placeOf(dir))
  const joined = await openPseudonymKeys(placeOf(dir, { postgres }))
  assert.deepEqual(joined.current, rings[0]?.current)
  assert.ok(joined.retired.some((k) => k.key === alone.current.key))
})

test('with a database that does not answer an instance starts with its copy of the key, and not without one', async (t) => {
  const dir = newDir(t)
  const known = await openPseudonymKeys(placeOf(dir, { postgres }))
  const gone: StoreAddress = { ...postgres, url: 'postgres://nobody:x@127.0.0.1:1/none' }
  assert.deepEqual(await openPseudonymKeys(placeOf(dir, { postgres: gone })), known)
  await assert.rejects(
    openPseudonymKeys(placeOf(newDir(t), { postgres: gone, attempts: 1 })),
    isRefusal(/does not answer/),
  )
  const own = placeOf(newDir(t), { postgres: gone, configured: CONFIGURED, attempts: 1 })
  const ring = await openPseudonymKeys(own)
  assert.equal(ring.current.key, CONFIGURED)
})

test('a configured key is stored nowhere, and an instance without it does not join those that have it', async (t) => {
  const dir = newDir(t)
  const ring = await openPseudonymKeys(placeOf(dir, { postgres, configured: CONFIGURED }))
  assert.equal(ring.current.key, CONFIGURED)
  const rows = await listPseudonymKeys(placeOf(dir, { postgres }))
  assert.equal(JSON.stringify(rows).includes(CONFIGURED), false)
  assert.equal(readFileSync(join(dir, 'pseudonym-keys.json'), 'utf8').includes(CONFIGURED), false)
  await assert.rejects(
    openPseudonymKeys(placeOf(newDir(t), { postgres })),
    isRefusal(/configured key/),
  )
  await assert.rejects(
    rotatePseudonymKey(placeOf(dir, { postgres, configured: CONFIGURED })),
    isRefusal(/configuration/),
  )
  // Instances that have a copy continue, and a new instance uses the stored key.
  assert.deepEqual(
    await openPseudonymKeys(placeOf(newDir(t), { postgres, configured: CONFIGURED })),
    ring,
  )
  const next = await openPseudonymKeys(placeOf(dir, { postgres, configured: `${CONFIGURED} 2` }))
  assert.equal(next.current.key, `${CONFIGURED} 2`)
})
