// The part of the exporter that runs on the main thread: one transaction for each batch, which also stores the cursor. A
// batch that is sent again is recognised by the cursor and adds nothing, even if the response to the first COMMIT was lost.

import { join } from 'node:path'
import type { Host, SendBatch, Sender } from '../../core/component.ts'
import type { StoreAddress } from '../../core/config/store-address.ts'
import { ObservaError } from '../../core/errors.ts'
import { counter, histogram } from '../../core/metrics.ts'
import type { EncodedPart } from '../../core/task.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import { migratePostgres } from '../../storage/migrations/postgres.ts'
import { errorCodeOf, type Statements, sqlStateOf } from '../../storage/postgres/connection.ts'
import { type PostgresEngine, startPostgresEngine } from '../../storage/postgres/engine/engine.ts'
import { refuseLinkLocal } from '../../storage/postgres/guarded-socket.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import type { Config } from './config.ts'
import { type EventKey, FORGET_EVENTS, type RevisedRow } from './counted-events.ts'
import { isSchemaError, verdictOf } from './error-verdict.ts'
import type { FactDocument, SignalRow } from './fact-document.ts'
import { assertOwnId, COPIED, CursorOwner, type CursorRow, instanceId } from './identity.ts'
import { Rollup } from './rollup.ts'
import {
  BEGIN_BATCH,
  claimStatements,
  dropStatements,
  issueStatements,
  LAST_SEQUENCE,
  LOCK_CURSOR,
  LOCK_PLACES,
  MOVE_CURSOR,
  READ_CURSOR,
  READ_TRACES,
  readRevisedStatements,
  refreshStatements,
  revisedStatements,
  type StoredSignal,
  signalStatements,
  statementsFor,
} from './statements.ts'
import type { TraceRow } from './trace-state.ts'

const SECONDS = 'observa_postgres_transaction_seconds'
const REPEATED = 'observa_postgres_batches_repeated_total'
const ERRORS = 'observa_postgres_errors_total'
/** Most rows of old days that a batch deletes, besides two for each event that it looks up. */
const FORGOTTEN_MIN = 1000
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export const METRICS = [
  histogram(SECONDS, 'Duration of transactions in Postgres.', BUCKETS),
  counter(REPEATED, 'Batches that were sent again although they were stored already.'),
  counter(ERRORS, 'Transactions that failed, by SQLSTATE or system code.', ['code']),
]

export class PostgresSender implements Sender {
  readonly #config: Config
  readonly #host: Host
  readonly #cursor: string
  readonly #id: string
  readonly #owner: CursorOwner
  #engine: PostgresEngine | null = null
  #url = ''
  #pool: PostgresPool | null = null
  #isMigrated = false
  #hasMadeStore = false
  #isCopyTold = false

  constructor(config: Config, host: Host) {
    this.#config = config
    this.#host = host
    const id = instanceId(host.dataDir)
    this.#cursor = `${id}/${host.id}`
    this.#id = id
    this.#owner = new CursorOwner(host.dataDir, id)
  }

