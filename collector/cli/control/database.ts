// Connects a command to the database of the control plane: the Postgres of the configuration (embedded or a server),
// or the one that `--database` names. Every command works in the database role of the control plane and writes to the
// audit log.

import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import type { Change } from '../../../accounts/audited-change.ts'
import { ControlError } from '../../../accounts/control-error.ts'
import type { ObservaConfig } from '../../../config/root.ts'
import { systemClock } from '../../../core/clock.ts'
import { Secret } from '../../../core/config/config-types.ts'
import { ObservaError } from '../../../core/errors.ts'
import type { StoredIds } from '../../../core/identity/stored-ids.ts'
import { Metrics } from '../../../core/metrics.ts'
import { migratePostgres } from '../../../storage/migrations/postgres.ts'
import { PostgresUnavailableError, type Statements } from '../../../storage/postgres/connection.ts'
import { runningPostgresUrl } from '../../../storage/postgres/engine/engine.ts'
import { PostgresPool } from '../../../storage/postgres/pool.ts'
import { withRole } from '../../../storage/postgres/roles.ts'
import { notificationSettingsOf } from '../../jobs/notification-settings.ts'
import { keysConfigOf } from '../../service/authenticators.ts'
import { openDataDir } from '../../service/data-dir.ts'
import { makeLogger } from '../../service/logger.ts'
import { knownPseudonymKeys, secretsOfOneRun } from '../../service/pseudonym-keys.ts'
import { configuredKey, storedIdsIn } from '../../service/secrets.ts'
import { CONFIG_OPTIONS } from '../args.ts'
import type { Io } from '../io.ts'
import { loadOrExplain } from '../load.ts'

export const CONTROL_OPTIONS = {
  ...CONFIG_OPTIONS,
  database: { type: 'string' },
  tenant: { type: 'string', default: 'default' },
  json: { type: 'boolean' },
  limit: { type: 'string', default: '100' },
} as const

export interface ControlValues {
  readonly config?: readonly string[] | undefined
  readonly set?: readonly string[] | undefined
  readonly database?: string | undefined
  readonly tenant?: string | undefined
  readonly json?: boolean | undefined
  readonly limit?: string | undefined
}

export interface ControlSession {
  readonly client: Statements
  /** The pepper of the configuration's keys extension, else OBSERVA_KEY_PEPPER, else null. */
  readonly pepper: Secret | null
  /** Where people open the console; null where the configuration does not say. */
  readonly externalUrl: string | null
  /** A change in the given tenant, or in that of `--tenant`. */
  change(tenantId?: string): Change
  /** What plain ids are stored as by the instances of the configuration. */
  storedIds(): Promise<StoredIds>
}

/**
 * Runs `work` in one transaction and returns the exit code. An error is printed as a sentence and becomes exit code
 * 1.
 */
export async function withControl(
  command: string,
  values: ControlValues,
  io: Io,
  work: (session: ControlSession) => Promise<void>,
): Promise<number> {
  const config = await loadOrExplain(values, io, true)
  if (config === null) return 1
  const reached = await reach(config, values, io)
  const pool = new PostgresPool({ url: reached.url, max: 1, applicationName: 'observa/cli' })
  try {
    await migratePostgres(pool)
    await withRole(pool, 'observa_control', (client) =>
      work(sessionOf(client, config, values, io, reached.url)),
    )
    return 0
  } catch (thrown) {
    const line = explain(thrown)
    if (line === null) throw thrown
    io.err(`${command}: ${line}\n`)
    return 1
  } finally {
    await pool.end()
    await reached.close()
  }
}

/** Reads arguments before a store is reached or started for them; exit code 2 when they are wrong. */
export async function withArguments<T>(
  command: string,
  io: Io,
  read: () => T,
  work: (read: T) => Promise<number>,
): Promise<number> {
  let value: T
  try {
    value = read()
  } catch (thrown) {
    const line = explain(thrown)
    if (line === null) throw thrown
    io.err(`${command}: ${line}\n`)
    return 2
  }
  return await work(value)
}

