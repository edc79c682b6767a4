// The embedded ClickHouse: the chdb engine in its own process, behind ClickHouse's HTTP protocol on loopback. In the
// collector's process it would compete with the log for the thread pool of file operations, and a crash of the engine
// would be a crash of the collector. This file starts, watches and restarts the process.

import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { totalmem } from 'node:os'
import type { Logger } from 'pino'
import { ObservaError } from '../../../core/errors.ts'
import { makeDirectorySync } from '../../../core/files/make-directory.ts'
import { Heartbeat } from '../../heartbeat.ts'
import { engineMissing, isEngineInstalled } from './chdb-binding.ts'
import type { EngineCommand, EngineReport } from './protocol.ts'

export interface ClickHouseEngineOptions {
  /** The directory of the engine, which is made if it is missing, with mode 0700. */
  readonly dataDir: string
  readonly log: Logger
  readonly progress: (text: string) => void
  /** The memory limit of the whole engine. The default is a quarter of the machine, from 1 to 4 GiB. */
  readonly memoryMaxBytes?: number
  /** Between two questions whether the engine is alive, ms. For tests; see `heartbeat.ts`. */
  readonly heartbeatMs?: number
}

export interface ClickHouseEngine {
  /** `http://127.0.0.1:port` without credentials. It stays the same when the engine restarts. */
  readonly url: string
  readonly username: string
  /** A new password is made at each start. Never log it. */
  readonly password: string
  readonly database: string
  readonly version: string
  /** The id of the engine process, which changes with a restart. */
  pid(): number | undefined
  /** How often the engine process was restarted after it died. */
  restarts(): number
  /** Lets running queries end, then stops the process. A second call has no effect. */
  stop(): Promise<void>
}

const GIB = 1024 ** 3
const START_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 15_000
const BACKOFF_FIRST_MS = 250
const BACKOFF_MAX_MS = 10_000
/** A process that ran this long was healthy, so the delay before the next restart is the shortest again. */
const HEALTHY_AFTER_MS = 60_000

export async function startClickHouseEngine(
  options: ClickHouseEngineOptions,
): Promise<ClickHouseEngine> {
  if (!isEngineInstalled()) throw engineMissing()
  options.progress('starting ClickHouse engine...')
  makeDirectorySync(options.dataDir, 0o700)
  const supervisor = new Supervisor(options)
  await supervisor.launch()
  supervisor.watch()
  return supervisor.handle()
}

class Supervisor {
  readonly #options: ClickHouseEngineOptions
  readonly #password = randomBytes(24).toString('base64url')
  #child: ChildProcess | null = null
  #port = 0
  #version = ''
  #restarts = 0
  #backoffMs = BACKOFF_FIRST_MS
  #startedAtMs = 0
  #timer: NodeJS.Timeout | undefined
  #stopping: Promise<void> | null = null
  #heartbeat: Heartbeat | null = null

  constructor(options: ClickHouseEngineOptions) {
    this.#options = options
  }

  /** Call it after the first launch. The end of a killed engine is noticed as any other. */
  watch(): void {
    const { heartbeatMs, log } = this.#options
    this.#heartbeat = new Heartbeat({
      // While no process runs, its restart is under way.
      ask: (ms) => (this.#child === null ? Promise.resolve(true) : this.#answers(ms)),
      onSilent: () => {
        log.error({ pid: this.#child?.pid }, 'ClickHouse engine hangs; ending it')
        this.#child?.kill('SIGKILL')
      },
      ...(heartbeatMs === undefined ? {} : { everyMs: heartbeatMs }),
    })
  }

  async #answers(ms: number): Promise<boolean> {
    const url = `http://127.0.0.1:${this.#port}/ping`
    return (await fetch(url, { signal: AbortSignal.timeout(ms) })).ok
  }

