// The part of the exporter that runs on the main thread. It sends one insert for each stream of a batch, with a token by
// which ClickHouse recognises a repetition. It starts the embedded engine if configured and runs the migrations.

import type { Agent } from 'node:http'
import { join } from 'node:path'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { Host, SendBatch, Sender } from '../../core/component.ts'
import { isLinkLocalHost } from '../../core/config/config-types.ts'
import type { StoreAddress } from '../../core/config/store-address.ts'
import { codeOf, messageOf, ObservaError } from '../../core/errors.ts'
import { counter, gauge, histogram } from '../../core/metrics.ts'
import type { EncodedPart } from '../../core/task.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import {
  type ClickHouseEngine,
  startClickHouseEngine,
} from '../../storage/clickhouse/engine/engine.ts'
import { migrateClickHouse, quoteName } from '../../storage/migrations/clickhouse.ts'
import { STREAMS } from './columns.ts'
import type { Config } from './config.ts'
import { DAMAGE_METRICS, reportDamagedParts } from './damaged-parts.ts'
import { MEMORY_LIMIT, networkVerdict, SCHEMA_CODES, verdictOf } from './error-verdict.ts'
import { HOURS_ROLLED, Roller } from './hour-rollup.ts'
import { type Destination, makeAgent, type PosterOptions, postRows } from './http.ts'
import { REVISIONS_STREAM, revisionStatements } from './revisions.ts'
import { splitRows } from './split.ts'

const INSERT_SECONDS = 'observa_clickhouse_insert_seconds'
const INSERT_ROWS = 'observa_clickhouse_inserted_rows_total'
const INSERT_ERRORS = 'observa_clickhouse_insert_errors_total'
const ENGINE_RESTARTS = 'observa_clickhouse_engine_restarts'
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export const METRICS = [
  histogram(INSERT_SECONDS, 'Duration of inserts into ClickHouse.', SECONDS, ['stream']),
  counter(INSERT_ROWS, 'Rows inserted into ClickHouse.', ['stream']),
  counter(INSERT_ERRORS, 'Inserts that failed, by code.', ['code']),
  gauge(ENGINE_RESTARTS, 'How often the embedded engine was restarted.'),
  ...DAMAGE_METRICS,
  counter(HOURS_ROLLED, 'Hours of projects of which sums were made.'),
]

/** What exists only after the sender has started. */
interface Connection {
  readonly target: Destination
  readonly client: ClickHouseClient
  readonly poster: PosterOptions
}

export class ClickHouseSender implements Sender {
  readonly #config: Config
  readonly #host: Host
  #engine: ClickHouseEngine | null = null
  #connection: Connection | null = null
  #roller: Roller | null = null
  #isMigrated = false
  #hasMadeStore = false
  /** The restarts of the engine when its parts were looked at. Each start of it may leave some out. */
  #lookedAtRestart = 0

  constructor(config: Config, host: Host) {
    this.#config = config
    this.#host = host
  }

