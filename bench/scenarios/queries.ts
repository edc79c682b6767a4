// The queries of the REST API on many events in the embedded ClickHouse engine and on their sums in the embedded Postgres.
// Measures the functions of `storage/queries` that the routes call.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { startClickHouseEngine } from '../../storage/clickhouse/engine/engine.ts'
import { migrateClickHouse } from '../../storage/migrations/clickhouse.ts'
import { listEvents } from '../../storage/queries/events.ts'
import { rollHours } from '../../storage/queries/hours/rolled-hours.ts'
import { readTotals, usageBy, usageOverTime } from '../../storage/queries/totals.ts'
import { machineBusySeconds, readStat } from '../cpu.ts'
import { DAYS, type Filled, fillEvents, PLACES } from '../queries/generate-events.ts'
import { type GroupSample, measurePostgres } from '../queries/postgres.ts'
import { type QueryTime, timed } from '../queries/time-query.ts'
import type { ResultTable, ScenarioResult } from '../results.ts'
import type { Scenario } from '../scenario.ts'

const REPEATS = 60
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const [{ tenantId, projectId }] = PLACES
const scope = { tenantId, projectId }

export const queries: Scenario = {
  name: 'queries',
  title: 'queries of the REST API on stored events, embedded stores',
  async run(context): Promise<ScenarioResult> {
    const { events } = context.options
    const dir = mkdtempSync(join(tmpdir(), 'observa-bench-queries-'))
    const log = pino({ level: 'silent' })
    const engine = await startClickHouseEngine({ dataDir: dir, log, progress: context.say })
    const client = createClient({
      url: engine.url,
      username: engine.username,
      password: engine.password,
      database: engine.database,
      request_timeout: 900_000,
      log: { level: ClickHouseLogLevel.OFF },
    })
    try {
      await migrate(engine)
      const toMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
      const filled = await fillEvents(client, { events, toMs, say: context.say })
      const rollSeconds = await rollAll(client)
      await mergesDone(client)
      const parts = await countParts(client)
      context.say(`hours added up in ${rollSeconds.toFixed(1)} s; ${parts} parts`)
      const busy = busyOthers(engine.pid())
      const times = await measureClickHouse(client, filled, context.say)
      const othersCpus = busy()
      const samples = await samplesOf(client)
      const inPostgres = await measurePostgres(samples, REPEATS, context.say)
      const columns = await columnSizes(client)
      const tables = await tableSizes(client)
      return resultOf({
        filled,
        rollSeconds,
        parts,
        times,
        inPostgres,
        columns,
        tables,
        othersCpus,
      })
    } finally {
      await client.close()
      await engine.stop()
      rmSync(dir, { recursive: true, force: true })
    }
  },
}

async function migrate(engine: Awaited<ReturnType<typeof startClickHouseEngine>>): Promise<void> {
  const { url, username, password, database } = engine
  // The database does not exist yet, so the connection names none.
  const client = createClient({ url, username, password, log: { level: ClickHouseLogLevel.OFF } })
  await migrateClickHouse(client, database)
  await client.close()
}

/** Makes the sums of all hours at once, which the exporter does gradually in the background. */
async function rollAll(client: ClickHouseClient): Promise<number> {
  const startedAt = performance.now()
  while ((await rollHours(client, { quietS: 0, hoursMax: 200 })) > 0);
  return (performance.now() - startedAt) / 1000
}

/** Starts measuring the CPU use of other processes. The returned function gives the CPUs they have used since then. */
function busyOthers(engine: number | undefined): () => number {
  const used = (): number => {
    const { user, system } = process.cpuUsage()
    const ofEngine = engine === undefined ? 0 : (readStat(engine)?.cpuSeconds ?? 0)
    return machineBusySeconds() - (user + system) / 1e6 - ofEngine
  }
  const before = used()
  const startedAt = performance.now()
  return () => Math.max(0, ((used() - before) * 1000) / (performance.now() - startedAt))
}

const MERGE_WAIT_MS = 180_000

/** Waits until no merge is running, or until a time limit. */
async function mergesDone(client: ClickHouseClient): Promise<void> {
  const until = performance.now() + MERGE_WAIT_MS
  const merging = async (): Promise<boolean> =>
    (await rowsOf(client, 'SELECT 1 FROM system.merges LIMIT 1')).length > 0
  while (performance.now() < until && (await merging())) await delay(1000)
}

async function countParts(client: ClickHouseClient): Promise<number> {
  const sql =
    "SELECT count() AS n FROM system.parts WHERE active AND table = 'canonical_events' AND database = currentDatabase()"
  const rows = await rowsOf<{ n: string }>(client, sql)
  return Number(rows[0]?.n)
}

