// `observa migrate`: brings the schemas of the configured stores up to date, by starting their exporters. With `--check` it only says
// what is missing.

import { createClient } from '@clickhouse/client'
import { systemClock } from '../../../core/clock.ts'
import type { Sender } from '../../../core/component.ts'
import type { StoreAddress } from '../../../core/config/store-address.ts'
import { ObservaError } from '../../../core/errors.ts'
import { Metrics } from '../../../core/metrics.ts'
import { pendingInClickHouse } from '../../../storage/migrations/clickhouse.ts'
import type { Migration } from '../../../storage/migrations/files.ts'
import { pendingInPostgres } from '../../../storage/migrations/postgres.ts'
import { PostgresPool } from '../../../storage/postgres/pool.ts'
import { openDataDir } from '../../service/data-dir.ts'
import { makeLogger } from '../../service/logger.ts'
import { CONFIG_OPTIONS, parseOptions } from '../args.ts'
import type { Io } from '../io.ts'
import { loadOrExplain } from '../load.ts'

const STORES = new Set(['clickhouse', 'postgres'])
const START_MS = 120_000
/** The exit code of `--check` when a start or `migrate` would change a schema. */
const PENDING = 2

export async function migrate(args: readonly string[], io: Io): Promise<number> {
  const values = parseOptions('migrate', args, { ...CONFIG_OPTIONS, check: { type: 'boolean' } })
  const config = await loadOrExplain(values, io, false, true)
  if (config === null) return 1
  const log = makeLogger(config.telemetry.logs)
  const dataDir = await openDataDir(config.data_dir)
  let stores = 0
  let code = 0
  for (const [id, { factory, config: own }] of config.exporters) {
    if (!STORES.has(factory.type)) continue
    const host = {
      id,
      log,
      metrics: new Metrics(),
      clock: systemClock,
      random: Math.random,
      dataDir,
      progress: (text: string) => io.err(`  ${text}\n`),
    }
    // What this command is to do is not what the exporter does at a start.
    const wanted = { ...(own as object), migrate: values.check !== true }
    const sender = await factory.createSender(wanted, host)
    try {
      await sender.start(AbortSignal.timeout(START_MS))
      if (values.check === true) code = worse(code, await check(id, sender, io))
      else io.out(`${id}: schema is up to date\n`)
    } finally {
      await sender.stop()
    }
    stores++
  }
  if (stores === 0) io.err('the configuration names no clickhouse or postgres exporter\n')
  return stores === 0 ? 1 : code
}

/** An error says more than what is pending. */
const worse = (a: number, b: number): number => (a === 1 || b === 1 ? 1 : Math.max(a, b))

async function check(id: string, sender: Sender, io: Io): Promise<number> {
  const address = sender.storeAddress?.()
  if (address === undefined) return 0
  let missing: readonly Migration[]
  try {
    missing = await pendingIn(address)
  } catch (thrown) {
    if (!(thrown instanceof ObservaError)) throw thrown
    io.err(`${id}: ${thrown.code}: ${thrown.message} ${thrown.hint}\n`)
    return 1
  }
  const names = missing.map(({ version, name }) => `${version} (${name})`)
  const state = names.length === 0 ? 'schema is up to date' : `to be applied: ${names.join(', ')}`
  io.out(`${id}: ${state}\n`)
  return names.length === 0 ? 0 : PENDING
}

async function pendingIn({
  kind,
  url,
  database,
  ...login
}: StoreAddress): Promise<readonly Migration[]> {
  if (kind === 'postgres') {
    const pool = new PostgresPool({ url, max: 1, applicationName: 'observa/cli' })
    try {
      return await pendingInPostgres(pool)
    } finally {
      await pool.end()
    }
  }
  const client = createClient({ url, ...login })
  try {
    return await pendingInClickHouse(client, database)
  } finally {
    await client.close()
  }
}