  handle(): ClickHouseEngine {
    return {
      url: `http://127.0.0.1:${this.#port}`,
      username: 'observa',
      password: this.#password,
      database: 'observa',
      version: this.#version,
      pid: () => this.#child?.pid,
      restarts: () => this.#restarts,
      stop: () => (this.#stopping ??= this.#stop()),
    }
  }

  /** Resolves when the engine responds. */
  async launch(): Promise<void> {
    const child = spawnEngine()
    this.#child = child
    this.#startedAtMs = performance.now()
    const ready = await firstReport(child, {
      kind: 'start',
      dataDir: this.#options.dataDir,
      username: 'observa',
      password: this.#password,
      port: this.#port,
      memoryMaxBytes: this.#options.memoryMaxBytes ?? defaultMemory(),
    })
    this.#port = ready.port
    this.#version = ready.version
    child.once('exit', (code, signal) => this.#onExit(code, signal))
    // A program that has nothing else to do may end, and the engine ends with it.
    child.unref()
    child.channel?.unref()
    this.#options.log.info({ version: ready.version, port: ready.port }, 'ClickHouse engine ready')
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#child = null
    if (this.#stopping !== null) return
    if (performance.now() - this.#startedAtMs > HEALTHY_AFTER_MS) this.#backoffMs = BACKOFF_FIRST_MS
    const delayMs = this.#backoffMs
    this.#backoffMs = Math.min(BACKOFF_MAX_MS, this.#backoffMs * 2)
    this.#options.log.error({ code, signal, delayMs }, 'ClickHouse engine died; restarting it')
    this.#timer = setTimeout(() => void this.#relaunch(), delayMs).unref()
  }

  async #relaunch(): Promise<void> {
    this.#restarts++
    try {
      await this.launch()
      if (this.#stopping !== null) await this.#end()
    } catch (error) {
      this.#options.log.error({ err: error }, 'ClickHouse engine did not come back')
      this.#onExit(null, null)
    }
  }

  async #stop(): Promise<void> {
    this.#heartbeat?.stop()
    clearTimeout(this.#timer)
    await this.#end()
  }

  async #end(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    tell(child, { kind: 'stop' })
    await gone
    clearTimeout(timer)
    this.#child = null
  }
}

function spawnEngine(): ChildProcess {
  // In a build this file and its neighbour have the extension .js.
  const entry = new URL(
    `./child${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
    import.meta.url,
  )
  return fork(entry, {
    execArgv: [],
    // The child has its own process group, so that Ctrl-C reaches only the parent, which stops the engine last.
    detached: true,
    // The engine's output is discarded, because it can show rows that could not be parsed.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      ...safeEnvironment(),
      TZ: 'UTC',
      // Each running query needs a thread of this pool: 16 for queries, the rest for files, gzip and kills.
      UV_THREADPOOL_SIZE: '28',
    },
  })
}

/** The environment of the engine process: only what is needed to find libraries and files, and no secrets. */
function safeEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {}
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LD_LIBRARY_PATH', 'NODE_PATH']) {
    if (process.env[name] !== undefined) env[name] = process.env[name]
  }
  return env
}

function firstReport(
  child: ChildProcess,
  command: EngineCommand,
): Promise<Extract<EngineReport, { kind: 'ready' }>> {
  return new Promise((resolve, reject) => {
    const settle = (
      error: ObservaError | null,
      ready?: Extract<EngineReport, { kind: 'ready' }>,
    ): void => {
      clearTimeout(timer)
      child.removeAllListeners('message')
      child.off('exit', onExit)
      if (error === null && ready !== undefined) {
        resolve(ready)
        return
      }
      child.kill('SIGKILL')
      reject(error)
    }
    const onExit = (code: number | null, signal: string | null): void =>
      settle(
        new ObservaError(
          'OBS_CLICKHOUSE_ENGINE_FAILED',
          `The embedded ClickHouse engine ended while starting (${signal ?? `exit code ${code}`}).`,
          'The processor may lack what it needs (SSE 4.2 on x64), or memory ran out.',
        ),
      )
    const timer = setTimeout(
      () =>
        settle(
          new ObservaError(
            'OBS_CLICKHOUSE_ENGINE_FAILED',
            'The embedded ClickHouse engine did not start within two minutes.',
          ),
        ),
      START_TIMEOUT_MS,
    )
    child.on('message', (message: EngineReport) => {
      if (message.kind === 'ready') settle(null, message)
      else settle(new ObservaError(message.code, message.message, message.hint))
    })
    child.once('exit', onExit)
    child.once('error', (error) =>
      settle(
        new ObservaError(
          'OBS_CLICKHOUSE_ENGINE_FAILED',
          `The embedded ClickHouse engine cannot be started: ${error.message}`,
        ),
      ),
    )
    tell(child, command)
  })
}

/** Sends a command. If the child has ended, its exit event reports that, so a failed send is not reported. */
function tell(child: ChildProcess, command: EngineCommand): void {
  if (child.connected) child.send(command, () => {})
}

function defaultMemory(): number {
  return Math.min(4 * GIB, Math.max(GIB, Math.floor(totalmem() / 4)))
}
