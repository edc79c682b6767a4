// Archives on real stores: what retention removes is in the archive before, comes back as it was, and is reached by deletions, wherever a
// run is cut off.

import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { requestDeletion } from '../../accounts/deletions.ts'
import { requestRestore } from '../../accounts/retention.ts'
import { KEPT_FOR_EVER } from '../../core/deletion/retention.ts'
import { PLAIN_IDS } from '../../core/identity/stored-ids.ts'
import { Metrics } from '../../core/metrics.ts'
import { type ArchivePlace, segmentOf } from '../../storage/archive/archive-place.ts'
import { readManifest, writeManifest } from '../../storage/archive/archive-unit.ts'
import { withoutRows } from '../../storage/archive/clickhouse-archive.ts'
import { DirectoryPlace } from '../../storage/archive/directory-place.ts'
import { S3Place } from '../../storage/archive/s3-place.ts'
import { realServer } from '../../storage/archive/testing/s3-server.ts'
import { listRestores, listUnits, type RestoreRow } from '../../storage/control/archives.ts'
import { findDeletion, updateDeletion } from '../../storage/control/deletions.ts'
import { writeRetention } from '../../storage/control/retention.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { rollHours } from '../../storage/queries/hours/rolled-hours.ts'
import { readTotals } from '../../storage/queries/totals.ts'
import {
  silentLog,
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '../../storage/testing/stores.ts'
import { DeletionRun } from '../deletions/deletion-run.ts'
import { removeExpired } from '../retention/retention.ts'
import { ARCHIVE_METRICS } from './archive-expired.ts'
import { eraseArchived } from './erase-archived.ts'
import { restoreAll } from './restore-archives.ts'

let store: TestClickHouse
let server: TestPostgres
let client: ClickHouseClient
let dir: string
let place: ArchivePlace
const metrics = new Metrics()
const NOW = Date.UTC(2026, 9, 1, 15)
const DAY = 86_400_000
const clock = { nowMs: () => NOW, monotonicMs: () => NOW, sleep: async () => {} }

before(async () => {
  store = await startTestClickHouse()
  server = await startTestPostgres()
  client = createClient({ url: store.url, database: 'observa' })
  metrics.declare(ARCHIVE_METRICS)
})
after(async () => {
  await client.close()
  await store.stop()
  await server.stop()
})
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'observa-archive-'))
  place = new DirectoryPlace(join(dir, 'archive'))
  // Tenants of other tests are none of this one's.
  await withRole(server.pool, 'observa_control', (c) => c.query('DELETE FROM retention_policies'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const at = (daysAgo: number): string =>
  new Date(NOW - daysAgo * DAY).toISOString().replace('T', ' ').slice(0, 23)

/** Two events a day ago of each age: one of ann, one without a user in the same trace; and one of ben. All kinds of columns are filled. */
async function seed(tenant: string, ages: readonly number[] = [5, 45, 46, 100]): Promise<void> {
  const rows = ages.flatMap((age, i) =>
    ['ann', null, 'ben'].map((user, n) => ({
      event_id: `${tenant.slice(-6).padEnd(6, '_')}${String(age).padStart(5, '0')}${n}`.padEnd(
        16,
        '\t',
      ),
      tenant_id: tenant,
      project_id: 'p',
      environment: n === 0 ? 'prod' : null,
      trace_id: `${user === 'ben' ? 'ben' : 'ann'}${tenant.slice(-5).padEnd(5, '_')}${String(age).padStart(8, '0')}`,
      span_id: `${n}`.padStart(8, '\n'),
      dialects: ['a', "b'c"],
      kind: 'llm',
      status: 'ok',
      start_time: `${at(age)}123456`,
      end_time: n === 0 ? `${at(age)}999999` : null,
      duration_ms: 0.1 + 0.2,
      start_time_known: true,
      received_at: at(age),
      user_id: user,
      conversation_id: user === null ? null : `talk-${user}-${i}`,
      input_messages: `hello of ${user ?? 'nobody'}\n\n\u2028 DROP TABLE canonical_events;`,
      attributes: { 'a.b': 'x\ty', prompt: `hello of ${user ?? 'nobody'}` },
      stream: n === 0,
      cost_usd: 1e-7,
      input_tokens: '9007199254740993',
      usage_aggregate: false,
      version: 7 + n,
    })),
  )
  await client.insert({ table: 'canonical_events', values: rows, format: 'JSONEachRow' })
  await client.insert({
    table: 'signals',
    values: rows.map((r, i) => ({
      signal_id: `s${i}`.padEnd(16, 'x'),
      type: 'error',
      severity: 'low',
      tenant_id: tenant,
      project_id: 'p',
      trace_id: r.trace_id,
      span_id: r.span_id,
      event_id: r.event_id,
      at: r.start_time,
      evidence: '{"of":1}',
      rule: 'r',
      received_at: r.received_at,
    })),
    format: 'JSONEachRow',
  })
  await withRole(server.pool, 'observa_exporter', async (c) => {
    for (const [i, age] of ages.entries()) {
      const time = `'${at(age)}Z'`
      for (const user of ['ann', 'ben']) {
        const trace = Buffer.from(
          `${user}${tenant.slice(-5).padEnd(5, '_')}${String(age).padStart(8, '0')}`,
        ).toString('hex')
        await c.query(
          `INSERT INTO trace_summaries (tenant_id, project_id, trace_id, user_id, start_time, end_time, spans, llm_calls, tool_calls, errors,
             input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, unpriced, kinds,
             models, seen, inherited) VALUES ($1, 'p', $2, $3, ${time}, ${time}, 1, 1, 0, 0, 10, 0, 10, 0, 0, 0, 0.1, 0, '{llm}', '{"a,b"}',
             '{1.0000000000000002,3e-320}', '{"a":[1]}')`,
          [tenant, trace, user],
        )
        await c.query(
          `INSERT INTO conversations (tenant_id, project_id, conversation_id, user_id, first_at, last_at, events, llm_calls, errors,
             input_tokens, output_tokens, total_tokens, cost_usd, last_message, last_message_at)
           VALUES ($1, 'p', $2, $3, ${time}, ${time}, 1, 1, 0, 10, 0, 10, 0, $4, ${time})`,
          [tenant, `talk-${user}-${i}`, user, `hello of ${user}\u2028 "x"`],
        )
      }
    }
  })
}

async function policy(
  tenant: string,
  archive: readonly ('content' | 'events' | 'signals')[] | null,
) {
  await withRole(server.pool, 'observa_control', async (c) => {
    await c.query(
      `INSERT INTO tenants (tenant_id, name) VALUES ('${tenant}', 'x') ON CONFLICT DO NOTHING`,
    )
    await c.query(
      `INSERT INTO projects (tenant_id, project_id, name) VALUES ('${tenant}', 'p', 'p') ON CONFLICT DO NOTHING`,
    )
    const days = { ...KEPT_FOR_EVER, events_days: 30, signals_days: 30 }
    await writeRetention(c, { tenant_id: tenant, project_id: '', ...days, archive })
  })
}

const never = new AbortController().signal
const apply = (to: ArchivePlace | null = place, signal = never): Promise<number> =>
  removeExpired({ pool: server.pool, clickhouse: client, clock, metrics, archive: to }, signal)
const deps = () => ({ pool: server.pool, clickhouse: client, place, clock, metrics })

/** Everything of a tenant, of every store, as text. */
async function contentOf(tenant: string): Promise<Record<string, readonly string[]>> {
  const rows = async (table: string): Promise<string[]> =>
    (
      await store.rows<{ r: string }>(
        `SELECT formatRow('TSV', *) AS r FROM observa.${table} FINAL WHERE tenant_id = '${tenant}' ORDER BY r`,
      )
    ).map((row) => row.r)
  const docs = (table: string): Promise<string[]> =>
    withRole(server.pool, 'observa_exporter', async (c) => {
      const found = await c.query<{ r: string }>(
        `SELECT to_jsonb(t)::text AS r FROM ${table} AS t WHERE tenant_id = $1 ORDER BY r`,
        [tenant],
      )
      return found.rows.map((row) => row.r)
    })
  return {
    events: await rows('canonical_events'),
    signals: await rows('signals'),
    traces: await docs('trace_summaries'),
    talks: await docs('conversations'),
  }
}

const filesOf = async (): Promise<string[]> =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name))

