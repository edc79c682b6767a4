// The engine as this process sees it: the native half of the `chdb` package, used directly. Its `Session`
// class closes a connection only when no query of the whole process runs, so that under steady load, or
// behind one long query, connections pile up at half a megabyte each. Here every connection has one owner
// who knows when its own query is done and closes it then.

import { createRequire } from 'node:module'
import { messageOf, ObservaError } from '../../../core/errors.ts'

/** What the engine hands back. `rowsRead` of an INSERT is the rows it took from the file. */
export interface EngineResult {
  readonly bytes: Uint8Array
  readonly elapsed: number
  readonly rowsRead: number
  readonly bytesRead: number
}

/** One connection: one query at a time, settings of its own. */
export interface EngineConnection {
  /** Runs one or several statements; rejects with the engine's text (`Code: N. DB::Exception: ...`). */
  run(sql: string, format: string): Promise<EngineResult>
  /** Only when no `run` is under way: closing under a query aborts the engine. */
  close(): void
}

export interface Engine {
  readonly version: string
  connect(): EngineConnection
  /** Lets go of the data directory. */
  close(): void
}

/** The functions of the addon that we use; opaque handles are only passed back. */
interface Addon {
  CreateConnection(path: string, args?: readonly string[]): unknown
  CloseConnection(handle: unknown): void
  QueryAsyncConnection(handle: unknown, sql: string, format: string): Promise<EngineResult>
  QueryWithConnection(handle: unknown, sql: string, format: string): string
}

/** Opens the data directory. Blocks for about a second: this process does nothing else. */
export function openEngine(dataDir: string, args: readonly string[]): Engine {
  const addon = loadAddon()
  // The first connection carries the server's arguments and keeps the engine alive between requests.
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

/** True when the optional package is there; says nothing about whether it loads. */
export function isEngineInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('chdb/package.json')
    return true
  } catch {
    // Absent, which is what was asked.
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
  // The loader is internal to the package; a relative path from its own manifest reaches it. The
  // version is pinned, and `engine.test.ts` runs through here.
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
