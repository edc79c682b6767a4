// The files of the built console, held in memory: there are few of them and they do not change while the process runs. In a checkout
// where the console was never built or its sources are newer, a child process builds it, so that the instance is ready meanwhile.

import { spawn } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { Logger } from 'pino'

const CONSOLE = join(import.meta.dirname, '../../console')
const BUILT = join(CONSOLE, 'dist')
/** Exists in a checkout only. A built product has the files but not the script. */
const BUILD_SCRIPT = join(CONSOLE, 'build.ts')
const BUILD_MS_MAX = 180_000
/** The largest folder that is served. The console has about 0.6 MB, so a larger folder is a different one. */
const BYTES_MAX = 32 * 1024 * 1024

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

export interface ConsoleFile {
  readonly bytes: Buffer
  readonly type: string
}

export type ConsoleState = 'ready' | 'building' | 'missing'

export class ConsoleFiles {
  readonly #log: Logger
  #files: ReadonlyMap<string, ConsoleFile> = new Map()
  #state: ConsoleState = 'missing'
  #build: ReturnType<typeof spawn> | null = null

  constructor(log: Logger) {
    this.#log = log
  }

  get state(): ConsoleState {
    return this.#state
  }

  /** Returns the file at a path such as `assets/index-1a2b3c.js`. */
  find(path: string): ConsoleFile | null {
    return this.#files.get(path) ?? null
  }

  /** Reads the built files, and starts a build if there are none or they are outdated. Does not wait for the build. */
  start(): void {
    if (existsSync(BUILD_SCRIPT) && isOutdated()) this.#startBuild()
    else this.#read()
  }

  stop(): void {
    this.#build?.kill()
    this.#build = null
  }

  #read(): void {
    this.#files = readBuilt()
    this.#state = this.#files.has('index.html') ? 'ready' : 'missing'
    if (this.#state === 'missing')
      this.#log.warn('the console is not built, so / leads to the API explorer: npm run build')
  }

  #startBuild(): void {
    this.#state = 'building'
    this.#log.info('the console is being built; this takes some seconds')
    const startedAt = performance.now()
    const child = spawn(process.execPath, [BUILD_SCRIPT, '--if-needed'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: BUILD_MS_MAX,
    })
    let said = ''
    child.stderr.on('data', (bytes: Buffer) => {
      if (said.length < 2000) said += bytes.toString()
    })
    child.once('error', (thrown) => this.#onBuilt(thrown.message, startedAt))
    child.once('exit', (code) => this.#onBuilt(code === 0 ? null : said.trim(), startedAt))
    child.unref()
    this.#build = child
  }

  #onBuilt(fault: string | null, startedAt: number): void {
    if (this.#build === null) return
    this.#build = null
    if (fault === null) {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      this.#log.info({ seconds: Number(seconds) }, 'the console is built')
    } else this.#log.warn({ fault: fault.slice(0, 500) }, 'the console could not be built')
    this.#read()
  }
}

/** Whether the console was never built, or a source was changed after the build. */
function isOutdated(): boolean {
  const builtMs = mtimeOf(join(BUILT, 'index.html'))
  const sources = globSync(['src/**/*', 'public/*', 'index.html', 'vite.config.ts'], {
    cwd: CONSOLE,
  })
  return sources.some((file) => mtimeOf(join(CONSOLE, file)) > builtMs)
}

const mtimeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

function readBuilt(): ReadonlyMap<string, ConsoleFile> {
  const files = new Map<string, ConsoleFile>()
  let bytesLeft = BYTES_MAX
  for (const path of globSync('**/*', { cwd: BUILT })) {
    const type = TYPES[extname(path)]
    if (type === undefined) continue
    const bytes = readFileSync(join(BUILT, path))
    bytesLeft -= bytes.length
    if (bytesLeft < 0) throw new Error(`${BUILT} holds more than a console`)
    files.set(path.replaceAll('\\', '/'), { bytes, type })
  }
  return files
}
