// The OpenTelemetry Collector with its persistent queue, as a subject of drills.

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { collectorBinary, hasCollector } from '../../bench/peers/build.ts'
import { until } from '../instance.ts'
import { freePort } from '../ports.ts'
import type { Target } from './client.ts'

const CONFIG = join(import.meta.dirname, '../../bench/peers/configs/queue.yaml')
const QUEUE = /^otelcol_exporter_queue_size\{[^}]*\} (\S+)$/gm

/** The reason why the Collector cannot run on this machine; null if it can. */
export function missingCollector(): string | null {
  return hasCollector()
    ? null
    : 'the OpenTelemetry Collector is not built: `node bench/peers/build.ts`, which needs Go'
}

export class Collector implements Target {
  readonly #process: ChildProcess
  readonly #otlp: number
  readonly #metrics: number
  #stderr = ''

  private constructor(child: ChildProcess, otlp: number, metrics: number) {
    this.#process = child
    this.#otlp = otlp
    this.#metrics = metrics
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4000)
    })
  }

  /** `storage` is the directory of the queue. */
  static async start(storage: string, sinkUrl: string): Promise<Collector> {
    const [otlp, metrics] = [await freePort(), await freePort()]
    const child = spawn(collectorBinary(), [`--config=${CONFIG}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        PEER_STORAGE: storage,
        PEER_SINK_URL: sinkUrl,
        PEER_OTLP_PORT: String(otlp),
        PEER_METRICS_PORT: String(metrics),
      },
    })
    const collector = new Collector(child, otlp, metrics)
    await until(async () => {
      if (!collector.isAlive) throw new Error(`the Collector ended: ${collector.#stderr}`)
      return (await collector.post('/v1/traces', '{}').catch(() => null))?.status === 200
    }, 'ready')
    return collector
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  async post(path: string, body: string): Promise<{ status: number; body: Buffer }> {
    const res = await fetch(`http://127.0.0.1:${this.#otlp}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    return { status: res.status, body: Buffer.from(await res.arrayBuffer()) }
  }

  /** Waits until the queue is empty, and has been for a moment: what consumers hold is not in its size. */
  async drained(): Promise<void> {
    let emptySince = 0
    await until(async () => {
      const text = await (await fetch(`http://127.0.0.1:${this.#metrics}/metrics`)).text()
      const waiting = [...text.matchAll(QUEUE)].reduce((sum, m) => sum + Number(m[1]), 0)
      if (waiting > 0) emptySince = 0
      else if (emptySince === 0) emptySince = performance.now()
      return emptySince > 0 && performance.now() - emptySince > 3000
    }, 'drained')
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (!this.isAlive) return this.#process.exitCode
    const exited = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()))
    this.#process.kill(signal)
    await exited
    return this.#process.exitCode
  }
}
