// The API's connections to the stores that the exporters fill, made on first use. The API only reads telemetry. If a
// store is missing, its routes answer 503 with the reason.

import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { Clock } from '../core/clock.ts'
import type { ServiceView } from '../core/component.ts'
import type { StoreAddress } from '../core/config/store-address.ts'
import { messageOf } from '../core/errors.ts'
import type { IdField, StoredIds } from '../core/identity/stored-ids.ts'
import type { TenantContext } from '../core/tenant.ts'
import { readingAsTenant } from '../storage/clickhouse/tenant-reader.ts'
import { PostgresPool } from '../storage/postgres/pool.ts'
import { shareHours } from '../storage/queries/hours/project-hours.ts'
import { SharedReads } from '../storage/shared-reads.ts'
import { ApiError } from './app.ts'

export interface StoreCheck {
  readonly ok: boolean
  readonly detail: string
}

export interface StoreChecks {
  check(): Promise<Readonly<Record<string, StoreCheck>>>
}

const CHECK_CACHE_MS = 1000
const CHECK_TIMEOUT_MS = 2000
/** The known hours of a project are read at most once a second. */
const HOURS_AGE_MS_MAX = 1000
const HOURS_PROJECTS_MAX = 200

/** How much longer than a statement may run its response is waited for. */
const ANSWER_MS = 10_000

/** Limits of a statement. */
export interface QueryLimits {
  /** Milliseconds, in both stores. */
  readonly timeout: number
  /** In ClickHouse only, which stops a statement while it reads. */
  readonly max_rows_read: number
  /** Uncompressed. */
  readonly max_bytes_read: number
}

/** Those of the default configuration. */
const QUERY_LIMITS: QueryLimits = {
  timeout: 20_000,
  max_rows_read: 2_000_000_000,
  max_bytes_read: 64 * 1024 ** 3,
}

/** For reads that requests may share. Without it every request reads for itself. */
export interface Sharing {
  readonly clock: Clock
  /** Changes whenever this instance has stored something. */
  readonly revision: () => number
}

export class Stores implements StoreChecks {
  readonly #service: ServiceView
  readonly #limits: QueryLimits
  readonly #sharing: Sharing | null
  #clickhouse: ClickHouseClient | null = null
  #pool: PostgresPool | null = null
  #checked: {
    readonly atMs: number
    readonly result: Readonly<Record<string, StoreCheck>>
  } | null = null

  constructor(service: ServiceView, sharing?: Sharing, limits: QueryLimits = QUERY_LIMITS) {
    this.#service = service
    this.#limits = limits
    this.#sharing = sharing ?? null
  }

  get storedIds(): StoredIds {
    return this.#service.storedIds
  }

  /** The stored forms of an id from a request. Undefined when the request has none. */
  idForms(tenant: TenantContext, field: IdField, plain: string): readonly string[]
  idForms(
    tenant: TenantContext,
    field: IdField,
    plain: string | undefined,
  ): readonly string[] | undefined
  idForms(
    { tenantId }: TenantContext,
    field: IdField,
    plain: string | undefined,
  ): readonly string[] | undefined {
    return plain === undefined ? undefined : this.#service.storedIds.of(tenantId, field, plain)
  }

  get clickhouse(): ClickHouseClient {
    const address = this.#service.stores.clickhouse
    if (address === null) throw missing('ClickHouse')
    this.#clickhouse ??= this.#connect(address)
    return this.#clickhouse
  }

  #connect(address: StoreAddress): ClickHouseClient {
    const { reader } = address
    const { timeout, max_rows_read, max_bytes_read } = this.#limits
    const made = createClient({
      url: reader === undefined ? address.url : withoutLogin(address.url),
      database: address.database,
      ...loginOf(reader ?? address),
      request_timeout: timeout + ANSWER_MS,
      max_open_connections: 16,
      compression: { response: false, request: false },
      // By default the client prints connection details of every failure to the terminal.
      log: { level: ClickHouseLogLevel.OFF },
      clickhouse_settings: {
        max_execution_time: Math.ceil(timeout / 1000),
        max_rows_to_read: String(max_rows_read),
        max_bytes_to_read: String(max_bytes_read),
      },
    })
    const client = reader === undefined ? made : readingAsTenant(made)
    const sharing = this.#sharing
    if (sharing !== null)
      shareHours(
        client,
        new SharedReads({
          ageMsMax: HOURS_AGE_MS_MAX,
          entriesMax: HOURS_PROJECTS_MAX,
          nowMs: () => sharing.clock.monotonicMs(),
          revision: sharing.revision,
        }),
      )
    return client
  }

  get postgres(): PostgresPool {
    const address = this.#service.stores.postgres
    if (address === null) throw missing('Postgres')
    this.#pool ??= new PostgresPool({
      url: address.url,
      statementTimeoutMs: this.#limits.timeout,
      applicationName: 'observa/api',
    })
    return this.#pool
  }

  async check(): Promise<Readonly<Record<string, StoreCheck>>> {
    const now = performance.now()
    if (this.#checked !== null && now - this.#checked.atMs < CHECK_CACHE_MS)
      return this.#checked.result
    const result: Record<string, StoreCheck> = {}
    if (this.#service.stores.clickhouse !== null)
      result['clickhouse'] = await probe(async () => {
        const pinged = await this.clickhouse.ping()
        if (!pinged.success) throw pinged.error
      })
    if (this.#service.stores.postgres !== null)
      result['postgres'] = await probe(async () => void (await this.postgres.query('SELECT 1')))
    this.#checked = { atMs: now, result }
    return result
  }

  async close(): Promise<void> {
    await this.#clickhouse?.close()
    await this.#pool?.end()
    this.#clickhouse = null
    this.#pool = null
  }
}

function loginOf({
  username,
  password,
}: {
  readonly username?: string
  readonly password?: string
}): { readonly username?: string; readonly password?: string } {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  }
}

/** The client takes a login of the URL before the one that it is given. */
function withoutLogin(text: string): string {
  const url = new URL(text)
  url.username = ''
  url.password = ''
  return url.href
}

function missing(store: string): ApiError {
  const message = `this instance has no ${store} exporter to read from`
  return new ApiError(503, 'STORE_NOT_CONFIGURED', message)
}

async function probe(work: () => Promise<void>): Promise<StoreCheck> {
  const startedAt = performance.now()
  const late = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new Error(`no answer in ${CHECK_TIMEOUT_MS} ms`)),
      CHECK_TIMEOUT_MS,
    ).unref()
  })
  try {
    await Promise.race([work(), late])
    return { ok: true, detail: `${Math.round(performance.now() - startedAt)} ms` }
  } catch (thrown) {
    return { ok: false, detail: messageOf(thrown).slice(0, 200) }
  }
}