async function restore(
  tenant: string,
  what: 'content' | 'events' | 'signals',
  days: readonly [from: number, to: number] = [200, 31],
): Promise<RestoreRow> {
  const made = await withRole(server.pool, 'observa_control', (c) =>
    requestRestore(
      { client: c, actor: { kind: 'system', id: null }, tenantId: tenant },
      {
        projectId: 'p',
        what,
        from: at(days[0]).slice(0, 10),
        to: at(days[1]).slice(0, 10),
        keepDays: 30,
      },
    ),
  )
  await restoreAll(deps(), never)
  const page = await withRole(server.pool, 'observa_control', (c) =>
    listRestores(c, { tenantId: tenant, limit: 100 }),
  )
  const row = page.rows.find((r) => r.restore_id === made.restore_id)
  assert.ok(row)
  return row
}

test('what retention removes is in the archive, and comes back in every store exactly as it was', async () => {
  await seed('back')
  await policy('back', ['events', 'signals'])
  const was = await contentOf('back')
  assert.equal(was['events']?.length, 12)
  await apply()
  const left = await contentOf('back')
  assert.deepEqual(
    Object.values(left).map((rows) => rows.length),
    [3, 3, 2, 2],
  )
  const units = await withRole(server.pool, 'observa_control', (c) =>
    listUnits(c, { tenantId: 'back', limit: 100 }),
  )
  assert.deepEqual(
    units.rows.map((u) => [u.class, u.day, u.rows]),
    [45, 46, 100].flatMap((age) =>
      ['signals', 'events'].map((what) => [
        what,
        at(age).slice(0, 10),
        what === 'events' ? 3 + 4 : 3,
      ]),
    ),
  )
  assert.equal((await restore('back', 'events')).rows, 9 + 12)
  assert.equal((await restore('back', 'signals')).rows, 9)
  assert.deepEqual(await contentOf('back'), was)
  assert.equal((await restore('back', 'events')).rows, 0, 'what is there is left as it is')
  await apply()
  assert.deepEqual(await contentOf('back'), was, 'retention leaves restored days alone')
  const before = await filesOf()
  await withRole(server.pool, 'observa_control', (c) =>
    c.query("UPDATE archive_restores SET kept_until = now() - interval '1 s'"),
  )
  await apply()
  assert.deepEqual(await contentOf('back'), left, 'and then takes them again')
  assert.deepEqual(await filesOf(), before, 'without writing what the archive has')
  assert.equal((await restore('back', 'events', [46, 45])).rows, 6 + 8)
})

