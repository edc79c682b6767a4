// The reader of ClickHouse: what it sends with each query, that its statements name every table, and, where a server is given
// (OBSERVA_TEST_CLICKHOUSE_URL with an administrator's login), that its row policies hold.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { createClient } from '@clickhouse/client'
import { migrateClickHouse } from '../migrations/clickhouse.ts'
import { startTestClickHouse } from '../testing/stores.ts'
import { readingAsTenant } from './tenant-reader.ts'

const SQL = readFileSync(join(import.meta.dirname, '../../deploy/clickhouse-reader.sql'), 'utf8')
const statements = SQL.replace(/^--.*$/gm, '')
  .split(';')
  .map((text) => text.trim())
  .filter((text) => text !== '')

test('each query tells the server its tenant; without one nothing is sent; nothing is written', async (t) => {
  const asked: URL[] = []
  const server = createServer((req, res) => {
    asked.push(new URL(req.url ?? '/', 'http://x'))
    req.resume()
    res.end('')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const client = readingAsTenant(createClient({ url: `http://127.0.0.1:${address.port}` }))
  t.after(() => client.close())
  const result = await client.query({
    query: 'SELECT 1 WHERE {tenant:String} != 0',
    query_params: { tenant: 'acme-1' },
    clickhouse_settings: { max_threads: 1 },
  })
  await result.text()
  assert.equal(asked[0]?.searchParams.get('SQL_tenant'), "'acme-1'")
  assert.equal(asked[0]?.searchParams.get('max_threads'), '1')
  for (const tenant of [undefined, '', "x' OR '1", 7])
    assert.throws(() => void client.query({ query: 'SELECT 1', query_params: { tenant } }))
  await assert.rejects(client.command({ query: 'DROP TABLE canonical_events' }))
  await assert.rejects(client.insert({ table: 'scores', values: [] }))
  await assert.rejects(client.exec({ query: 'SELECT 1' }))
  assert.equal(asked.length, 1)
})

test('the statements name every table and view that has tenants, and no other', async (t) => {
  const store = await startTestClickHouse()
  t.after(() => store.stop())
  const of = (engines: string): Promise<string[]> =>
    store
      .rows<{ t: string }>(
        `SELECT DISTINCT table AS t FROM system.columns WHERE database = 'observa' AND name = 'tenant_id' AND table IN
           (SELECT name FROM system.tables WHERE database = 'observa' AND engine LIKE '${engines}' AND engine != 'MaterializedView') ORDER BY t`,
      )
      .then((rows) => rows.map((row) => row.t))
  const tables = await of('%MergeTree')
  const views = await of('View')
  assert.ok(tables.length > 10 && views.length > 2, `${tables.join()}; ${views.join()}`)
  // The engine knows the grammar of what it does not do.
  for (const text of statements) {
    const parsed = await store.rows<{ q: string }>('SELECT formatQuery({text:String}) AS q', {
      text,
    })
    assert.match(parsed[0]?.q ?? '', /\w/)
  }
  const policies = statements.filter((text) => text.startsWith('CREATE ROW POLICY'))
  assert.equal(policies.length, 2)
  for (const policy of policies) {
    const [, list = ''] = /\bON ([\w,\s]+?)\s+FOR SELECT\b/.exec(policy) ?? []
    assert.deepEqual(list.split(/,\s*/).toSorted(), tables)
  }
  const granted = statements.flatMap((text) => /^GRANT SELECT ON (\w+) TO/.exec(text)?.[1] ?? [])
  assert.deepEqual(granted.toSorted(), [...tables, ...views].toSorted())
})

const given = process.env['OBSERVA_TEST_CLICKHOUSE_URL']
const options =
  given === undefined
    ? { skip: 'no ClickHouse server: set OBSERVA_TEST_CLICKHOUSE_URL to test its row policies' }
    : {}

test(
  'on a server the reader sees one tenant, whatever its query says, and changes nothing',
  options,
  async (t) => {
    const database = `observa_test_${randomBytes(6).toString('hex')}`
    const admin = createClient({ url: given ?? '' })
    const names = (text: string): string =>
      text
        .replaceAll('observa_reader', `${database}_reader`)
        .replaceAll('observa_tenant', 'of_tenant')
    t.after(async () => {
      await admin.command({ query: `DROP DATABASE IF EXISTS ${database}` })
      await admin.command({ query: `DROP USER IF EXISTS ${database}_reader` })
      await admin.command({ query: `DROP SETTINGS PROFILE IF EXISTS ${database}_reader` })
      await admin.close()
    })
    await migrateClickHouse(admin, database)
    const password = randomBytes(12).toString('hex')
    const own = createClient({ url: given ?? '', database })
    t.after(() => own.close())
    for (const query of statements) await own.command({ query: names(query) })
    await own.command({
      query: names(
        `ALTER USER observa_reader IDENTIFIED WITH sha256_password BY '${password}' HOST ANY`,
      ),
    })
    await own.insert({
      table: 'signals',
      values: ['a', 'b'].map((tenant) => ({
        signal_id: tenant.repeat(16),
        tenant_id: tenant,
        project_id: 'p',
        at: '2026-01-01 00:00:00',
        evidence: '{}',
        rule: 'r',
        type: 'error',
        severity: 'low',
      })),
      format: 'JSONEachRow',
    })
    const url = new URL(given ?? '')
    url.username = ''
    url.password = ''
    const plain = createClient({
      url: url.href,
      database,
      username: `${database}_reader`,
      password,
    })
    t.after(() => plain.close())
    const reader = readingAsTenant(plain)
    const all = 'SELECT tenant_id AS t FROM signals ORDER BY t'
    const seen = async (tenant: string): Promise<unknown[]> => {
      const result = await reader.query({
        query: all,
        query_params: { tenant },
        format: 'JSONCompactEachRow',
      })
      return (await result.json<unknown[]>()).flat()
    }
    assert.deepEqual(await seen('a'), ['a'])
    assert.deepEqual(await seen('b'), ['b'])
    assert.deepEqual(await seen('c'), [])
    await assert.rejects(plain.query({ query: all }), 'without the setting nothing is read')
    await assert.rejects(plain.command({ query: 'TRUNCATE TABLE signals' }))
    const both = await own.query({ query: all, format: 'JSONCompactEachRow' })
    assert.equal((await both.json()).length, 2, 'the exporter sees all')
  },
)
