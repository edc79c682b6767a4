// The default exporters with many live sessions: what a span costs in each process when its trace changes the rows of a
// conversation, a session and a user, whether Postgres keeps up, and how its tables grow. The traffic has a new seed in each run.

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withConnection } from '../../storage/postgres/connection.ts'
import { runningPostgresUrl } from '../../storage/postgres/engine/engine.ts'
import { writeBodies } from '../load/bodies.ts'
import { OUT_DIRECTORY } from '../load/build.ts'
import { type Bench, type LoadShape, type Measurement, openBench } from '../measure.ts'
import type { ResultTable, ScenarioResult } from '../results.ts'
import {
  type Context,
  measurementTable,
  median,
  noiseNotes,
  type Scenario,
  sayMeasurement,
  spread,
  withoutSeries,
} from '../scenario.ts'
import { sumMetric } from '../subject.ts'
import { chooseSubjects } from '../subjects.ts'

/** Conversations, sessions and users, so many of each. */
const OWNERS = 100_000
/** The load lasts longer than in other scenarios, because dead rows show late. */
const LENGTH = 5
const LAG_INTERVAL_MS = 1000
/** Autovacuum and the counters of the server's statistics come a moment later than the rows. */
const SETTLE_MS = 1500

interface TableState {
  readonly name: string
  readonly updates: number
  readonly hot: number
  readonly dead: number
  readonly seqScans: number
  readonly tableBytes: number
  readonly indexBytes: number
}

interface Sample {
  readonly measurement: Measurement
  readonly before: readonly TableState[]
  readonly after: readonly TableState[]
  /** Accepted items that the postgres exporter had not stored, once a second. */
  readonly queued: readonly number[]
}

export const sessions: Scenario = {
  name: 'sessions',
  title: 'the default exporters with 100,000 live sessions, conversations and users',
  async run(context): Promise<ScenarioResult> {
    const { options } = context
    const subjects = chooseSubjects(options.subjects, ['observa-embedded', 'observa-postgres'])
    const all: Sample[] = []
    for (let round = 1; round <= options.rounds; round++)
      for (const subject of subjects) {
        context.say(`round ${round} of ${options.rounds}: ${subject.name}, seed ${options.seed}`)
        // Traces of one span name every owner once, so that all rows exist before the measurement.
        const bench = await openBench(subject, options.layout, everyOwner(context))
        try {
          all.push(await measureOne(context, bench))
        } finally {
          await bench.stop()
        }
      }
    const measurements = all.map((s) => s.measurement)
    return {
      notes: [
        ...noiseNotes(measurements),
        ...subjects.map((subject) => `${subject.name}: ${subject.describe}.`),
        `Seed of the traffic: ${options.seed}. Every trace (3 to 12 spans) belongs to one of ${OWNERS.toLocaleString('en-US')} conversations, sessions and users, ids are new in each copy, and times are those of sending.`,
      ],
      tables: [
        measurementTable('Pipeline and stores on the same CPUs', measurements),
        partsTable(all),
        tablesTable(all),
      ],
      data: all.map(({ measurement, ...rest }) => ({
        ...rest,
        ...(withoutSeries([measurement])[0] as object),
      })),
    }
  },
}

function shapeOf({ options }: Context, name: string, spansPerTrace?: number): LoadShape {
  const directory = writeBodies(join(OUT_DIRECTORY, name), 'protobuf', {
    seed: options.seed,
    requests: options.requests,
    spansPerRequest: options.spansPerRequest,
    owners: OWNERS,
    ...(spansPerTrace === undefined ? {} : { spansPerTrace }),
  })
  return {
    form: 'protobuf',
    directory,
    seconds: options.seconds * LENGTH,
    connections: options.connections,
    retry: true,
  }
}

function everyOwner(context: Context): LoadShape {
  const requests = Math.ceil(OWNERS / context.options.spansPerRequest)
  return { ...shapeOf(context, 'owners', 1), requests, seconds: 60 }
}

async function measureOne(context: Context, bench: Bench): Promise<Sample> {
  const { running } = bench
  const tables = async (): Promise<readonly TableState[]> => tablesOf(running.dataDir ?? '')
  const before = await tables()
  const queued: number[] = []
  const done = new AbortController()
  const watch = (async () => {
    while (!done.signal.aborted) {
      queued.push(queuedIn(await running.metrics()))
      await sleep(LAG_INTERVAL_MS, undefined, { signal: done.signal }).catch(() => {})
    }
  })()
  const measurement = await bench.measure(shapeOf(context, 'sessions')).finally(() => done.abort())
  await watch
  sayMeasurement(context, measurement)
  await sleep(SETTLE_MS)
  return { measurement, before, after: await tables(), queued }
}

function queuedIn(metrics: string): number {
  const lines = metrics.split('\n').filter((line) => line.includes('exporter="postgres"'))
  return sumMetric(lines.join('\n'), 'observa_exporter_queue_items') ?? 0
}

