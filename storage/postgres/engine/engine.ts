// The embedded Postgres: the server's own programs on a data directory of the instance, on loopback, with generated
// passwords. The server survives a killed collector, and the next start uses the running server instead of failing on
// its lock file.

import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { messageOf, ObservaError } from '../../../core/errors.ts'
import { Heartbeat } from '../../heartbeat.ts'
import { type ConnectionConfig, withConnection } from '../connection.ts'
import { ensureRoles } from '../roles.ts'
import { type Binaries, findBinaries, isExecutable } from './binaries.ts'
import { type DataDirectory, openDataDirectory } from './data-directory.ts'
import { dropOwnership, isAlive, isOwnedByAnother, takeOwnership } from './directory-owner.ts'
import { type ServerUser, serverUser } from './server-user.ts'
import { acceptsConnections, Supervisor } from './supervisor.ts'

export interface PostgresEngineOptions {
  readonly dataDir: string
  readonly log: Logger
  readonly progress: (text: string) => void
  /** The default is any free port. A server that already runs keeps its port. */
  readonly port?: number
  /** Between two questions whether the server is alive, ms. For tests; see `heartbeat.ts`. */
  readonly heartbeatMs?: number
}

export interface PostgresEngine {
  /**
   * `postgres://observa:...@127.0.0.1:port/observa`, which stays the same over restarts. It contains the password:
   * never log it.
   */
  readonly url: string
  readonly port: number
  /** The pid of the server, which changes with a restart. */
  pid(): number
  /** How often the server was restarted after it died. */
  restarts(): number
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 20_000
const LEFTOVERS_WAIT_MS = 10_000
/**
 * Settings of the server, for a laptop. `synchronous_commit` and `full_page_writes` keep their safe defaults: the exporter commits
 * a few times a second, so there is nothing to gain, and what was committed is no longer in the collector's log
 * (docs/decisions/0015-flat-rollups.md).
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  log_min_messages: 'warning',
  log_min_error_statement: 'panic',
  log_statement: 'none',
  log_error_verbosity: 'terse',
  timezone: 'UTC',
  // The rows of 100,000 live sessions, conversations and users with their indexes. Only pages in use take memory.
  shared_buffers: '160MB',
  // After a checkpoint the first change of each page writes the whole page. Changes of rows lie all over the tables, so
  // checkpoints that come every few seconds would write the tables again and again.
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  wal_compression: 'pglz',
  wal_buffers: '8MB',
  // Compiling a query takes longer than any query here.
  jit: 'off',
  random_page_cost: '1.1',
  autovacuum_naptime: '20s',
  autovacuum_max_workers: '2',
}
const ADMIN = 'observa_admin'
const USER = 'observa'
const DATABASE = 'observa'

export async function startPostgresEngine(options: PostgresEngineOptions): Promise<PostgresEngine> {
  const user = serverUser()
  const directory = openDataDirectory(options.dataDir, user)
  takeOwnership(directory.ownerFile)
  try {
    const binaries = findBinaries(directory.dir, user)
    if (!isExecutable(binaries.postgres))
      throw failed(`${binaries.postgres} cannot be run`, 'Run `npm ci` again.')
    checkVersion(directory, binaries)
    if (!existsSync(join(directory.cluster, 'PG_VERSION')))
      initCluster(options, directory, binaries, user)
    checkPasswords(directory)
    const begin = async (o: PostgresEngineOptions): Promise<Server> =>
      (await adopt(o, directory)) ?? (await launch(o, directory, binaries, user))
    let server = await begin(options)
    const { port } = server
    await ensureDatabase(directory, port)
    const password = readFileSync(directory.passwordFile, 'utf8')
    const restart = async (): Promise<void> => {
      server = await begin({ ...options, port })
    }
    const supervisor = new Supervisor(
      { isAlive: () => isRunning(server.pid), restart },
      options.log,
    )
    const { heartbeatMs, log } = options
    const heartbeat = new Heartbeat({
      ask: (ms) => acceptsConnections(port, ms),
      onSilent: () => {
        if (!isRunning(server.pid)) return
        log.error({ pid: server.pid }, 'the embedded Postgres hangs; ending it')
        process.kill(server.pid, 'SIGKILL')
      },
      ...(heartbeatMs === undefined ? {} : { everyMs: heartbeatMs }),
    })
    return {
      url: urlOf(password, port),
      port,
      pid: () => server.pid,
      restarts: () => supervisor.restarts,
      stop: async () => {
        heartbeat.stop()
        await supervisor.stop()
        await stop(directory, server.pid)
      },
    }
  } catch (error) {
    dropOwnership(directory.ownerFile)
    throw error
  }
}

/** The URL of a server that runs on this directory for another process, or null. */
export async function runningPostgresUrl(dataDir: string): Promise<string | null> {
  if (!existsSync(dataDir)) return null
  const directory = openDataDirectory(dataDir, serverUser())
  if (!isOwnedByAnother(directory.ownerFile)) return null
  const server = readLockFile(directory)
  if (server === null || !isRunning(server.pid) || !(await isReady(directory, server.port, 5000)))
    return null
  return urlOf(readFileSync(directory.passwordFile, 'utf8'), server.port)
}

const urlOf = (password: string, port: number): string =>
  `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`

interface Server {
  readonly pid: number
  readonly port: number
}

function failed(message: string, hint: string, cause?: unknown): ObservaError {
  return new ObservaError(
    'OBS_POSTGRES_ENGINE_FAILED',
    `The embedded Postgres did not start: ${message}.`,
    hint,
    { cause },
  )
}

function checkVersion(directory: DataDirectory, binaries: Binaries): void {
  const file = join(directory.cluster, 'PG_VERSION')
  if (!existsSync(file)) return
  const found = readFileSync(file, 'utf8').trim()
  if (found === binaries.major) return
  throw new ObservaError(
    'OBS_POSTGRES_ENGINE_VERSION',
    `The embedded Postgres is version ${binaries.major}, but its data directory was made by version ${found}.`,
    `Move ${directory.cluster} away to begin with an empty database (events stay in ClickHouse), or dump it with the old version and restore it.`,
  )
}

// ---------------------------------------------------------------- first start

function initCluster(
  options: PostgresEngineOptions,
  directory: DataDirectory,
  binaries: Binaries,
  user: ServerUser | null,
): void {
  options.progress('preparing the Postgres data directory...')
  const admin = randomBytes(24).toString('base64url')
  writeFileSync(directory.adminPasswordFile, admin, { mode: 0o600 })
  writeFileSync(directory.passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
  // The cluster is made under another name, so that a killed start leaves no half cluster under the right name.
  const half = `${directory.cluster}.new`
  rmSync(half, { recursive: true, force: true })
  rmSync(directory.cluster, { recursive: true, force: true })
  mkdirSync(half, { mode: 0o700 })
  // initdb reads the file after it has dropped root, so the file belongs to the server's user.
  const pwfile = `${half}.password`
  writeFileSync(pwfile, admin, { mode: 0o600 })
  if (user !== null) for (const path of [half, pwfile]) chownSync(path, user.uid, user.gid)
  // biome-ignore format: name and value side by side
  const args = ['-D', half, '-U', ADMIN, '--pwfile', pwfile, '--auth=scram-sha-256', '--encoding=UTF8',
    '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions']
  const result = spawnSync(binaries.initdb, args, {
    ...identity(user, directory),
    timeout: 120_000,
  })
  rmSync(pwfile, { force: true })
  if (result.status !== 0) {
    rmSync(half, { recursive: true, force: true })
    const why = (result.stderr?.toString() || messageOf(result.error)).trim().split('\n').at(-1)
    throw failed(`initdb: ${why}`, 'Check that the data directory is writable and has space.')
  }
  renameSync(half, directory.cluster)
}

/**
 * How programs of the server are run: as its user, in a directory that it may enter, without secrets in the
 * environment.
 */
function identity(
  user: ServerUser | null,
  directory: DataDirectory,
): { uid?: number; gid?: number; cwd: string; env: NodeJS.ProcessEnv } {
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
  return user === null
    ? { cwd: directory.dir, env }
    : { uid: user.uid, gid: user.gid, cwd: directory.dir, env }
}

/** A copy of the directory that left out a file has a cluster that nobody can log in to. */
function checkPasswords({ adminPasswordFile, passwordFile, cluster }: DataDirectory): void {
  for (const file of [adminPasswordFile, passwordFile])
    try {
      if (readFileSync(file, 'utf8') === '') throw new Error('it is empty')
    } catch (thrown) {
      throw failed(
        `${file} cannot be read: ${messageOf(thrown)}`,
        `It is the password of ${cluster}: restore it from the same backup.`,
      )
    }
}

// ---------------------------------------------------------------- running server

/** Reads `postmaster.pid`: pid, directory, start time, port and more, one a line. */
function readLockFile(directory: DataDirectory): Server | null {
  const file = join(directory.cluster, 'postmaster.pid')
  if (!existsSync(file)) return null
  const lines = readFileSync(file, 'utf8').split('\n')
  const pid = Math.abs(Number(lines[0]))
  const port = Number(lines[3] ?? '')
  return Number.isInteger(pid) && pid > 0 ? { pid, port } : null
}

/** Takes over a server that a killed process left running on the directory. Returns null when there is none. */
async function adopt(
  options: PostgresEngineOptions,
  directory: DataDirectory,
): Promise<Server | null> {
  const left = readLockFile(directory)
  if (left === null || !isAlive(left.pid)) return null
  if (isAnotherProgram(left.pid)) {
    // The server only checks whether the pid exists, and would refuse to start.
    options.log.warn({ pid: left.pid }, 'removing the lock file of a dead embedded Postgres')
    rmSync(join(directory.cluster, 'postmaster.pid'), { force: true })
    return null
  }
  const answers = left.port > 0 && (await isReady(directory, left.port, 5_000))
  if (answers) {
    options.log.info({ pid: left.pid, port: left.port }, 'took over a running embedded Postgres')
    return left
  }
  options.log.warn(
    { pid: left.pid },
    'an embedded Postgres from before does not answer; stopping it',
  )
  await end(left.pid)
  return null
}

/** True when the process exists and is not a zombie. */
function isRunning(pid: number): boolean {
  return isAlive(pid) && !isAnotherProgram(pid)
}

/**
 * True when the pid belongs to another program. Pids are reused, and a zombie keeps its pid but has no command line.
 */
function isAnotherProgram(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres')
  } catch {
    // Without /proc the server itself has to check its lock file.
    return false
  }
}

async function launch(
  options: PostgresEngineOptions,
  directory: DataDirectory,
  binaries: Binaries,
  user: ServerUser | null,
  deadline = performance.now() + LEFTOVERS_WAIT_MS,
): Promise<Server> {
  options.progress('starting Postgres...')
  const port = options.port ?? (await freePort())
  const log = openSync(directory.log, 'a', 0o600)
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const flags = ['-D', directory.cluster, '-p', String(port), ...settings]
  const child = spawn(binaries.postgres, flags, {
    ...identity(user, directory),
    // The server has its own process group, so that Ctrl-C does not stop it during a drain.
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  const outcome = await whenReady(child, directory, port)
  if (outcome === null) return { pid: child.pid as number, port }
  // The last processes of a killed server need a moment to end.
  if (!/still in use/.test(outcome) || performance.now() > deadline)
    throw failed(outcome, `See ${directory.log}.`)
  await new Promise((resolve) => setTimeout(resolve, 200))
  return await launch(options, directory, binaries, user, deadline)
}

/** Returns null when the server responds, else the reason why it does not. */
async function whenReady(
  child: ReturnType<typeof spawn>,
  directory: DataDirectory,
  port: number,
): Promise<string | null> {
  let ended: string | null = null
  child.once('error', (error) => {
    ended = error.message
  })
  child.once('exit', (code, signal) => {
    ended = reasonFromLog(directory) ?? `it ended with ${signal ?? `exit code ${code}`}`
  })
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (performance.now() < deadline) {
    if (ended !== null) return ended
    if (await isReady(directory, port, 1000)) return null
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return 'it does not answer'
}

/** The last FATAL line of the server's log, without its prefix. */
function reasonFromLog(directory: DataDirectory): string | null {
  const text = readFileSync(directory.log, 'utf8')
  const line = text.split('\n').findLast((l) => l.includes('FATAL:'))
  return line === undefined ? null : line.slice(line.indexOf('FATAL:') + 6).trim()
}

async function isReady(
  directory: DataDirectory,
  port: number,
  timeoutMs: number,
): Promise<boolean> {
  try {
    await withConnection(asAdmin(directory, port, timeoutMs), (client) => client.query('SELECT 1'))
    return true
  } catch {
    // The server does not respond yet, or is another one. The caller tries again or gives up.
    return false
  }
}

function asAdmin(directory: DataDirectory, port: number, timeoutMs: number): ConnectionConfig {
  return {
    host: '127.0.0.1',
    port,
    user: ADMIN,
    password: readFileSync(directory.adminPasswordFile, 'utf8'),
    database: 'postgres',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  }
}

/**
 * Makes the login and its database. The login owns the database and is no superuser, so that row-level security
 * applies to it. Statements run with one of the roles in `roles.ts`.
 */
async function ensureDatabase(directory: DataDirectory, port: number): Promise<void> {
  const password = readFileSync(directory.passwordFile, 'utf8')
  await withConnection(asAdmin(directory, port, 10_000), async (client) => {
    const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [USER])
    // DDL has no parameters. The password is generated and consists of base64url characters.
    if (role.rowCount === 0)
      await client.query(`CREATE ROLE ${USER} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '${password}'`)
    await ensureRoles(client, USER)
    const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE])
    if (database.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${USER}`)
  })
}

async function stop(directory: DataDirectory, pid: number): Promise<void> {
  if (isAlive(pid)) await end(pid)
  dropOwnership(directory.ownerFile)
}

/** Stops the server. SIGINT is a fast shutdown: clients are disconnected, and everything committed is kept. */
async function end(pid: number): Promise<void> {
  process.kill(pid, 'SIGINT')
  const deadline = performance.now() + STOP_TIMEOUT_MS
  let wasKilled = false
  while (isAlive(pid)) {
    if (!wasKilled && performance.now() > deadline) {
      // SIGQUIT is an immediate shutdown, after which the next start recovers from the server's log.
      process.kill(pid, 'SIGQUIT')
      wasKilled = true
    }
    if (performance.now() > deadline + STOP_TIMEOUT_MS)
      throw failed(`process ${pid} does not stop`, 'Stop it by hand.')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