test('the same in a bucket of S3, from where a deletion takes its subject too', async (t) => {
  const bucket = await realServer(t)
  if (bucket === null) return
  t.after(bucket.stop)
  const login = { accessKeyId: 'test', secretAccessKey: 'test', sessionToken: null }
  place = new S3Place({
    ...login,
    url: `${bucket.url}/folder`,
    region: 'us-east-1',
    spoolDir: join(dir, 'spool'),
    clock,
  })
  await seed('s3')
  await policy('s3', ['events'])
  const was = await contentOf('s3')
  await apply()
  assert.equal((await contentOf('s3'))['events']?.length, 3)
  const files = await place.list('s3/')
  assert.equal(files.length, 3 * 4, 'a file of each table and the manifest, each day')
  assert.equal((await restore('s3', 'events')).rows, 9 + 12)
  assert.deepEqual((await contentOf('s3'))['events'], was['events'])
  assert.equal(
    await erase('s3', place),
    3 * (2 + 2),
    'two events, a trace and a conversation a day',
  )
  const left = await Promise.all(
    (await place.list('s3/')).map(async ({ path }) => {
      const chunks: Buffer[] = []
      for await (const chunk of (await place.read(path)) ?? []) chunks.push(chunk as Buffer)
      return path.endsWith('.gz') ? gunzipSync(Buffer.concat(chunks)).toString() : ''
    }),
  )
  assert.ok(left.some((text) => text.includes('hello of ben')))
  assert.ok(!left.some((text) => text.includes('hello of ann')))
  assert.deepEqual(await readdir(join(dir, 'spool')), [], 'nothing stays on this machine')
})