  async start(): Promise<void> {
    const { dataDir, log, progress } = this.#host
    assertOwnId(dataDir, this.#id)
    if (this.#config.embedded) {
      const port = this.#config.port === undefined ? {} : { port: this.#config.port }
      this.#engine = await startPostgresEngine({
        dataDir: join(dataDir, 'postgres'),
        log,
        progress,
        ...port,
      })
    }
    this.#url = this.#engine?.url ?? this.#config.url?.reveal() ?? ''
    const isGuarded = this.#engine === null && !this.#config.allow_link_local
    if (isGuarded) await refuseLinkLocal(this.#url)
    this.#pool = new PostgresPool({
      url: this.#url,
      // One connection for the transaction and one for reading the cursor.
      max: 2,
      connectTimeoutMs: this.#config.connect_timeout,
      statementTimeoutMs: this.#config.statement_timeout,
      applicationName: `observa/${this.#host.id}`,
      isGuarded,
    })
    this.#isMigrated = !this.#config.migrate
    try {
      await this.#migrate(this.#pool)
    } catch (error) {
      // The embedded server has already started, so this failure would repeat and stops the start. A remote server may be
      // down for a while.
      if (this.#config.embedded || error instanceof ObservaError) throw error
      log.warn({ code: errorCodeOf(error) }, 'Postgres is not ready; rows wait in the log')
    }
  }

  async stop(): Promise<void> {
    const pool = this.#pool
    const engine = this.#engine
    this.#pool = null
    this.#engine = null
    await pool?.end()
    await engine?.stop()
  }

  storeAddress(): StoreAddress {
    const database = decodeURIComponent(new URL(this.#url).pathname.slice(1)) || 'observa'
    return { kind: 'postgres', url: this.#url, database }
  }

  madeStore(): boolean {
    const has = this.#hasMadeStore
    this.#hasMadeStore = false
    return has
  }

  async committedSequence(): Promise<bigint | null> {
    const pool = this.#running()
    await this.#migrate(pool)
    const found = await withRole(pool, 'observa_exporter', async (client) => {
      // A transaction of this instance from before it was killed may still be committing.
      await client.query(LOCK_CURSOR, [this.#cursor])
      return await client.query<CursorRow>(LAST_SEQUENCE, [this.#cursor])
    })
    const row = found.rows[0]
    this.#owner.found(row ?? null)
    return row === undefined ? null : BigInt(row.last_sequence)
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<SendVerdict> {
    const content = contentOf(this.#cursor, batch.parts)
    if (content === null)
      return this.#failed({
        kind: 'rejected',
        code: 'NOT_JSON',
        message: 'A part is not a valid document of this exporter.',
      })
    const startedAt = this.#host.clock.monotonicMs()
    try {
      signal.throwIfAborted()
      const pool = this.#running()
      await this.#migrate(pool)
      const cursor = await pool.transaction((client) => this.#store(client, batch, content), {
        signal,
      })
      this.#owner.stored(cursor)
    } catch (error) {
      if (error instanceof ObservaError && error.code === COPIED) this.#tellCopied(error)
      const code = sqlStateOf(error)
      if (code !== null && isSchemaError(code)) this.#isMigrated = !this.#config.migrate
      return this.#failed(verdictOf(error))
    }
    this.#host.metrics.observe(SECONDS, '', (this.#host.clock.monotonicMs() - startedAt) / 1000)
    return { kind: 'sent' }
  }

  /** Stores the rows of the batch and the cursor in one transaction. */
  async #store(client: Statements, batch: SendBatch, content: Content): Promise<CursorRow> {
    await client.query(BEGIN_BATCH, [this.#cursor])
    const found = await client.query<CursorRow>(READ_CURSOR, [this.#cursor])
    const row = found.rows[0] ?? null
    this.#owner.assertOurs(row, batch.batchId)
    if (row !== null && BigInt(row.last_sequence) >= batch.lastSequence) {
      this.#host.metrics.add(REPEATED, '')
      return row
    }
    await store(client, content)
    const last = batch.lastSequence.toString()
    await client.query(MOVE_CURSOR, [this.#cursor, last, batch.batchId])
    return { last_sequence: last, batch_id: batch.batchId }
  }

  #tellCopied({ code, message, hint }: ObservaError): void {
    if (this.#isCopyTold) return
    this.#isCopyTold = true
    this.#host.log.error({ code }, `${message} Nothing is stored until then. ${hint}`)
  }

  async #migrate(pool: PostgresPool): Promise<void> {
    if (this.#isMigrated) return
    const applied = await migratePostgres(pool)
    if (applied.includes(1)) this.#hasMadeStore = true
    if (applied.length > 0) this.#host.log.info({ applied }, 'Postgres migrated')
    this.#isMigrated = true
  }

  #failed(verdict: SendVerdict): SendVerdict {
    if (verdict.kind !== 'sent') this.#host.metrics.add(ERRORS, `code="${verdict.code}"`)
    return verdict
  }

  #running(): PostgresPool {
    if (this.#pool === null) throw new Error('the sender is not started')
    return this.#pool
  }
}

/** The content of the batch's parts. */
interface Content {
  readonly rollup: Rollup
  readonly signals: readonly SignalRow[]
}

/** Null when a part is not a valid document and so cannot come from this exporter's encoder. */
function contentOf(cursor: string, parts: readonly EncodedPart[]): Content | null {
  const rollup = new Rollup(cursor)
  const signals = new Map<string, SignalRow>()
  try {
    for (const part of parts) {
      const { buffer, byteOffset, length } = part.bytes
      const text = Buffer.from(buffer, byteOffset, length).toString('utf8')
      // The type is right: `encode.ts` wrote the document, and a checksum has protected it since.
      const document = JSON.parse(text) as FactDocument
      rollup.incoming.add(document)
      for (const signal of document.signals) signals.set(signalKey(signal), signal)
    }
  } catch {
    return null
  }
  return { rollup, signals: [...signals.values()] }
}

const signalKey = (signal: Pick<SignalRow, 'tenant' | 'project' | 'id'>): string =>
  `${signal.tenant}\n${signal.project}\n${signal.id}`

/** Stores signals and what they mean for issues. Returns the signals that are new. */
async function storeSignals(
  client: Statements,
  signals: readonly SignalRow[],
): Promise<readonly SignalRow[]> {
  const stored = new Map<string, StoredSignal>()
  for (const statement of signalStatements(signals)) {
    const done = await client.query<StoredSignal>(statement)
    for (const row of done.rows) stored.set(signalKey(row), row)
  }
  const fresh = signals.filter((signal) => stored.get(signalKey(signal))?.isNew === true)
  for (const statement of issueStatements(fresh)) await client.query(statement)
  const changed = [...stored.values()].filter((row) => !row.isNew && row.fingerprint !== null)
  for (const statement of refreshStatements(changed)) await client.query(statement)
  return fresh
}

/**
 * Claims the events that only `counted_events` can tell apart, and reads what is known about revised ones. Most batches have
 * neither and send no statement.
 */
async function readCounted(client: Statements, rollup: Rollup): Promise<void> {
  const unsure = rollup.unsure()
  for (const statement of claimStatements(unsure))
    rollup.counted.claim((await client.query<EventKey>(statement)).rows)
  if (unsure.length > 0) await client.query(FORGET_EVENTS, [FORGOTTEN_MIN + 2 * unsure.length])
  for (const statement of readRevisedStatements(rollup.revised()))
    rollup.counted.load((await client.query<RevisedRow>(statement)).rows)
}

/** Runs the statements of one batch, inside the transaction that moves the cursor. */
async function store(client: Statements, { rollup, signals }: Content): Promise<void> {
  await client.query(LOCK_PLACES, [rollup.incoming.places()])
  rollup.incoming.addSignals(await storeSignals(client, signals))
  const stored = await client.query<TraceRow>({
    name: 'observa_read_traces_2',
    text: READ_TRACES,
    values: [...rollup.incoming.traceKeys()],
  })
  rollup.load(stored.rows)
  await readCounted(client, rollup)
  const changes = rollup.changes()
  for (const statement of statementsFor(changes)) await client.query(statement)
  for (const statement of revisedStatements(rollup.counted.changes())) await client.query(statement)
  for (const statement of dropStatements(changes.left)) await client.query(statement)
}
