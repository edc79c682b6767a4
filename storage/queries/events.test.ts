// Lists of events read the granules of their page and no more, whatever is stored beside it. How much a query would read is what
// the engine itself estimates of its indexes.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { startTestClickHouse, type TestClickHouse } from '../testing/stores.ts'
import { type EventListing, listEvents } from './events.ts'

let t: TestClickHouse
let client: ClickHouseClient

const scope = { tenantId: 'tenant-3', projectId: 'chat' }
const TENANTS = 4
const ROWS = 200_000
const HOURS = 200
const GRANULE = 8192
const FROM_MS = Date.UTC(2026, 8, 1)

before(async () => {
  t = await startTestClickHouse()
  client = createClient({ url: t.url, database: 'observa' })
  await client.command({
    query: `INSERT INTO canonical_events (event_id, tenant_id, project_id, trace_id, start_time, start_time_known, received_at,
        version, kind, status, request_model, duration_ms, cost_usd, input_messages)
      SELECT toFixedString(leftPad(toString(number), 16, '0'), 16), 'tenant-' || toString(number % ${TENANTS}), 'chat',
        toFixedString(leftPad(toString(intDiv(number, 80)), 16, '0'), 16),
        fromUnixTimestamp64Milli(toInt64(${FROM_MS}) + intDiv(toInt64(number) * ${HOURS * 3_600_000}, ${ROWS})), true,
        '2026-09-10 00:00:00', 1, if(number % 3 = 0, 'llm', 'tool'), if(number % 1000 < 20, 'error', 'ok'), 'small',
        number % 1777, number % 13, '[{"role":"user","parts":[{"type":"text","content":"hello"}]}]'
      FROM numbers(${ROWS})`,
    clickhouse_settings: { max_block_size: '10000', min_insert_block_size_rows: '20000' },
  })
  await client.command({ query: 'OPTIMIZE TABLE canonical_events FINAL' })
})
after(async () => {
  await client.close()
  await t.stop()
})

/** Lists and gives what its queries of events would read at most, by the engine's own estimate. */
async function rowsRead(listing: EventListing): Promise<{ read: number; found: number }> {
  const asked: Parameters<ClickHouseClient['query']>[0][] = []
  const spy = new Proxy(client, {
    get: (target, name) =>
      name === 'query'
        ? (params: Parameters<ClickHouseClient['query']>[0]) => {
            asked.push(params)
            return target.query(params)
          }
        : (Reflect.get(target, name) as unknown),
  })
  const page = await listEvents(spy, scope, listing)
  let read = 0
  for (const { query, query_params = {} } of asked) {
    if (!/FROM canonical_events/.test(query)) continue
    const estimate = await client.query({
      query: `EXPLAIN ESTIMATE ${query}`,
      query_params,
      format: 'JSONEachRow',
    })
    for (const row of await estimate.json<{ rows: string }>()) read += Number(row.rows)
  }
  return { read, found: page.rows.length }
}

test('the newest page reads the granules of its hours, of 200,000 rows of four tenants', async () => {
  const { read, found } = await rowsRead({ limit: 50 })
  assert.equal(found, 50)
  assert.ok(read > 0 && read <= 2 * GRANULE, `${read} rows`)
})

test('a page in the middle, one from the oldest on, and the next page read no more', async () => {
  const toMs = FROM_MS + (HOURS / 2) * 3_600_000
  for (const listing of [
    { limit: 50, toMs },
    { limit: 50, sort: 'start_time' as const },
    { limit: 50, cursor: (await listEvents(client, scope, { limit: 50 })).next ?? '' },
  ]) {
    const { read, found } = await rowsRead(listing)
    assert.equal(found, 50)
    assert.ok(read > 0 && read <= 2 * GRANULE, `${read} rows: ${JSON.stringify(listing)}`)
  }
})

test('the events of a trace read its granules', async () => {
  const [event] = (await listEvents(client, scope, { limit: 1 })).rows
  const traceId = String(event?.['trace_id'])
  const { read, found } = await rowsRead({ limit: 50, traceId })
  assert.ok(found > 0)
  assert.ok(read > 0 && read <= 2 * GRANULE, `${read} rows`)
})

test('a filter looks at more hours while they are not enough, and stays with its tenant', async () => {
  const { read, found } = await rowsRead({ limit: 50, status: 'error' })
  assert.equal(found, 50)
  assert.ok(read <= ROWS / TENANTS + 4 * GRANULE, `${read} rows`)
})

test('pages in every order together are all events once', async () => {
  const toMs = FROM_MS + 6 * 3_600_000
  for (const sort of ['-start_time', 'start_time', '-duration_ms', '-cost_usd'] as const) {
    const seen: unknown[] = []
    let cursor: string | undefined
    do {
      const page = await listEvents(client, scope, { limit: 100, toMs, sort, cursor })
      seen.push(...page.rows.map((row) => row['event_id']))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    assert.equal(seen.length, 1500, sort)
    assert.equal(new Set(seen).size, 1500, sort)
  }
})

test('events that were written many times fill a page once each', async () => {
  const again = `INSERT INTO canonical_events SELECT * FROM canonical_events
    WHERE tenant_id = 'tenant-3' AND start_time >= fromUnixTimestamp64Milli(toInt64(${FROM_MS + (HOURS - 1) * 3_600_000}))`
  const before = await listEvents(client, scope, { limit: 20 })
  for (let i = 0; i < 3; i++) await client.command({ query: again })
  const page = await listEvents(client, scope, { limit: 20 })
  assert.deepEqual(
    page.rows.map((row) => row['event_id']),
    before.rows.map((row) => row['event_id']),
  )
})

test('only the fields that are asked for are read, beside what a row is found by', async () => {
  const page = await listEvents(client, scope, { limit: 1, fields: ['duration_ms'] })
  const [event] = page.rows
  assert.ok(typeof event?.['duration_ms'] === 'number')
  // It has them, and they were not read.
  assert.deepEqual([event['kind'], event['input_messages']], [null, null])
})
