// Reads what arrived: lines of the file exporter, and rows of the embedded stores after their instance has ended.

import { createReadStream, globSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient } from '@clickhouse/client'
import { startClickHouseEngine } from '../../storage/clickhouse/engine/engine.ts'
import { startPostgresEngine } from '../../storage/postgres/engine/engine.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'
import { withTenant } from '../../storage/postgres/roles.ts'
import { silentLog } from '../../storage/testing/stores.ts'
import type { Instance } from '../instance.ts'
import { Arrivals, SPANS_PER_REQUEST, traceIdOf } from './books.ts'

const quiet = { log: silentLog, progress: () => {} }

/** Reads all files of the exporter, including the rotated ones. */
export async function fromFile({ dir }: Instance): Promise<Arrivals> {
  const arrivals = new Arrivals()
  for (const path of globSync(join(dir, 'out*.ndjson')))
    for await (const line of createInterface({ input: createReadStream(path) })) {
      const row = JSON.parse(line) as Line
      if (row.record === 'event') arrivals.add(row.name, row.attributes?.['drill.payload'])
    }
  return arrivals
}

interface Line {
  readonly record: string
  readonly name?: unknown
  readonly attributes?: Readonly<Record<string, unknown>>
}

export interface ClickHouseArrivals {
  readonly arrivals: Arrivals
  /** Number of rows in the table, before equal ones are merged for a reader. */
  readonly rawRows: number
}

/** Each event as a reader sees it. */
export async function fromClickHouse(dataDir: string): Promise<ClickHouseArrivals> {
  const dir = join(dataDir, 'clickhouse')
  const engine = await startClickHouseEngine({ dataDir: dir, memoryMaxBytes: 1024 ** 3, ...quiet })
  const { url, username, password, database } = engine
  const client = createClient({ url, username, password, database })
  try {
    const rows = async <Row>(query: string): Promise<Row[]> =>
      await (await client.query({ query, format: 'JSONEachRow' })).json<Row>()
    const arrivals = new Arrivals()
    for (const { name, payload } of await rows<{ name: string; payload: string }>(
      "SELECT name, attributes['drill.payload'] AS payload FROM canonical_events FINAL",
    ))
      arrivals.add(name, payload)
    const [raw] = await rows<{ n: string }>('SELECT count() AS n FROM canonical_events')
    return { arrivals, rawRows: Number(raw?.n) }
  } finally {
    await client.close()
    await engine.stop()
  }
}

/** Derived from the sums of each trace: a trace is one request, so its number of spans shows what is missing or doubled. */
export async function fromPostgres(dataDir: string, issued: number): Promise<Arrivals> {
  const engine = await startPostgresEngine({ dataDir: join(dataDir, 'postgres'), ...quiet })
  const pool = new PostgresPool({ url: engine.url, max: 1 })
  try {
    const { rows } = await withTenant(pool, 'default', (client) =>
      client.query<{ trace_id: string; spans: string }>(
        'SELECT trace_id, spans FROM trace_summaries',
      ),
    )
    return ofTraces(new Map(rows.map((r) => [r.trace_id, Number(r.spans)])), issued)
  } finally {
    await pool.end()
    await engine.stop()
  }
}

function ofTraces(spans: Map<string, number>, issued: number): Arrivals {
  const arrivals = new Arrivals()
  for (let first = 0; first < issued; first += SPANS_PER_REQUEST) {
    const trace = traceIdOf(first)
    const count = spans.get(trace) ?? 0
    spans.delete(trace)
    for (let i = 0; i < Math.min(count, SPANS_PER_REQUEST); i++) arrivals.count(first + i)
    if (count > SPANS_PER_REQUEST) arrivals.count(first, count - SPANS_PER_REQUEST)
  }
  // The remaining traces were never sent.
  arrivals.corrupt += spans.size
  return arrivals
}

/** Number of items of an exporter by state, as the running instance reports them. */
export async function bookedItems(
  instance: Instance,
  exporter: string,
): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(instance.url('/metrics', 'metrics'))).text()
  const booked: Record<string, number> = {}
  for (const [, labels = '', value] of text.matchAll(/^observa_exporter_items\{(.*)\} (\d+)$/gm)) {
    if (!labels.includes(`exporter="${exporter}"`)) continue
    booked[/state="(\w+)"/.exec(labels)?.[1] ?? ''] = Number(value)
  }
  return booked
}
