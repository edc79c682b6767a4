// A real instance for tests: `observa run` in a separate process on free ports, with a data directory that is removed
// afterwards. Readiness is polled, never waited for by sleeping.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { withRevision } from '../core/reports/revised-fields.ts'
import { freePort } from './ports.ts'

const MAIN = join(import.meta.dirname, '../collector/main.ts')
const READY_MS_MAX = 180_000

export interface InstanceOptions {
  /** Configuration in YAML, loaded as a second file after the base configuration. `$DIR` is the instance's directory. */
  readonly config?: string
  /**
   * Configuration files instead of the base configuration and `config`, such as those of `deploy/`. They get their addresses
   * and data directory from the environment (`OBSERVA_HTTP_ENDPOINT`, ...).
   */
  readonly files?: readonly string[]
  /** Directory of an earlier instance, to start again with its data. */
  readonly dir?: string
  readonly env?: Readonly<Record<string, string>>
  /** A command such as `unshare -u` that starts the instance; node and its arguments are appended. */
  readonly under?: readonly string[]
}

export interface Ports {
  readonly otlp: number
  readonly grpc: number
  readonly http: number
  readonly metrics: number
}

/**
 * The base configuration, without stores: everything is written to a file that tests read. One worker, because a thread costs
 * more than most tests; a test of what happens side by side asks for two.
 */
const base = (dir: string, ports: Ports): string => `
receivers:
  otlp:
    protocols:
      grpc: { endpoint: "127.0.0.1:${ports.grpc}" }
      http: { endpoint: "127.0.0.1:${ports.otlp}" }
  observa: { endpoint: "127.0.0.1:${ports.http}" }
processors: { scrub: {}, canonicalize: {}, cost: {}, signals: {} }
exporters:
  file: { path: "${dir}/out.ndjson" }
extensions:
  api: { endpoint: "127.0.0.1:${ports.http}" }
data_dir: "${dir}/data"
queue: { min_free_bytes: 1MiB }
workers: { count: 1 }
telemetry: { metrics: { endpoint: "127.0.0.1:${ports.metrics}" }, logs: { format: json } }
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [file] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [file] }
`

/** The data directory in the configurations of `deploy/`. */
const environment = (dir: string, ports: Ports): Readonly<Record<string, string>> => ({
  OBSERVA_GRPC_ENDPOINT: `127.0.0.1:${ports.grpc}`,
  OBSERVA_OTLP_ENDPOINT: `127.0.0.1:${ports.otlp}`,
  OBSERVA_HTTP_ENDPOINT: `127.0.0.1:${ports.http}`,
  OBSERVA_METRICS_ENDPOINT: `127.0.0.1:${ports.metrics}`,
  OBSERVA_DATA_DIR: join(dir, 'data'),
  OBSERVA_QUEUE_BYTES: '1GiB',
})

export class Instance {
  /** When true, Ctrl-C does not reach the instances, so the program that started them must end them. */
  static isDetached = false
  static readonly #running = new Set<Instance>()
  readonly dir: string
  readonly ports: Ports
  readonly process: ChildProcess
  /** Everything that the process wrote to standard error. */
  stderr = ''