async function rowsOf<Row>(client: ClickHouseClient, query: string): Promise<Row[]> {
  return await (await client.query({ query, format: 'JSONEachRow' })).json<Row>()
}

interface Ids {
  readonly trace: string
  readonly user: string
  readonly session: string
  readonly conversation: string
}

type Measured = readonly [name: string, run: (i: number) => Promise<unknown>]

async function measureClickHouse(
  client: ClickHouseClient,
  filled: Filled,
  say: (text: string) => void,
): Promise<QueryTime[]> {
  const ids = await rowsOf<Ids>(
    client,
    `SELECT lower(hex(trace_id)) AS trace, user_id AS user, session_id AS session, conversation_id AS conversation
      FROM canonical_events WHERE tenant_id = '${tenantId}' AND project_id = '${projectId}' AND kind = 'agent'
      ORDER BY cityHash64(trace_id) LIMIT ${REPEATS}`,
  )
  const times: QueryTime[] = []
  for (const [name, run] of [...eventQueries(client, filled, ids), ...sumQueries(client, filled)]) {
    const time = await timed(name, run, REPEATS)
    say(`${name}: p95 ${time.p95.toFixed(1)} ms`)
    times.push(time)
  }
  return times
}

function eventQueries(
  client: ClickHouseClient,
  { toMs }: Filled,
  ids: readonly Ids[],
): readonly Measured[] {
  const list = (filter: object): Promise<unknown> =>
    listEvents(client, scope, { limit: 50, ...filter })
  const of = (i: number): Ids => ids[i % ids.length] as Ids
  const pick = <T>(values: readonly T[], i: number): T => values[i % values.length] as T
  return [
    ['events of a trace', (i) => list({ traceId: of(i).trace })],
    ['events, newest', () => list({})],
    ['events up to a day', (i) => list({ toMs: toMs - (i % 28) * DAY_MS })],
    [
      'events by kind and model',
      (i) =>
        list({
          kind: 'llm',
          model: pick(['gpt-4o', 'claude-haiku-4'], i),
          toMs: toMs - i * HOUR_MS,
        }),
    ],
    ['events with errors', (i) => list({ status: 'error', toMs: toMs - i * HOUR_MS })],
    ['events of a user', (i) => list({ userId: [of(i).user] })],
    ['events of a session', (i) => list({ sessionId: [of(i).session] })],
    ['events of a conversation', (i) => list({ conversationId: of(i).conversation })],
    [
      'events with a word',
      (i) =>
        list({
          text: pick(['kernel', 'orange', 'freight', 'harvest'], i),
          toMs: toMs - i * HOUR_MS,
        }),
    ],
    ['events with a word that is nowhere', (i) => list({ text: `nowhere${i}` })],
  ]
}

function sumQueries(client: ClickHouseClient, { toMs }: Filled): readonly Measured[] {
  const back = (days: number, i: number): { fromMs: number; toMs: number } => {
    // The ends are not on full hours, so the hours at both ends are read from the events.
    const end = toMs - (i % 24) * HOUR_MS - i * 1000
    return { fromMs: end - days * DAY_MS, toMs: end }
  }
  return [
    ['totals, 1 day', (i) => readTotals(client, scope, back(1, i))],
    ['totals, 14 days', (i) => readTotals(client, scope, back(14, i))],
    ['totals, 29 days', (i) => readTotals(client, scope, back(29, i))],
    [
      'costs over 1 day by hour',
      (i) => usageOverTime(client, scope, { ...back(1, i), bucketS: 3600 }),
    ],
    [
      'costs over 29 days by day',
      (i) => usageOverTime(client, scope, { ...back(29, i), bucketS: 86_400 }),
    ],
    [
      'costs of 14 days by model',
      (i) => usageBy(client, scope, { ...back(14, i), by: ['model'], limit: 100 }),
    ],
    [
      'costs of 29 days by provider, model, route',
      (i) =>
        usageBy(client, scope, { ...back(29, i), by: ['provider', 'model', 'route'], limit: 100 }),
    ],
    [
      'totals of 14 days of one environment',
      (i) => readTotals(client, scope, { ...back(14, i), environment: 'prod' }),
    ],
  ]
}

/** Sums by trace like those of the postgres exporter. They are written directly, because only reading is measured. */
async function samplesOf(client: ClickHouseClient): Promise<GroupSample> {
  const count = async (column: string): Promise<number> =>
    Number(
      (
        await rowsOf<{ n: string }>(
          client,
          `SELECT uniqExact(${column}) AS n FROM canonical_events WHERE tenant_id = '${tenantId}' AND project_id = '${projectId}'`,
        )
      )[0]?.n,
    )
  return {
    scope,
    traces: await count('trace_id'),
    conversations: await count('conversation_id'),
    sessions: await count('session_id'),
    users: await count('user_id'),
  }
}