  async start(): Promise<void> {
    if (this.#config.embedded) await this.#startEngine()
    else if (this.#config.tls.insecure_skip_verify)
      this.#host.log.warn('certificates are not verified: anybody on the path can read the data')
    this.#connection = connect(this.#config, this.#engine)
    this.#isMigrated = !this.#config.migrate
    const { target } = this.#connection
    this.#roller = new Roller(this.#host, { target, insertTimeoutMs: this.#config.timeout })
    try {
      await this.#migrate(this.#connection)
    } catch (error) {
      // The embedded engine has already started, so this failure would repeat and stops the start. A remote server may be
      // down for a while; acknowledged rows then wait in the log.
      if (this.#config.embedded || error instanceof ObservaError) throw error
      this.#host.log.warn(
        { reason: reasonOf(error) },
        'ClickHouse is not ready; rows wait in the log',
      )
    }
    // Those who run a server watch it themselves, and one that hangs would delay the start.
    if (this.#config.embedded)
      await reportDamagedParts(this.#connection.client, target.database, this.#host)
  }

  madeStore(): boolean {
    const has = this.#hasMadeStore
    this.#hasMadeStore = false
    return has
  }

  async stop(): Promise<void> {
    const connection = this.#connection
    const engine = this.#engine
    this.#connection = null
    this.#engine = null
    await this.#roller?.stop()
    this.#roller = null
    await connection?.client.close()
    connection?.poster.agent.destroy()
    await engine?.stop()
  }

  storeAddress(): StoreAddress {
    const { target } = this.#running()
    const url = new URL(target.url)
    url.username = encodeURIComponent(target.username)
    url.password = encodeURIComponent(target.password)
    const { reader } = this.#config
    return {
      kind: 'clickhouse',
      url: url.href,
      database: target.database,
      ...(reader === undefined
        ? {}
        : { reader: { username: reader.username, password: reader.password.reveal() } }),
    }
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<SendVerdict> {
    const connection = this.#running()
    try {
      await this.#migrate(connection)
    } catch (error) {
      return this.#failed(migrationVerdict(error))
    }
    this.#lookAfterRestart(connection)
    for (const [stream, parts] of groupByStream(batch.parts)) {
      const verdict =
        stream === REVISIONS_STREAM
          ? await this.#revise(connection, parts, signal)
          : await this.#insert(connection, batch.batchId, stream, parts, signal)
      if (verdict.kind !== 'sent') return this.#failed(verdict)
    }
    return { kind: 'sent' }
  }

  split(part: EncodedPart): EncodedPart[] | null {
    return splitRows(part)
  }

  async #startEngine(): Promise<void> {
    const { dataDir, log, progress, metrics } = this.#host
    const memory = this.#config.memory
    const engine = await startClickHouseEngine({
      dataDir: join(dataDir, 'clickhouse'),
      log,
      progress,
      ...(memory === undefined ? {} : { memoryMaxBytes: memory }),
    })
    this.#engine = engine
    metrics.onCollect(() => metrics.set(ENGINE_RESTARTS, '', engine.restarts()))
  }

  #lookAfterRestart({ client, target }: Connection): void {
    const restarts = this.#engine?.restarts() ?? 0
    if (restarts === this.#lookedAtRestart) return
    this.#lookedAtRestart = restarts
    void reportDamagedParts(client, target.database, this.#host)
  }

  async #migrate({ client, target }: Connection): Promise<void> {
    if (this.#isMigrated) return
    const applied = await migrateClickHouse(client, target.database)
    if (applied.includes(1)) this.#hasMadeStore = true
    if (applied.length > 0) this.#host.log.info({ applied }, 'ClickHouse migrated')
    if (this.#config.ttl !== undefined) await applyTtl(client, target.database, this.#config.ttl)
    this.#isMigrated = true
  }

  /**
   * Sends one insert with all parts of a stream. After a memory limit it is sent again in halves, each with its own token.
   */
  async #insert(
    connection: Connection,
    token: string,
    stream: string,
    parts: readonly EncodedPart[],
    signal: AbortSignal,
  ): Promise<SendVerdict> {
    const layout = STREAMS[stream]
    if (layout === undefined)
      return {
        kind: 'rejected',
        code: 'UNKNOWN_STREAM',
        message: `No table takes the stream ${stream}.`,
      }
    const query = `INSERT INTO ${layout.table} (${layout.columns.map((c) => c.name).join(', ')}) FORMAT RowBinary`
    const startedAt = this.#host.clock.monotonicMs()
    let failure: Awaited<ReturnType<typeof postRows>>
    try {
      const bodies = parts.map((p) => p.bytes)
      failure = await postRows(
        connection.poster,
        { query, token: `${token}-${stream}`, bodies },
        signal,
      )
    } catch (error) {
      return networkVerdict(error)
    }
    this.#host.metrics.observe(
      INSERT_SECONDS,
      '',
      (this.#host.clock.monotonicMs() - startedAt) / 1000,
    )
    if (failure === null) {
      const rows = parts.reduce((sum, p) => sum + p.items, 0)
      this.#host.metrics.add(INSERT_ROWS, `stream="${stream}"`, rows)
      return { kind: 'sent' }
    }
    if (SCHEMA_CODES.has(failure.code)) this.#isMigrated = !this.#config.migrate
    if (failure.code === MEMORY_LIMIT) {
      const halves = inHalves(parts)
      if (halves !== null) {
        for (const [i, half] of halves.entries()) {
          const verdict = await this.#insert(connection, `${token}.${i}`, stream, half, signal)
          if (verdict.kind !== 'sent') return verdict
        }
        return { kind: 'sent' }
      }
    }
    return verdictOf(failure)
  }

  /** Revises existing rows, including rows of the same batch. Repeating it inserts equal rows. */
  async #revise(
    connection: Connection,
    parts: readonly EncodedPart[],
    signal: AbortSignal,
  ): Promise<SendVerdict> {
    for (const query of revisionStatements(parts)) {
      let failure: Awaited<ReturnType<typeof postRows>>
      try {
        failure = await postRows(
          connection.poster,
          { query: null, token: '', bodies: [Buffer.from(query)] },
          signal,
        )
      } catch (error) {
        return networkVerdict(error)
      }
      if (failure === null) continue
      if (SCHEMA_CODES.has(failure.code)) this.#isMigrated = !this.#config.migrate
      return verdictOf(failure)
    }
    const rows = parts.reduce((sum, p) => sum + p.items, 0)
    this.#host.metrics.add(INSERT_ROWS, `stream="${REVISIONS_STREAM}"`, rows)
    return { kind: 'sent' }
  }

  #failed(verdict: SendVerdict): SendVerdict {
    if (verdict.kind !== 'sent') this.#host.metrics.add(INSERT_ERRORS, `code="${verdict.code}"`)
    return verdict
  }

  #running(): Connection {
    if (this.#connection === null) throw new Error('the sender is not started')
    return this.#connection
  }
}

function connect(config: Config, engine: ClickHouseEngine | null): Connection {
  const given = config.url === undefined ? null : new URL(config.url.reveal())
  if (given !== null && !config.allow_link_local) refuseLinkLocal(given.hostname)
  const target: Destination =
    engine === null
      ? {
          url: `${given?.protocol}//${given?.host}`,
          username: config.username ?? (decodeURIComponent(given?.username ?? '') || 'default'),
          password: config.password?.reveal() ?? decodeURIComponent(given?.password ?? ''),
          database: config.database,
        }
      : { ...engine, database: config.database }
  const agent = makeAgent(target.url, {
    connections: config.connections,
    guarded: engine === null && !config.allow_link_local,
    tls: config.tls,
  })
  const client = createClient({
    url: target.url,
    username: target.username,
    password: target.password,
    http_agent: agent as Agent,
    request_timeout: 120_000,
    // The client library would log queries and their parameters.
    log: { level: ClickHouseLogLevel.OFF },
  })
  const poster: PosterOptions = {
    target,
    agent,
    gzip: config.compression === 'gzip',
    timeoutMs: config.timeout,
    settings: config.insert_settings,
  }
  return { target, client, poster }
}

/** Checks only addresses; what a name resolves to is checked at every connection. */
function refuseLinkLocal(host: string): void {
  if (!isLinkLocalHost(host)) return
  throw new ObservaError(
    'OBS_CLICKHOUSE_LINK_LOCAL',
    `The ClickHouse host ${host} is a link-local or cloud metadata address.`,
    'Set allow_link_local: true if it is meant to be.',
  )
}

/** The tables that `ttl` applies to, each with the column from which a row's age is counted. */
const AGING = [
  ['canonical_events', 'received_at'],
  ['signals', 'received_at'],
  ['trace_hours', 'received_at'],
  ['event_hours', 'hour'],
  ['usage_rollup', 'hour'],
  ['usage_by_dimension', 'hour'],
  ['rolled_hours', 'hour'],
] as const

async function applyTtl(client: ClickHouseClient, database: string, ttlMs: number): Promise<void> {
  const hours = Math.ceil(ttlMs / 3_600_000)
  for (const [table, column] of AGING)
    await client.command({
      query: `ALTER TABLE ${quoteName(database)}.${table} MODIFY TTL toDateTime(${column}) + INTERVAL ${hours} HOUR`,
    })
  // Metrics live for 30 days, as their migration says, unless everything lives shorter.
  const metricHours = Math.min(hours, 30 * 24)
  await client.command({
    query: `ALTER TABLE ${quoteName(database)}.metric_points MODIFY TTL toDateTime(received_at) + INTERVAL ${metricHours} HOUR`,
  })
}

function groupByStream(parts: readonly EncodedPart[]): ReadonlyMap<string, EncodedPart[]> {
  const groups = new Map<string, EncodedPart[]>()
  for (const part of parts) {
    const group = groups.get(part.stream)
    if (group === undefined) groups.set(part.stream, [part])
    else group.push(part)
  }
  // Revisions come after the inserts, because they may concern rows of this batch.
  const revisions = groups.get(REVISIONS_STREAM)
  if (revisions === undefined) return groups
  groups.delete(REVISIONS_STREAM)
  return groups.set(REVISIONS_STREAM, revisions)
}

/** The rows in two halves; null for a single row. */
function inHalves(parts: readonly EncodedPart[]): readonly EncodedPart[][] | null {
  if (parts.length > 1) {
    const middle = parts.length >> 1
    return [parts.slice(0, middle), parts.slice(middle)]
  }
  const cut = parts[0] === undefined ? null : splitRows(parts[0])
  return cut === null ? null : cut.map((part) => [part])
}

function migrationVerdict(error: unknown): SendVerdict {
  if (error instanceof ObservaError)
    return { kind: 'retry', code: error.code, message: error.message, afterMs: 30_000 }
  const code = codeOf(error) ?? 'NETWORK'
  return {
    kind: 'retry',
    code,
    message: `ClickHouse is not ready (${reasonOf(error)}).`,
    afterMs: 5000,
  }
}

/** Error code and name. The message is left out, because it may quote a query. */
function reasonOf(error: unknown): string {
  const { code, type } = error as { code?: string; type?: string }
  return [code, type].filter((x) => x !== undefined).join(' ') || messageOf(error).slice(0, 100)
}