test('content is archived before it is emptied, and comes back into its events', async () => {
  await seed('talk')
  await policy('talk', ['content'])
  await withRole(server.pool, 'observa_control', (c) =>
    writeRetention(c, {
      tenant_id: 'talk',
      project_id: '',
      ...KEPT_FOR_EVER,
      content_days: 30,
      archive: ['content'],
    }),
  )
  const was = await contentOf('talk')
  await apply()
  const now = await contentOf('talk')
  assert.equal(now['events']?.length, 12)
  assert.equal(now['events']?.filter((r) => r.includes('hello of')).length, 3)
  assert.equal((await restore('talk', 'content')).rows, 9)
  assert.deepEqual((await contentOf('talk'))['events'], was['events'])
})

test('sums stay what they were, also when a part of what they were made of comes back', async () => {
  await seed('sums')
  await policy('sums', ['events'])
  await rollHours(client, { quietS: 0, hoursMax: 1000 })
  const scope = { tenantId: 'sums', projectId: 'p' }
  const totals = () => readTotals(client, scope, { fromMs: 0, toMs: NOW })
  const was = await totals()
  assert.equal(was.events, 12)
  await apply()
  assert.deepEqual(await totals(), was)
  // One of the three events of each hour is not in the file, as if it had been received on another day.
  const unit = { tenant: 'sums', project: 'p', what: 'events', day: at(45).slice(0, 10) } as const
  const files = (await readManifest(place, unit))?.files ?? []
  const [file] = files.filter((f) => f.store === 'clickhouse')
  assert.ok(file)
  const less = await withoutRows({ client, place }, unit, file, "user_id = 'ben'")
  assert.equal(less.removed, 1)
  await writeManifest(place, unit, less.file === null ? [] : [less.file], NOW)
  assert.equal((await restore('sums', 'events', [45, 45])).rows, 2)
  await rollHours(client, { quietS: 0, hoursMax: 1000 })
  assert.deepEqual(await totals(), was)
})

test('without a policy nothing is archived; with one and without an archive nothing is removed', async () => {
  await seed('none')
  await policy('none', null)
  await seed('want')
  await policy('want', ['events'])
  await apply(null)
  assert.equal((await contentOf('none'))['events']?.length, 3)
  assert.equal((await contentOf('want'))['events']?.length, 12)
  assert.equal((await contentOf('want'))['traces']?.length, 8)
  assert.equal((await contentOf('want'))['signals']?.length, 3, 'a class that is not archived goes')
  await apply()
  assert.equal((await contentOf('want'))['events']?.length, 3)
})

class CutOff extends Error {}

/** A place that fails at its n-th operation, before or after it was done, for ever after as a dead process would. */
function cut(
  to: ArchivePlace,
  at: number,
  isAfter: boolean,
): { place: ArchivePlace; n: () => number } {
  let n = 0
  const around =
    <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      n++
      if (n > at || (n === at && !isAfter)) throw new CutOff()
      const done = await work(...args)
      if (n === at) throw new CutOff()
      return done
    }
  return {
    n: () => n,
    place: {
      name: to.name,
      spoolDir: to.spoolDir,
      put: around(to.put.bind(to)),
      read: around(to.read.bind(to)),
      list: around(to.list.bind(to)),
      remove: around(to.remove.bind(to)),
    },
  }
}

