// The engine process: opens the data directory, listens on loopback, and ends with its parent. Only `engine.ts`
// starts it.

import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { messageOf, ObservaError } from '../../../core/errors.ts'
import { makeDirectorySync } from '../../../core/files/make-directory.ts'
import { type Engine, openEngine } from './chdb-binding.ts'
import { HttpFront } from './http-front.ts'
import { InsertFiles } from './insert-files.ts'
import type { EngineCommand, EngineReport, StartMessage } from './protocol.ts'

const MIB = 1024 * 1024
/** How many queries run at a time. `engine.ts` sets the size of the thread pool accordingly. */
const RUNNING_MAX = 16
/** Of them reads: more at once than twice the processors only take turns. */
const READS_MAX = Math.min(12, Math.max(4, availableParallelism() * 2))
const BODY_MAX_BYTES = 256 * MIB
const STOP_WAIT_MS = 10_000
const LOCK_WAIT_MS = 2000

const report = (message: EngineReport): void => {
  process.send?.(message)
}

interface Running {
  readonly engine: Engine
  readonly insertFiles: InsertFiles
  readonly server: Server
  readonly front: HttpFront
}

let running: Running | null = null

/** Starts the engine, and waits if a process that was just killed still holds the directory. */
async function startPatiently(message: StartMessage): Promise<void> {
  const deadline = performance.now() + LOCK_WAIT_MS
  for (;;) {
    try {
      start(message)
      return
    } catch (error) {
      if (performance.now() > deadline || !isHeldByAnother(message.dataDir)) {
        fail(error, message.dataDir)
        return
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function start(message: StartMessage): void {
  makeDirectorySync(message.dataDir, 0o700)
  const engine = openEngine(message.dataDir, [
    `--max_server_memory_usage=${message.memoryMaxBytes}`,
    // Merges share the machine with ingest. The engine's own default is 16 threads.
    '--background_pool_size=4',
  ])
  const insertFiles = new InsertFiles(message.dataDir, BODY_MAX_BYTES)
  const front = new HttpFront(
    engine,
    insertFiles,
    {
      username: message.username,
      password: message.password,
      slots: { runningMax: RUNNING_MAX, readsMax: READS_MAX, waitingMax: 512 },
      queryMemoryMaxBytes: Math.floor(message.memoryMaxBytes * 0.6),
      resultMaxBytes: 256 * MIB,
      sqlMaxBytes: 64 * MIB,
      executionTimeS: 60,
      executionTimeMaxS: 3600,
    },
    // An aborted engine answers every query with an error, and only a new process helps.
    () => process.exit(70),
  )
  // The SQL of a GET request is in its URL.
  const server = createServer({ maxHeaderSize: MIB, keepAliveTimeout: 65_000 }, front.handle)
  server.headersTimeout = 70_000
  server.requestTimeout = 300_000
  server.on('error', (error) => fail(error))
  server.listen(message.port, '127.0.0.1', () => {
    const address = server.address()
    running = { engine, insertFiles, server, front }
    const port = typeof address === 'object' && address !== null ? address.port : 0
    report({ kind: 'ready', port, version: engine.version })
  })
}

function fail(error: unknown, dataDir = ''): void {
  const known = error instanceof ObservaError ? error : describe(messageOf(error), dataDir)
  report({
    kind: 'failed',
    code: known.code as `OBS_${string}`,
    message: known.message,
    hint: known.hint,
  })
  process.exitCode = 1
  process.disconnect?.()
}

function describe(text: string, dataDir: string): ObservaError {
  if (isHeldByAnother(dataDir))
    return new ObservaError(
      'OBS_CLICKHOUSE_ENGINE_LOCKED',
      'The data directory of the embedded ClickHouse engine is in use by another process.',
      'Stop the other Observa that uses this directory, or give this one a data directory of its own.',
    )
  const line = text.split('\n')[0]?.slice(0, 300) ?? ''
  return new ObservaError(
    'OBS_CLICKHOUSE_ENGINE_FAILED',
    `The embedded ClickHouse engine did not start: ${line}`,
    'Check that the data directory is writable and has space.',
  )
}

/**
 * True if another process holds the directory. The engine locks the file `status` in its directory and writes its pid
 * there. The addon does not report why a directory could not be opened, so the file is read instead.
 */
function isHeldByAnother(dataDir: string): boolean {
  try {
    const pid = Number(/^PID: (\d+)/.exec(readFileSync(join(dataDir, 'status'), 'utf8'))?.[1])
    return pid !== process.pid && process.kill(pid, 0)
  } catch {
    // The file or the process does not exist.
    return false
  }
}

/** Refuses new requests, lets running requests end, and releases the directory. */
async function stop(): Promise<void> {
  if (running === null) process.exit(0)
  const { server, front, insertFiles, engine } = running
  running = null
  server.close()
  server.closeIdleConnections()
  const deadline = performance.now() + STOP_WAIT_MS
  while (front.running > 0 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20))
  server.closeAllConnections()
  insertFiles.close()
  // Closing during a query would abort the engine. The directory survives that as well, so the engine is not closed
  // then.
  if (front.running === 0) engine.close()
  process.exit(0)
}

process.on('message', (message: EngineCommand) => {
  if (message.kind === 'stop') {
    void stop()
    return
  }
  void startPatiently(message)
})

// The parent decides when to stop. A Ctrl-C or a service manager signals every process of the group, and if the
// engine ended first, the last inserts of the drain would fail.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

// The parent has ended, perhaps killed. Nobody can use this engine any more, and the directory must be free for the
// next start. Acknowledged data is on the disk.
process.on('disconnect', () => {
  running?.insertFiles.close()
  process.kill(process.pid, 'SIGKILL')
})
