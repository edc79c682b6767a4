// Uses the native part of the `chdb` package directly. The package's `Session` class closes a connection only when no
// query of the whole process runs, so under steady load, or during one long query, connections accumulate at half a
// megabyte each. Here every connection has one owner, which closes it when its own query is done.

import { createRequire } from 'node:module'
import { messageOf, ObservaError } from '../../../core/errors.ts'

/** The result of a statement. For an INSERT `rowsRead` is the number of rows that it read from the file. */
export interface EngineResult {
  readonly bytes: Uint8Array
  readonly elapsed: number
  readonly rowsRead: number
  readonly bytesRead: number
}

/** One connection, which runs one query at a time and has its own settings. */
export interface EngineConnection {
  /** Runs one or several statements. Rejects with the engine's message (`Code: N. DB::Exception: ...`). */
  run(sql: string, format: string): Promise<EngineResult>
  /** Closes the connection. No `run` may be in progress, because that would abort the engine. */
  close(): void
}

export interface Engine {
  readonly version: string
  connect(): EngineConnection
  /** Releases the data directory. */
  close(): void
}

/** The functions of the addon that are used here. Handles are opaque and only passed back. */
interface Addon {
  CreateConnection(path: string, args?: readonly string[]): unknown
  CloseConnection(handle: unknown): void
  QueryAsyncConnection(handle: unknown, sql: string, format: string): Promise<EngineResult>
  QueryWithConnection(handle: unknown, sql: string, format: string): string
}

/** Opens the data directory. This blocks for about a second, and the process does nothing else meanwhile. */
export function openEngine(dataDir: string, args: readonly string[]): Engine {
  const addon = loadAddon()
  // The first connection has the server's arguments and keeps the engine alive between requests.
  const base = open(addon, dataDir, args)
  return {
    version: addon.QueryWithConnection(base, 'SELECT version()', 'TabSeparated').trim(),
    connect: () => connection(addon, open(addon, dataDir)),
    close: () => addon.CloseConnection(base),
  }
}

function connection(addon: Addon, handle: unknown): EngineConnection {
  return {
    run: (sql, format) => addon.QueryAsyncConnection(handle, sql, format),
    close: () => addon.CloseConnection(handle),
  }
}

function open(addon: Addon, dataDir: string, args?: readonly string[]): unknown {
  const handle =
    args === undefined ? addon.CreateConnection(dataDir) : addon.CreateConnection(dataDir, args)
  if (handle === null || handle === undefined) throw new Error('the engine gave no connection')
  return handle
}

/** True when the optional package is installed. It may still fail to load. */
export function isEngineInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('chdb/package.json')
    return true
  } catch {
    // The package is absent, so the result is false.
    return false
  }
}

function loadAddon(): Addon {
  const require = createRequire(import.meta.url)
  let manifest: string
  try {
    manifest = require.resolve('chdb/package.json')
  } catch (cause) {
    throw engineMissing(cause)
  }
  // The loader is internal to the package, so it is found relative to the package's manifest. The version is pinned,
  // and `engine.test.ts` runs this code.
  const loader: unknown = createRequire(manifest)('./dist/loader.js')
  const load = (loader as { loadNative?: () => Addon }).loadNative
  if (load === undefined) throw engineMissing(new Error('chdb has no native loader'))
  try {
    return load()
  } catch (cause) {
    throw new ObservaError(
      'OBS_CLICKHOUSE_ENGINE_UNSUPPORTED',
      `The embedded ClickHouse engine cannot be loaded on ${process.platform}-${process.arch}: ${messageOf(cause).split('\n')[0]}`,
      'It needs Linux with glibc or macOS, on x64 or arm64. Elsewhere give exporters.clickhouse a url of a ClickHouse server.',
      { cause },
    )
  }
}

export function engineMissing(cause?: unknown): ObservaError {
  return new ObservaError(
    'OBS_CLICKHOUSE_ENGINE_MISSING',
    'The embedded ClickHouse engine is not installed: the optional package "chdb" is missing.',
    'Run `npm install chdb`, or give exporters.clickhouse a url of a ClickHouse server.',
    { cause },
  )
}
