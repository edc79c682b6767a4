// Measures how long exact search takes over the vectors of one project and time window in the embedded engine:
// `node semantic/vectors/search.bench.ts [vectors a day] [days] [dimensions]`; without arguments, 50,000 vectors of 256 and of 768
// dimensions, and a million of 256 in 20 days. The figures are recorded by `npm run bench -- semantic/vectors/search`.

import type { ClickHouseClient } from '@clickhouse/client'
import { connectClickHouse } from '../../storage/semantic/clickhouse-rows.ts'
import { type NearFilter, nearest } from '../../storage/semantic/vectors.ts'
import { startTestClickHouse } from '../../storage/testing/stores.ts'

interface Stored {
  readonly perDay: number
  readonly days: number
  readonly dimensions: number
}

const QUERIES = 60
/** Queries over everything take longer, and their times differ less. */
const QUERIES_OF_ALL = 12
const LIMIT = 20
const DAY_MS = 86_400_000
/** A block of rows is made in the memory of the engine, so long vectors need smaller ones. */
const NUMBERS_AT_ONCE = 10_000_000

const args = process.argv.slice(2).map(Number)
const [perDay, days = 1, dimensions = 256] = args
const ALL: readonly Stored[] = [
  { perDay: 50_000, days: 1, dimensions: 256 },
  { perDay: 50_000, days: 1, dimensions: 768 },
  { perDay: 50_000, days: 20, dimensions: 256 },
]

for (const stored of perDay === undefined ? ALL : [{ perDay, days, dimensions }])
  await measureStored(stored)

async function measureStored(stored: Stored): Promise<void> {
  const store = await startTestClickHouse()
  const client = connectClickHouse({
    kind: 'clickhouse',
    url: store.url,
    database: store.database,
  })
  await fill(client, stored)
  const fromMs = Math.floor(Date.now() / DAY_MS) * DAY_MS
  const all = `${(stored.perDay * stored.days).toLocaleString('en-US')} vectors of ${stored.dimensions}`
  await measure(client, stored, `${all}, one day`, { fromMs })
  await measure(client, stored, `${all}, one day, 1 % of them`, { fromMs, model: 'rare' })
  if (stored.days > 1) await measure(client, stored, `${all}, all days`, {}, QUERIES_OF_ALL)
  await client.close()
  await store.stop()
}

async function fill(client: ClickHouseClient, { perDay, days, dimensions }: Stored): Promise<void> {
  const rows = Math.floor(NUMBERS_AT_ONCE / dimensions)
  for (let day = 0; day < days; day++)
    for (let from = 0; from < perDay; from += rows)
      await client.command({
        query: `INSERT INTO vectors (tenant_id, project_id, embedder, day, trace_id, event_id, at, environment, model, route, v)
          SELECT 't', 'p', 'e', today() - ${day}, lower(hex(MD5(concat('${day} ', toString(number))))) AS id, id,
            toDateTime64(today() - ${day}, 9, 'UTC') + toIntervalSecond(number % 86000), '', if(number % 100 = 0, 'rare', 'often'), '',
            arrayMap(x -> x / sqrt(arraySum(y -> y * y, raw)), arrayMap(i -> sin(number * 12.9898 + i * 78.233 + ${day}), range(${dimensions})) AS raw)
          FROM numbers(${from}, ${Math.min(rows, perDay - from)})`,
        clickhouse_settings: { max_block_size: '4096' },
      })
}

async function measure(
  client: ClickHouseClient,
  { dimensions }: Stored,
  what: string,
  filter: Omit<NearFilter, 'limit'>,
  queries = QUERIES,
): Promise<void> {
  const times: number[] = []
  let fewest = LIMIT
  for (let n = 0; n < queries; n++) {
    const raw = Array.from({ length: dimensions }, (_, i) => Math.cos(n * 3.1 + i * 7.7))
    const length = Math.hypot(...raw)
    const v = raw.map((x) => x / length)
    const startedAt = performance.now()
    const scope = { tenantId: 't', projectId: 'p' }
    const found = await nearest(client, scope, 'e', v, { ...filter, limit: LIMIT })
    times.push(performance.now() - startedAt)
    fewest = Math.min(fewest, found.length)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(share * queries)] ?? 0).toFixed(0)
  process.stdout.write(
    `${what}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, at least ${fewest} of ${LIMIT} rows\n`,
  )
}
