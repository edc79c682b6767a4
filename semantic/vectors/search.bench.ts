// Measures how long exact search takes over the vectors of one project and time window in the embedded engine:
// `node semantic/vectors/search.bench.ts [vectors] [dimensions]`.

import { connectClickHouse } from '../../storage/semantic/clickhouse-rows.ts'
import { nearest } from '../../storage/semantic/vectors.ts'
import { startTestClickHouse } from '../../storage/testing/stores.ts'

const VECTORS = Number(process.argv[2] ?? 50_000)
const DIMENSIONS = Number(process.argv[3] ?? 256)
const QUERIES = 60
const LIMIT = 20

const store = await startTestClickHouse()
const client = connectClickHouse({ kind: 'clickhouse', url: store.url, database: store.database })
for (let from = 0; from < VECTORS; from += 50_000)
  await client.command({
    query: `INSERT INTO vectors (tenant_id, project_id, embedder, day, trace_id, event_id, at, environment, model, route, v)
      SELECT 't', 'p', 'e', today(), lower(hex(MD5(toString(number)))), lower(hex(MD5(toString(number)))),
        now64(9) - toIntervalSecond(number % 80000), '', if(number % 100 = 0, 'rare', 'often'), '',
        arrayMap(x -> x / sqrt(arraySum(y -> y * y, raw)), arrayMap(i -> sin(number * 12.9898 + i * 78.233), range(${DIMENSIONS})) AS raw)
      FROM numbers(${from}, ${Math.min(50_000, VECTORS - from)})`,
  })

const scope = { tenantId: 't', projectId: 'p' }
for (const model of [undefined, 'rare']) {
  const times: number[] = []
  let fewest = LIMIT
  for (let n = 0; n < QUERIES; n++) {
    const raw = Array.from({ length: DIMENSIONS }, (_, i) => Math.cos(n * 3.1 + i * 7.7))
    const length = Math.hypot(...raw)
    const v = raw.map((x) => x / length)
    const startedAt = performance.now()
    const found = await nearest(client, scope, 'e', v, { model, limit: LIMIT })
    times.push(performance.now() - startedAt)
    fewest = Math.min(fewest, found.length)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(share * QUERIES)] ?? 0).toFixed(0)
  const filter = model === undefined ? 'no filter' : 'filter of 1 %'
  process.stdout.write(
    `${VECTORS} vectors of ${DIMENSIONS}, ${filter}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, rows of ${LIMIT} asked: ${fewest}\n`,
  )
}
await client.close()
await store.stop()