interface ColumnSize {
  readonly name: string
  /** Bytes for each event. */
  readonly compressed: number
  readonly raw: number
}

/** Sizes of columns in wide parts. Small parts keep all columns in one file and do not report single columns. */
async function columnSizes(client: ClickHouseClient): Promise<ColumnSize[]> {
  return await rowsOf<ColumnSize>(
    client,
    `SELECT column AS name, sum(column_data_compressed_bytes) / sum(rows) AS compressed,
        sum(column_data_uncompressed_bytes) / sum(rows) AS raw
      FROM system.parts_columns
      WHERE active AND part_type = 'Wide' AND database = currentDatabase() AND table = 'canonical_events'
      GROUP BY name ORDER BY compressed DESC, name`,
  )
}

/** Bytes on disk with indexes, by table. */
async function tableSizes(client: ClickHouseClient): Promise<[string, number][]> {
  const rows = await rowsOf<{ table: string; bytes: string }>(
    client,
    `SELECT table, sum(bytes_on_disk) AS bytes FROM system.parts
      WHERE active AND database = currentDatabase() GROUP BY table ORDER BY bytes DESC`,
  )
  return rows.map((row) => [row.table, Number(row.bytes)])
}

interface Outcome {
  readonly filled: Filled
  readonly rollSeconds: number
  readonly parts: number
  readonly times: readonly QueryTime[]
  readonly inPostgres: readonly QueryTime[]
  readonly columns: readonly ColumnSize[]
  readonly tables: readonly (readonly [table: string, bytes: number])[]
  /** CPUs used by other processes while ClickHouse was measured. */
  readonly othersCpus: number
}

/** Number of columns listed in the table of sizes; the others are summed in one row. */
const COLUMNS_SHOWN = 16

function resultOf(outcome: Outcome): ScenarioResult {
  const { filled, rollSeconds, parts, times, inPostgres, columns, tables, othersCpus } = outcome
  const perEvent = tables
    .filter(([, bytes]) => bytes > filled.events / 20)
    .map(([table, bytes]) => `${table} ${(bytes / filled.events).toFixed(1)}`)
  return {
    notes: [
      `Other processes used ${othersCpus.toFixed(2)} CPUs while ClickHouse was measured; above 0.15 the times say more about them.`,
      `${filled.events.toLocaleString('en-US')} events of ${filled.traces.toLocaleString('en-US')} traces over ${DAYS} days in ${PLACES.length} projects of ${new Set(PLACES.map((p) => p.tenantId)).size} tenants, made in ${filled.seconds.toFixed(0)} s; asked about is the largest project, two fifths of all.`,
      `Merges had come to rest: ${parts} parts. All hours were added up before (${rollSeconds.toFixed(1)} s in one thread), as the exporter does in the background.`,
      `Varied parameters, ${REPEATS} runs each; the first run is apart. Files are in the page cache of the system: it was not emptied.`,
      `Bytes an event on disk, with indexes: ${perEvent.join(', ')}.`,
    ],
    tables: [
      timeTable('ClickHouse, ms from call to rows', times),
      timeTable('Postgres, ms from call to rows', inPostgres),
      ...(columns.length === 0 ? [] : [sizeTable(columns)]),
    ],
    data: outcome,
  }
}

function sizeTable(columns: readonly ColumnSize[]): ResultTable {
  const shown = columns.slice(0, COLUMNS_SHOWN)
  const others = columns.slice(COLUMNS_SHOWN)
  const sum = (list: readonly ColumnSize[], key: 'compressed' | 'raw'): number =>
    list.reduce((bytes, c) => bytes + c[key], 0)
  const row = (name: string, list: readonly ColumnSize[]): string[] => [
    name,
    sum(list, 'compressed').toFixed(1),
    sum(list, 'raw').toFixed(1),
    ((sum(list, 'compressed') / sum(columns, 'compressed')) * 100).toFixed(1),
  ]
  return {
    title: 'Bytes an event by column, indexes apart',
    columns: ['column', 'compressed', 'before', 'share %'],
    rows: [
      ...shown.map((c) => row(c.name, [c])),
      row(`${others.length} others`, others),
      row('all', columns),
    ],
  }
}

function timeTable(title: string, times: readonly QueryTime[]): ResultTable {
  return {
    title,
    columns: ['query', 'first', 'p50', 'p95', 'max'],
    rows: times.map((t) => [t.name, ...[t.first, t.p50, t.p95, t.max].map((ms) => ms.toFixed(1))]),
  }
}
