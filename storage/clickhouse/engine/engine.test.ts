// The embedded engine through the client library and raw HTTP, with attackers, clients that disconnect early, and
// killed processes.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { ObservaError } from '../../../core/errors.ts'
import { migrateClickHouse } from '../../migrations/clickhouse.ts'
import { silentLog, startTestClickHouse, type TestClickHouse } from '../../testing/stores.ts'
import { startClickHouseEngine } from './engine.ts'
import { spoolPrefix } from './insert-files.ts'

let t: TestClickHouse
before(async () => {
  t = await startTestClickHouse()
  await t.client.command({
    query: 'CREATE TABLE observa.victim (a String) ENGINE = MergeTree ORDER BY a',
  })
})
after(() => t.stop())

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

function post(
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  method = 'POST',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(
      `${t.engine.url}${path}`,
      { method, headers: { ...auth(), ...headers } },
      (res) => {
        const chunks: Buffer[] = []
        res.on('data', (chunk: Buffer) => chunks.push(chunk))
        res.on('end', () =>
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            body: Buffer.concat(chunks),
          }),
        )
      },
    )
    req.on('error', reject)
    req.end(body)
  })
}
const auth = (): Record<string, string> => ({
  'x-clickhouse-user': t.engine.username,
  'x-clickhouse-key': t.engine.password,
})
const insertInto = (table: string, format: string): string =>
  `/?database=observa&query=${encodeURIComponent(`INSERT INTO ${table} FORMAT ${format}`)}`

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await what())) {
    assert.ok(performance.now() < deadline, 'the condition did not come about')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('SQL behind an empty line of inserted data is data', async () => {
  const attack = 'x\n\nDROP TABLE observa.victim'
  const bodies: readonly (readonly [format: string, body: string])[] = [
    ['CSV', `"${attack}"\n`],
    ['CSV', `a\n\nDROP TABLE observa.victim\n`],
    ['JSONEachRow', `{"a":"b"}\n\nDROP TABLE observa.victim\n`],
    ['TabSeparated', `b\n\nDROP TABLE observa.victim\n`],
    ['RowBinary', `${String.fromCharCode(attack.length)}${attack}`],
  ]
  for (const [format, body] of bodies) {
    await post(insertInto('victim', format), body)
    await post('/?database=observa', `INSERT INTO victim FORMAT ${format}\n${body}`)
  }
  await post('/?database=observa', `INSERT INTO victim VALUES ('b')\n\nDROP TABLE observa.victim`)
  await post(
    `/?database=observa&query=${encodeURIComponent("INSERT INTO victim VALUES ('c')\n\n")}`,
    'DROP TABLE observa.victim',
  )
  const [row] = await t.rows<{ n: string; attacks: string }>(
    `SELECT count() AS n, countIf(a = {a:String}) AS attacks FROM observa.victim`,
    { a: attack },
  )
  assert.ok(Number(row?.n) > 0, 'the table is there')
  assert.equal(Number(row?.attacks), 4, 'the text went in as text')
})

test('one statement a request, no local files, and no way in without the password', async () => {
  const many = await post('/', 'SELECT 1; DROP TABLE observa.victim')
  assert.equal(many.status, 400)
  assert.equal(many.headers['x-clickhouse-exception-code'], '62')
  assert.notEqual(
    (await post('/?database=observa', "INSERT INTO victim FROM INFILE '/etc/passwd' FORMAT CSV"))
      .status,
    200,
  )
  const stranger = await post('/', 'SELECT 1', { 'x-clickhouse-key': 'guess' })
  assert.equal(stranger.status, 403)
  assert.equal(stranger.headers['x-clickhouse-exception-code'], '516')
  const basic = `Basic ${Buffer.from(`${t.engine.username}:${t.engine.password}`).toString('base64')}`
  assert.equal(
    (await post('/', 'SELECT 1', { 'x-clickhouse-user': 'x', authorization: basic })).status,
    200,
  )
  assert.equal(
    (await post('/ping', '', { 'x-clickhouse-key': '' }, 'GET')).body.toString(),
    'Ok.\n',
  )
})

test('settings and parameters end with their request', async () => {
  const first = await post(
    '/?max_threads=3&param_x=secret',
    "SELECT getSetting('max_threads'), {x:String}",
  )
  assert.equal(first.body.toString(), '3\tsecret\n')
  const second = await post('/', "SELECT getSetting('max_threads') = 3")
  assert.notEqual(second.body.toString(), '1\n')
  assert.equal((await post('/', 'SELECT {x:String}')).headers['x-clickhouse-exception-code'], '456')
  assert.equal(
    (await post('/?nonsense=1', 'SELECT 1')).headers['x-clickhouse-exception-code'],
    '115',
  )
  assert.equal(
    (await post('/?readonly=1', 'DROP TABLE observa.victim')).headers[
      'x-clickhouse-exception-code'
    ],
    '164',
  )
  assert.notEqual(
    (await post(`/?query=${encodeURIComponent('DROP TABLE observa.victim')}`, '', {}, 'GET'))
      .status,
    200,
  )
})

test('parameters of any text come back as they went in, also many at once', async () => {
  const texts = ["o'clock", 'a\\b', 'line\nbreak\ttab', '日本語 🎉', '{x}', '', '\\N']
  await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const text = texts[i % texts.length] as string
      const [row] = await t.rows<{ x: string; n: number }>(
        'SELECT {x:String} AS x, {n:UInt32} AS n',
        { x: text, n: i },
      )
      assert.deepEqual(row, { x: text, n: i })
    }),
  )
})

