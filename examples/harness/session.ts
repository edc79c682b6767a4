// What every example's `start.ts` does around its app. It runs Observa from this checkout with the example's configuration on
// free ports and in a temporary directory, runs the app as a process, and shows what was made of the data it sent.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../test/ports.ts'
import { startOfflineLlm } from './offline-llm.ts'

const MAIN = join(import.meta.dirname, '../../collector/main.ts')
const READY_MS_MAX = 120_000

export type Env = Readonly<Record<string, string>>
export type Row = Readonly<Record<string, unknown>>

export interface Session {
  /** The value for OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly otlpUrl: string
  /** URL of the REST API, to which old SDKs send too. */
  readonly apiUrl: string
  /** Runs a program of the example until it ends, and shows its output. */
  run(command: string, args: readonly string[], env?: Env): Promise<void>
  /** Resolves when every exporter has sent everything that was accepted. */
  drained(): Promise<void>
  /** Records that the `file` exporter wrote: `event` or `signal`. */
  written(record: 'event' | 'signal'): Promise<Row[]>
  /** The value of a metric, summed over its series. */
  metric(name: string): Promise<number>
}

export const say = (line = ''): void => void process.stdout.write(`${line}\n`)

/** Starts Observa, does the work, and stops everything it started, even if the work fails. */
export async function inSession(
  config: string,
  env: Env,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-example-'))
  const [otlp, http, metrics] = [await freePort(), await freePort(), await freePort()]
  say(`Observa starts with ${config.slice(config.lastIndexOf('examples'))}`)
  const observa = spawn(process.execPath, [MAIN, 'run', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      OTLP_PORT: String(otlp),
      HTTP_PORT: String(http),
      METRICS_PORT: String(metrics),
      OBSERVA_DATA_DIR: join(dir, 'data'),
      EVENTS_FILE: join(dir, 'events.ndjson'),
      ...env,
    },
  })
  const session = new RunningSession(dir, { otlp, http, metrics }, observa)
  try {
    await session.ready()
    await work(session)
  } finally {
    await stopped(observa)
    await rm(dir, { recursive: true, force: true })
  }
}

/** Environment variables that make OpenAI clients use the substitute model, unless a real base URL is set. */
export async function withLlm(work: (env: Env) => Promise<void>): Promise<void> {
  const url = process.env['OPENAI_BASE_URL']
  if (url !== undefined) {
    say(`Model: ${url}`)
    return work({})
  }
  say('Model: the offline stand-in; set OPENAI_BASE_URL and OPENAI_API_KEY for a real one')
  const llm = await startOfflineLlm()
  try {
    await work({ OPENAI_BASE_URL: llm.url, OPENAI_API_KEY: 'not-needed-offline' })
  } finally {
    llm.stop()
  }
}

class RunningSession implements Session {
  readonly otlpUrl: string
  readonly apiUrl: string
  readonly #dir: string
  readonly #metricsUrl: string
  readonly #observa: ChildProcess
  #log = ''

  constructor(
    dir: string,
    ports: { readonly otlp: number; readonly http: number; readonly metrics: number },
    observa: ChildProcess,
  ) {
    this.#dir = dir
    this.otlpUrl = `http://127.0.0.1:${ports.otlp}`
    this.apiUrl = `http://127.0.0.1:${ports.http}`
    this.#metricsUrl = `http://127.0.0.1:${ports.metrics}/metrics`
    this.#observa = observa
    observa.stderr?.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString()
    })
  }

  async ready(): Promise<void> {
    await this.#until(() => Promise.resolve(this.#log.includes('ready in')), 'ready')
  }

  run(command: string, args: readonly string[], env: Env = {}): Promise<void> {
    const all = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: this.otlpUrl, ...env }
    const child = spawn(command, args, { stdio: 'inherit', env: all })
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        if (code === 0) resolve()
        else reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}`))
      })
    })
  }

  drained(): Promise<void> {
    const isEmpty = async (): Promise<boolean> =>
      (await this.metric('observa_exporter_queue_items')) === 0
    return this.#until(isEmpty, 'drained')
  }

  async written(record: 'event' | 'signal'): Promise<Row[]> {
    const text = await readFile(join(this.#dir, 'events.ndjson'), 'utf8').catch(() => '')
    const rows = text.split('\n').filter((line) => line !== '')
    return rows.map((line) => JSON.parse(line) as Row).filter((row) => row['record'] === record)
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(this.#metricsUrl)).text()
    const lines = text.split('\n').filter((line) => line.startsWith(name))
    const own = lines.filter((line) => /^[ {]/.test(line.slice(name.length)))
    return own.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }

  async #until(condition: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + READY_MS_MAX
    while (!(await condition())) {
      if (this.#observa.exitCode !== null) throw new Error(`Observa ended:\n${this.#log}`)
      if (performance.now() > deadline) throw new Error(`not ${what} in time:\n${this.#log}`)
      await delay(50)
    }
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}