test('cut off at any operation of the archive, nothing is lost, and the next run writes nothing twice', async () => {
  let isWhole = false
  let was: unknown
  for (let n = 1; !isWhole; n += 2) {
    const tenant = `cut-${n}`
    await seed(tenant, [5, 45])
    await policy(tenant, ['events'])
    const { signals: _other, ...rest } = await contentOf(tenant)
    was = rest
    const broken = cut(place, n, n % 4 === 1)
    isWhole = await apply(broken.place).then(
      () => true,
      (thrown: unknown) => {
        assert.ok(thrown instanceof CutOff, String(thrown))
        return false
      },
    )
    await apply()
    const files = await filesOf()
    await apply()
    assert.deepEqual(await filesOf(), files, `cut off at ${n}: a third run writes nothing`)
    assert.equal((await contentOf(tenant))['events']?.length, 3)
    const back = await restore(tenant, 'events')
    assert.deepEqual([back.state, back.units], ['done', 1], `cut off at ${n}`)
    const { signals: _gone, ...now } = await contentOf(tenant)
    assert.deepEqual(now, was, `cut off at ${n}`)
    const own = files.filter((f) => f.includes(`/${tenant}/`))
    const named = await Promise.all(
      own
        .filter((f) => f.endsWith('manifest.json'))
        .map(
          async (f) =>
            (JSON.parse(await readFile(f, 'utf8')) as { files: { rows: number }[] }).files,
        ),
    )
    const archived = named.flat().reduce((sum, file) => sum + file.rows, 0)
    assert.equal(archived, 3 + 4, `cut off at ${n}: each row is archived once`)
    assert.equal(own.length, named.flat().length + named.length, `cut off at ${n}: no stray file`)
    // Spent, so that the next round has less to do.
    await withRole(server.pool, 'observa_control', (c) => c.query('DELETE FROM retention_policies'))
  }
})

test('a damaged, missing or foreign file is refused, and nothing is removed or brought back because of it', async () => {
  for (const tenant of ['one', 'two']) {
    await seed(tenant, [5, 45])
    await policy(tenant, ['events'])
  }
  await apply()
  const left = await contentOf('one')
  const folder = join(dir, 'archive', 'one', 'p', 'events', at(45).slice(0, 10))
  const copy = join(dir, 'copy')
  await cp(folder, copy, { recursive: true })
  const again = async (): Promise<void> => {
    await rm(folder, { recursive: true })
    await cp(copy, folder, { recursive: true })
  }
  const parquet = (await readdir(folder)).find((f) => f.endsWith('.parquet'))
  assert.ok(parquet)
  const faults: readonly (() => Promise<void>)[] = [
    () => appendFile(join(folder, parquet), 'x'),
    () => rm(join(folder, parquet)),
    async () => {
      const bytes = await readFile(join(folder, parquet))
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
      await writeFile(join(folder, parquet), bytes)
    },
    () => writeFile(join(folder, 'manifest.json'), '{"format":1'),
    async () => {
      // The folder of another tenant, as whole as it is.
      const other = join(dir, 'archive', 'two', 'p', 'events', at(45).slice(0, 10))
      await rm(folder, { recursive: true })
      await cp(other, folder, { recursive: true })
    },
    async () => {
      // With a manifest that says it is one's own.
      const other = join(dir, 'archive', 'two', 'p', 'events', at(45).slice(0, 10))
      await rm(folder, { recursive: true })
      await cp(other, folder, { recursive: true })
      const manifest = await readFile(join(folder, 'manifest.json'), 'utf8')
      await writeFile(
        join(folder, 'manifest.json'),
        manifest.replace('"tenant_id": "two"', '"tenant_id": "one"'),
      )
    },
  ]
  for (const [i, fault] of faults.entries()) {
    await fault()
    const back = await restore('one', 'events')
    assert.deepEqual([back.state, back.error_code], ['failed', 'OBS_ARCHIVE_DAMAGED'], `fault ${i}`)
    assert.deepEqual((await contentOf('one'))['events'], left['events'], `fault ${i}`)
    await again()
  }
  assert.equal((await restore('one', 'events')).state, 'done')
})