test('gzip goes both ways', async () => {
  const sent = await post(insertInto('victim', 'CSV'), gzipSync('zipped\n'), {
    'content-encoding': 'gzip',
  })
  assert.equal(sent.status, 200)
  const got = await post(
    '/?enable_http_compression=1',
    "SELECT a FROM observa.victim WHERE a = 'zipped'",
    { 'accept-encoding': 'gzip' },
  )
  assert.equal(got.headers['content-encoding'], 'gzip')
  assert.equal(gunzipSync(got.body).toString(), 'zipped\n')
  assert.equal((await post('/', 'x', { 'content-encoding': 'br' })).status, 501)
})

test('errors carry the status and code that a server gives', async () => {
  const status = async (sql: string): Promise<readonly [number, string | undefined]> => {
    const a = await post('/', sql)
    return [a.status, a.headers['x-clickhouse-exception-code'] as string | undefined]
  }
  assert.deepEqual(await status('SELECT * FROM nowhere'), [404, '60'])
  assert.deepEqual(await status('SELEC 1'), [400, '62'])
  assert.deepEqual(await status('SELECT throwIf(1)'), [500, '395'])
  const late = await post(
    '/?max_execution_time=1',
    'SELECT sum(cityHash64(number)) FROM numbers(1000000000000)',
  )
  assert.deepEqual([late.status, late.headers['x-clickhouse-exception-code']], [408, '159'])
  await assert.rejects(t.client.query({ query: 'SELECT * FROM nowhere' }), {
    code: '60',
    type: 'UNKNOWN_TABLE',
  })
})

test('a client that goes away takes its query with it, and others are not held up', async () => {
  const running = async (): Promise<number> =>
    Number(
      (
        await t.rows<{ n: string }>(
          "SELECT count() AS n FROM system.processes WHERE query LIKE '%cityHash64%' AND query NOT LIKE '%processes%'",
        )
      )[0]?.n,
    )
  const gone = new AbortController()
  const query = t.client.query({
    query: 'SELECT sum(cityHash64(number)) FROM numbers(1000000000000)',
    abort_signal: gone.signal,
  })
  await until(async () => (await running()) === 1)
  gone.abort()
  await assert.rejects(query)
  await until(async () => (await running()) === 0)
})