  /** Ends all running instances, when the program that started them is interrupted. */
  static endAll(): void {
    for (const instance of Instance.#running) instance.process.kill('SIGKILL')
  }

  /** A directory for several instances after each other. When the test ends, so does what runs there, and it is removed. */
  static async directory(t: TestContext, name: string): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), `observa-${name}-`))
    // One hook in this order: an instance that lives writes into the directory, and hooks after one that failed do not run.
    t.after(async () => {
      const here = [...Instance.#running].filter((i) => i.dir === dir)
      await Promise.all(here.map((i) => i.kill()))
      await rm(dir, { recursive: true, force: true })
    })
    return dir
  }

  private constructor(dir: string, ports: Ports, child: ChildProcess) {
    this.dir = dir
    this.ports = ports
    this.process = child
    Instance.#running.add(this)
    child.once('exit', () => Instance.#running.delete(this))
    child.stderr?.on('data', (d: Buffer) => {
      this.stderr += d.toString()
    })
  }

  /** Retries with other ports, because another test may take a port between its choice and its use. */
  static async start(options: InstanceOptions = {}): Promise<Instance> {
    const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'observa-test-')))
    for (let tries = 1; ; tries++) {
      const instance = await Instance.#launch(dir, options)
      try {
        await instance.#ready()
        return instance
      } catch (thrown) {
        await instance.kill()
        if (tries === 3 || !instance.stderr.includes('OBS_LISTEN_PORT_USED')) throw thrown
      }
    }
  }

  static async #launch(dir: string, options: InstanceOptions): Promise<Instance> {
    const ports = {
      otlp: await freePort(),
      grpc: await freePort(),
      http: await freePort(),
      metrics: await freePort(),
    }
    await writeFile(join(dir, 'base.yaml'), base(dir, ports))
    await writeFile(join(dir, 'test.yaml'), (options.config ?? '').replaceAll('$DIR', dir))
    const own = [
      join(dir, 'base.yaml'),
      ...(options.config === undefined ? [] : [join(dir, 'test.yaml')]),
    ]
    const files = (options.files ?? own).flatMap((file) => ['--config', file])
    const program = [process.execPath, MAIN, 'run', ...files]
    const [command = process.execPath, ...args] = [...(options.under ?? []), ...program]
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment(dir, ports), ...options.env },
      detached: Instance.isDetached,
    })
    return new Instance(dir, ports, child)
  }

  url(path: string, port: keyof Ports = 'otlp'): string {
    return `http://127.0.0.1:${this.ports[port]}${path}`
  }

  /** Posts a body to the OTLP port, or another one, and returns status, headers and bytes. */
  async post(
    path: string,
    body: Uint8Array | string,
    headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
    port: keyof Ports = 'otlp',
  ): Promise<{ status: number; headers: Headers; body: Buffer }> {
    const res = await fetch(this.url(path, port), {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : new Uint8Array(body),
    })
    return { status: res.status, headers: res.headers, body: Buffer.from(await res.arrayBuffer()) }
  }

  /** Value of a metric, summed over its series. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(this.url('/metrics', 'metrics'))).text()
    let sum = 0
    for (const line of text.split('\n')) {
      if (!line.startsWith(name) || !/^[ {]/.test(line.slice(name.length))) continue
      sum += Number(line.slice(line.lastIndexOf(' ') + 1))
    }
    return sum
  }

  /** Waits until every exporter has sent everything in the log. */
  async drained(): Promise<void> {
    await until(async () => (await this.metric('observa_exporter_queue_items')) === 0, 'drained')
  }

  /** Records that the file exporter wrote: events and signals. */
  async records(): Promise<Record<string, unknown>[]> {
    const text = await readFile(join(this.dir, 'out.ndjson'), 'utf8').catch(() => '')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  /** Events as a reader takes them who follows revisions; what was written twice without one stays twice. */
  async events(): Promise<Record<string, unknown>[]> {
    const events: Record<string, unknown>[] = []
    const places = new Map<unknown, number>()
    for (const line of await this.records()) {
      if (line['record'] !== 'event') continue
      const place = places.get(line['event_id'])
      const known = place === undefined ? undefined : events[place]
      if (place !== undefined && known !== undefined && isNewer(line, known))
        events[place] = withRevision(known, line)
      else places.set(line['event_id'], events.push(line) - 1)
    }
    return events
  }

  /** Resident set size of the process, MiB. */
  async rssMiB(): Promise<number> {
    const status = await readFile(`/proc/${this.process.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
  }

  get isAlive(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (!this.isAlive) return this.process.exitCode
    const exited = new Promise<void>((resolve) => this.process.once('exit', () => resolve()))
    this.process.kill(signal)
    await exited
    return this.process.exitCode
  }

  /** Drains and stops the instance and removes its directory. */
  async stop(): Promise<void> {
    await this.kill('SIGTERM')
    await rm(this.dir, { recursive: true, force: true })
  }

  async #ready(): Promise<void> {
    await until(async () => {
      assert.ok(this.isAlive, `the instance ended: ${this.stderr}`)
      const res = await fetch(this.url('/metrics', 'metrics')).catch(() => null)
      return res !== null && res.ok && this.stderr.includes('ready in')
    }, 'ready')
  }
}

function isNewer(line: Record<string, unknown>, known: Record<string, unknown>): boolean {
  return Number(line['revision'] ?? 0) > Number(known['revision'] ?? 0)
}

/** Polls a condition. Fails with its name when it does not become true in time. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  what: string,
  msMax = READY_MS_MAX,
): Promise<void> {
  const deadline = performance.now() + msMax
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not ${what} within ${msMax} ms`)
    await delay(25)
  }
}