function sessionOf(
  client: Statements,
  config: ObservaConfig,
  values: ControlValues,
  io: Io,
  url: string,
): ControlSession {
  const given = io.env['OBSERVA_KEY_PEPPER'] ?? ''
  const actor = { kind: 'operator', id: userInfo().username } as const
  return {
    client,
    pepper: keysConfigOf(config)?.pepper ?? (given === '' ? null : new Secret(given)),
    externalUrl: notificationSettingsOf(config).externalUrl,
    change: (tenantId = values.tenant ?? 'default') => ({ client, actor, tenantId }),
    storedIds: async () => {
      const postgres = { kind: 'postgres', url, database: '' } as const
      const dataDir = resolve(config.data_dir)
      const configured = configuredKey(config)
      const keys = await knownPseudonymKeys({ dataDir, postgres, configured })
      // Without a key nothing is stored as a pseudonym; one that nobody else has finds nothing.
      const secrets = keys === null ? secretsOfOneRun() : { pseudonymKeys: keys }
      return storedIdsIn(config, secrets)
    },
  }
}

function explain(thrown: unknown): string | null {
  if (thrown instanceof ControlError) return `${thrown.message} ${thrown.hint}`.trim()
  if (thrown instanceof PostgresUnavailableError)
    return `Postgres cannot be reached (${thrown.code}): check the address of --database or of the configuration.`
  return null
}

export interface Reached {
  readonly url: string
  close(): Promise<void>
}

/** The address of the Postgres that is meant. An embedded one that does not run is started, unless that is not wanted. */
export async function reach(
  config: ObservaConfig,
  values: Pick<ControlValues, 'database'>,
  io: Io,
  { startsEmbedded } = { startsEmbedded: true },
): Promise<Reached> {
  if (values.database !== undefined && values.database !== 'config') {
    if (/^postgres(ql)?:\/\//.test(values.database))
      return { url: values.database, close: async () => {} }
    throw new ObservaError(
      'OBS_CLI_DATABASE',
      '--database is neither a URL of Postgres nor `config`.',
      'Such as postgres://user:password@host:5432/observa, or config for the Postgres of the configuration.',
    )
  }
  const found = [...config.exporters].find(([, { factory }]) => factory.type === 'postgres')
  if (found === undefined)
    throw new ObservaError(
      'OBS_CLI_DATABASE',
      'The configuration has no postgres exporter, which keeps the control plane.',
      'Give --config with one, or --database URL.',
    )
  const [id, { factory, config: own }] = found
  const dataDir = await openDataDir(config.data_dir)
  // An embedded server may belong to an instance that is running, so this command must not stop it.
  const running = isEmbedded(own) ? await runningPostgresUrl(join(dataDir, 'postgres')) : null
  if (running !== null) return { url: running, close: async () => {} }
  if (!startsEmbedded && isEmbedded(own))
    throw new ObservaError(
      'OBS_CLI_DATABASE',
      'The embedded Postgres of the configuration does not run.',
      'Start it with `observa run`, or give --database URL.',
    )
  const sender = await factory.createSender(own, {
    id,
    log: makeLogger({ ...config.telemetry.logs, level: 'error' }),
    metrics: new Metrics(),
    clock: systemClock,
    random: Math.random,
    dataDir,
    progress: (text) => io.err(`  ${text}\n`),
  })
  const close = (): Promise<void> => sender.stop()
  try {
    await sender.start(AbortSignal.timeout(120_000))
  } catch (thrown) {
    await close()
    throw thrown
  }
  return { url: sender.storeAddress?.().url ?? '', close }
}

const isEmbedded = (own: unknown): boolean =>
  typeof own === 'object' && own !== null && 'embedded' in own && own.embedded === true