async function tablesOf(dataDir: string): Promise<readonly TableState[]> {
  const url = await runningPostgresUrl(join(dataDir, 'postgres'))
  if (url === null) throw new Error('the subject has no embedded Postgres')
  // Partitions are shown as the table that they belong to.
  const sql = `
    SELECT coalesce(i.inhparent::regclass::text, relname) AS name, sum(n_tup_upd)::float8 AS updates, sum(n_tup_hot_upd)::float8 AS hot,
      sum(n_dead_tup)::float8 AS dead, sum(seq_scan)::float8 AS "seqScans", sum(pg_table_size(s.relid))::float8 AS "tableBytes",
      sum(pg_indexes_size(s.relid))::float8 AS "indexBytes"
    FROM pg_stat_user_tables s LEFT JOIN pg_inherits i ON i.inhrelid = s.relid
    WHERE schemaname = 'public' GROUP BY 1 ORDER BY 1`
  return await withConnection({ connectionString: url }, async (client) => {
    return (await client.query<TableState>(sql)).rows
  })
}

function partsTable(all: readonly Sample[]): ResultTable {
  const groups = Map.groupBy(all, (s) => s.measurement.subject)
  const rows = [...groups].map(([subject, samples]) => {
    const cost = (of: (m: Measurement) => number): string =>
      spread(
        samples.map((s) => of(s.measurement)),
        1,
      )
    const changed = samples.map((s) => sumOf(s, (t) => t.updates))
    const hot = samples.map((s, i) => (100 * sumOf(s, (t) => t.hot)) / Math.max(1, changed[i] ?? 0))
    const dead = samples.map((s) => s.after.reduce((n, t) => n + t.dead, 0))
    const lag = samples.map((s) => Math.max(...s.queued))
    const whole = (values: readonly number[]): string =>
      Math.round(median(values)).toLocaleString('en-US')
    return [
      subject,
      cost((m) => m.cpuUsPerSpanBy.own),
      cost((m) => m.cpuUsPerSpanBy.postgres),
      cost((m) => m.cpuUsPerSpanBy.others),
      whole(changed),
      spread(hot, 0),
      whole(dead),
      whole(lag),
      whole(samples.map((s) => endOf(s.queued))),
    ]
  })
  // biome-ignore format: a table
  const columns = ['subject', 'collector µs/span', 'Postgres µs/span', 'ClickHouse µs/span', 'rows updated', 'HOT %', 'dead rows', 'most queued', 'queued at the end of the load']
  return { title: 'Where the CPU time goes, and how Postgres keeps up', columns, rows }
}

/** What is added up of the change from before to after. */
function sumOf({ before, after }: Sample, of: (t: TableState) => number): number {
  const sum = (tables: readonly TableState[]): number => tables.reduce((n, t) => n + of(t), 0)
  return sum(after) - sum(before)
}

/** The last sample in which anything was queued. The load ends before the queue does. */
function endOf(queued: readonly number[]): number {
  return queued.findLast((n) => n > 0) ?? 0
}

const SHOWN = ['trace_summaries', 'conversations', 'sessions', 'end_users', 'usage_daily', 'signals', 'issues', 'counted_events', 'exporter_cursor'] // biome-ignore format: a list

/** The tables after the first subject's measurements: median of the rounds. */
function tablesTable(all: readonly Sample[]): ResultTable {
  const first = all[0]?.measurement.subject
  const samples = all.filter((s) => s.measurement.subject === first)
  const rows = SHOWN.map((name) => {
    const change = (of: (t: TableState) => number): number =>
      median(samples.map((s) => of(find(s.after, name)) - of(find(s.before, name))))
    const mb = (bytes: number): string => (bytes / 1e6).toFixed(1)
    const updates = change((t) => t.updates)
    return [
      name,
      updates.toLocaleString('en-US'),
      updates === 0 ? '' : ((100 * change((t) => t.hot)) / updates).toFixed(0),
      median(samples.map((s) => find(s.after, name).dead)).toLocaleString('en-US'),
      change((t) => t.seqScans).toLocaleString('en-US'),
      mb(change((t) => t.tableBytes)),
      mb(median(samples.map((s) => find(s.after, name).tableBytes))),
      mb(change((t) => t.indexBytes)),
      mb(median(samples.map((s) => find(s.after, name).indexBytes))),
    ]
  })
  // biome-ignore format: a table
  const columns = ['table', 'rows updated', 'HOT %', 'dead rows after', 'sequential scans', 'table grew MB', 'table MB', 'indexes grew MB', 'indexes MB']
  return { title: `Tables of Postgres, ${first}`, columns, rows }
}

const NONE: Omit<TableState, 'name'> = {
  updates: 0,
  hot: 0,
  dead: 0,
  seqScans: 0,
  tableBytes: 0,
  indexBytes: 0,
}

function find(tables: readonly TableState[], name: string): TableState {
  return tables.find((t) => t.name === name) ?? { name, ...NONE }
}