/** Resolves with how many archived rows went. */
async function erase(tenant: string, to: ArchivePlace): Promise<number> {
  const row = await withRole(server.pool, 'observa_control', async (c) => {
    const change = { client: c, actor: { kind: 'system', id: null } as const, tenantId: tenant }
    const wanted = { kind: 'user', id: 'ann', projectId: null, archive: null } as const
    const made = await requestDeletion(change, wanted, PLAIN_IDS)
    await updateDeletion(c, made, { state: 'deleting' })
    return (await findDeletion(c, tenant, made.deletion_id)) ?? made
  })
  const erasing = { pool: server.pool, clickhouse: client, place: to, nowMs: () => NOW }
  const run = new DeletionRun(
    {
      pool: server.pool,
      clickhouse: client,
      eraseArchived: (subject, traces, signal) => eraseArchived(erasing, subject, traces, signal),
    },
    row,
    { signal: never, log: silentLog },
  )
  await run.delete()
  assert.equal(row.stores['archive_files']?.after, 0)
  await withRole(server.pool, 'observa_control', (c) => updateDeletion(c, row, { state: 'done' }))
  return row.stores['archive_files']?.before ?? 0
}

/** Parquet compresses, so what is looked for is what ClickHouse reads in it. */
async function isAnywhere(text: string): Promise<boolean> {
  for (const file of (await filesOf()).filter((f) => f.endsWith('.parquet'))) {
    const table = `observa.look_${Math.random().toString(16).slice(2)}`
    const like = file.includes('/signals/') ? 'signals' : 'canonical_events'
    await client.command({
      query: `CREATE TABLE ${table} AS observa.${like} ENGINE = MergeTree PRIMARY KEY tuple() ORDER BY tuple()`,
    })
    await client.insert({ table, values: createReadStream(file), format: 'Parquet' })
    const [found] = await store.rows<{ n: number }>(
      `SELECT toUInt32(countIf(position(formatRow('TSV', *), '${text}') > 0)) AS n FROM ${table}`,
    )
    await client.command({ query: `DROP TABLE ${table} SYNC` })
    if ((found?.n ?? 0) > 0) return true
  }
  for (const file of (await filesOf()).filter((f) => f.endsWith('.gz')))
    if (gunzipSync(await readFile(file)).includes(text)) return true
  return false
}

test('a deletion takes its subject out of archived files, also when it was cut off, and leaves the others', async () => {
  await seed('gone')
  await policy('gone', ['events', 'signals'])
  await apply()
  assert.ok(await isAnywhere('hello of ann'))
  for (let n = 1; ; n += 11) {
    const broken = cut(place, n, n % 2 === 0)
    const isWhole = await erase('gone', broken.place).then(
      () => true,
      (thrown: unknown) => {
        assert.ok(thrown instanceof CutOff, String(thrown))
        return false
      },
    )
    if (isWhole) break
    await withRole(server.pool, 'observa_control', (c) =>
      c.query("UPDATE deletions SET state = 'failed' WHERE tenant_id = 'gone'"),
    )
  }
  for (const text of ['hello of ann', 'hello of nobody', 'talk-ann'])
    assert.ok(!(await isAnywhere(text)), text)
  assert.ok(await isAnywhere('hello of ben'))
  assert.equal((await restore('gone', 'events')).rows, 3 + 6)
  const now = await contentOf('gone')
  assert.equal(now['events']?.length, 4, 'three of ben came back')
  assert.ok(!JSON.stringify(now).includes('hello of ann'))
})

test('a deletion fails, and says why, where the tenant has archived files that this process cannot reach', async () => {
  await seed('far', [45])
  await policy('far', ['events'])
  await apply()
  const row = await withRole(server.pool, 'observa_control', (c) =>
    requestDeletion(
      { client: c, actor: { kind: 'system', id: null }, tenantId: 'far' },
      { kind: 'user', id: 'ann', projectId: null },
      PLAIN_IDS,
    ),
  )
  const run = new DeletionRun({ pool: server.pool, clickhouse: client }, row, {
    signal: never,
    log: silentLog,
  })
  await assert.rejects(run.delete(), { code: 'OBS_ARCHIVE_NONE' })
})

test('no id of a tenant leaves its folder', async () => {
  for (const id of ['..', '.', '../x', 'a/b', 'a\\b', '.spool', 'x%2Fy', 'ü', '*']) {
    const segment = segmentOf(id)
    assert.match(segment, /^[A-Za-z0-9_%~!'()-]+$/, id)
  }
  assert.notEqual(segmentOf('a/b'), segmentOf('a%2Fb'))
  assert.throws(() => segmentOf(''))
})