test('spooled bodies are private and gone afterwards', async () => {
  await post(insertInto('victim', 'CSV'), 'x\n')
  // Systems other than Linux store bodies in the data directory.
  const shared = existsSync('/dev/shm') ? readdirSync('/dev/shm') : []
  // Other engines may run on this machine.
  const ours = shared.filter((name) => name.startsWith(spoolPrefix(t.dataDir)))
  if (existsSync('/dev/shm')) assert.equal(ours.length, 1)
  for (const name of ours) assert.equal(statSync(join('/dev/shm', name)).mode & 0o777, 0o700)
  await Promise.all(
    Array.from({ length: 5 }, () => post(insertInto('victim', 'RowBinary'), '\u00ff')),
  )
  for (const name of ours) assert.deepEqual(readdirSync(join('/dev/shm', name)), [])
})

test('a second engine on the directory is refused with a sentence', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'observa-locked-'))
  const options = { dataDir: join(dir, 'data'), log: silentLog, progress: () => {} }
  const first = await startClickHouseEngine(options)
  await assert.rejects(startClickHouseEngine(options), (error: unknown) => {
    assert.ok(error instanceof ObservaError)
    assert.equal(error.code, 'OBS_CLICKHOUSE_ENGINE_LOCKED')
    return true
  })
  await first.stop()
  await first.stop()
  const startedAt = performance.now()
  const again = await startClickHouseEngine(options)
  console.log(
    `second start of the ClickHouse engine: ${Math.round(performance.now() - startedAt)} ms`,
  )
  await again.stop()
  rmSync(dir, { recursive: true, force: true })
})

test('migrating again changes nothing', async () => {
  assert.deepEqual(await migrateClickHouse(t.client, 'observa'), [])
})

test('an engine that is stopped and not dead is ended and started again, with its data', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'observa-hung-'))
  const options = { dataDir: join(dir, 'data'), log: silentLog, progress: () => {} }
  const engine = await startClickHouseEngine({ ...options, heartbeatMs: 250 })
  t.after(async () => {
    await engine.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  const ask = async (query: string): Promise<string> => {
    const headers = { 'x-clickhouse-user': engine.username, 'x-clickhouse-key': engine.password }
    const res = await fetch(engine.url, { method: 'POST', body: query, headers })
    return (await res.text()).trim()
  }
  await ask('CREATE TABLE kept ENGINE = MergeTree ORDER BY n AS SELECT 7 AS n')
  const before = engine.pid() as number
  process.kill(before, 'SIGSTOP')
  await until(() => Promise.resolve(engine.restarts() === 1 && engine.pid() !== undefined))
  await until(async () => (await ask('SELECT n FROM kept').catch(() => '')) === '7')
  assert.notEqual(engine.pid(), before)
})

// This is the last test, because it kills the engine that the others share.
test('killed in the middle of inserts: what was acknowledged is there, and a replay adds nothing', async () => {
  await t.client.command({
    query:
      'CREATE TABLE observa.acked (batch UInt32, row UInt32) ENGINE = ReplacingMergeTree ORDER BY (batch, row) SETTINGS non_replicated_deduplication_window = 1000',
  })
  const rows = (batch: number): string =>
    Array.from({ length: 500 }, (_, row) => `${batch},${row}\n`).join('')
  const send = (batch: number): Promise<Answer> =>
    post(`${insertInto('acked', 'CSV')}&insert_deduplication_token=b${batch}`, rows(batch))
  const acked = new Set<number>()
  const pid = t.engine.pid() as number
  for (let batch = 0; batch < 40; batch++) {
    if (batch === 20) setImmediate(() => process.kill(pid, 'SIGKILL'))
    const answer = await send(batch).catch(() => null)
    if (answer?.status === 200) acked.add(batch)
    else if (batch > 20) break
  }
  assert.ok(acked.size >= 20)
  await until(async () => (await post('/', 'SELECT 1').catch(() => null))?.status === 200)
  assert.equal(t.engine.restarts(), 1)
  for (let batch = 0; batch < 40; batch++) assert.equal((await send(batch)).status, 200)
  const [row] = await t.rows<{ n: string; kept: string }>(
    'SELECT count() AS n, uniqExact(batch) AS kept FROM observa.acked',
  )
  assert.deepEqual([Number(row?.n), Number(row?.kept)], [40 * 500, 40])
})
