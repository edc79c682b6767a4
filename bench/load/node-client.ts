// The load client for machines without Go, with the same flags and report. Node's HTTP client needs tens of microseconds for
// each request, so its own limit may show in the figures instead of the server's.

import { readFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type LiveStamps, restamp, restampLive } from '../traffic/stamp.ts'
import type { BodiesManifest } from './bodies.ts'
import type { LoadReport, Percentiles } from './client.ts'

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

interface Body {
  readonly bytes: Uint8Array
  readonly spans: number
  readonly raw: Uint32Array
  readonly hex: Uint32Array
  readonly live: LiveStamps | null
}

interface Answer {
  readonly status: number
  readonly retryAfterMs: number
  readonly rejected: number
}

class NodeClient {
  readonly #flags = parseFlags()
  readonly #agent = new Agent({ keepAlive: true, maxSockets: this.#flags.connections })
  readonly #bodies: readonly Body[]
  readonly #contentType: string
  readonly #pool: Uint8Array[] = []
  readonly #latencies: number[] = []
  readonly #lateness: number[] = []
  readonly #status: Record<string, number> = {}
  readonly #errors: Record<string, number> = {}
  #next = 0
  #onTheFly = 0
  #accepted = 0
  #rejected = 0
  #retries = 0

  constructor() {
    const manifest = JSON.parse(
      readFileSync(join(this.#flags.dir, 'bodies.json'), 'utf8'),
    ) as BodiesManifest // written by bodies.ts
    this.#contentType = manifest.contentType
    this.#bodies = manifest.bodies.map(({ file, spans, raw, hex, live }) => ({
      bytes: readFileSync(join(this.#flags.dir, file)),
      spans,
      raw: Uint32Array.from(raw),
      hex: Uint32Array.from(hex),
      live: live === undefined ? null : stampsOf(live),
    }))
  }

  async run(): Promise<LoadReport> {
    const f = this.#flags
    if (f.gzip) this.#fillPool()
    const cpu = process.cpuUsage()
    const startMs = performance.now()
    await Promise.all(Array.from({ length: f.connections }, () => this.#sendLoop(startMs)))
    const seconds = (performance.now() - startMs) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const preparationCpuSeconds = (cpu.user + cpu.system) / 1e6
    this.#agent.destroy()
    return {
      mode: f.intervalMs > 0 ? 'open' : 'closed',
      connections: f.connections,
      gzip: f.gzip,
      seconds,
      requests: Object.values(this.#status).reduce((a, b) => a + b, 0),
      spansAccepted: this.#accepted,
      spansRejected: this.#rejected,
      spansPerS: this.#accepted / seconds,
      status: this.#status,
      errors: this.#errors,
      retries: this.#retries,
      latencyMs: percentiles(this.#latencies),
      latenessMs: percentiles(this.#lateness),
      clientCpuSeconds: (user + system) / 1e6,
      preparationCpuSeconds,
      gzipOnTheFly: this.#onTheFly,
      copies: this.#next,
    }
  }

  #fillPool(): void {
    const { requests, pool } = this.#flags
    const count = requests > 0 ? Math.min(requests, pool) : pool
    for (let k = 0; k < count; k++) this.#pool.push(gzipSync(this.#stamped(k)))
  }

  async #sendLoop(startMs: number): Promise<void> {
    const f = this.#flags
    const intervalMs = f.intervalMs * this.#bodyAt(0).spans
    for (;;) {
      const k = this.#next++
      const dueMs = intervalMs > 0 ? startMs + k * intervalMs : performance.now()
      if (dueMs - startMs >= f.durationMs || (f.requests > 0 && k >= f.requests)) return
      const waitMs = dueMs - performance.now()
      if (waitMs > 0) await sleep(waitMs)
      this.#lateness.push(Math.max(0, performance.now() - dueMs))
      await this.#sendOne(k, dueMs)
    }
  }

  async #sendOne(k: number, dueMs: number): Promise<void> {
    const payload = this.#payload(k)
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#post(payload).catch((error: Error) => error)
      if (answer instanceof Error) {
        this.#errors[answer.message] = (this.#errors[answer.message] ?? 0) + 1
        await sleep(50) // a dead target must not be hammered
        return
      }
      this.#status[answer.status] = (this.#status[answer.status] ?? 0) + 1
      if ((answer.status === 429 || answer.status === 503) && this.#flags.retry && attempt < 20) {
        this.#retries++
        await sleep(answer.retryAfterMs)
        continue
      }
      this.#latencies.push(performance.now() - dueMs)
      if (answer.status === 200) {
        this.#accepted += this.#bodyAt(k).spans - answer.rejected
        this.#rejected += answer.rejected
      }
      return
    }
  }

  #payload(k: number): Uint8Array {
    const ready = this.#pool[k]
    if (ready !== undefined) return ready
    const plain = this.#stamped(k)
    if (!this.#flags.gzip) return plain
    this.#onTheFly++
    return gzipSync(plain, { level: 1 })
  }

  /** A copy, because the socket may still be reading the previous one. */
  #stamped(k: number): Uint8Array {
    const body = this.#bodyAt(k)
    const copy = Uint8Array.from(body.bytes)
    restamp(copy, body, this.#flags.firstCopy + k)
    if (body.live !== null)
      restampLive(copy, body.bytes, body.live, this.#flags.firstCopy + k, Date.now())
    return copy
  }

  #bodyAt(k: number): Body {
    const body = this.#bodies[k % this.#bodies.length]
    if (body === undefined) throw new Error(`${this.#flags.dir} holds no bodies`)
    return body
  }

  #post(payload: Uint8Array): Promise<Answer> {
    const f = this.#flags
    return new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = {
        'content-type': this.#contentType,
        'content-length': payload.length,
        ...f.headers,
      }
      if (f.gzip) headers['content-encoding'] = 'gzip'
      const sent = httpRequest(
        f.url,
        { method: 'POST', agent: this.#agent, headers, timeout: 60_000 },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              retryAfterMs: Math.max(50, Number(response.headers['retry-after'] ?? 0) * 1000),
              rejected: rejectedSpans(
                Buffer.concat(chunks),
                response.headers['content-type'] ?? '',
              ),
            })
          })
        },
      )
      sent.on('error', reject)
      sent.on('timeout', () => sent.destroy(new Error('timeout')))
      sent.end(payload)
    })
  }
}

function stampsOf(live: NonNullable<BodiesManifest['bodies'][number]['live']>): LiveStamps {
  const { at, slot, times } = live
  return {
    ...live,
    at: Uint32Array.from(at),
    slot: Uint32Array.from(slot),
    times: Uint32Array.from(times),
  }
}

/** The rejected spans in a JSON response, or in protobuf { 1: { 1: varint } } with a message shorter than 128 bytes. */
function rejectedSpans(content: Buffer, contentType: string): number {
  if (contentType.includes('json')) {
    const parsed = JSON.parse(content.toString() || '{}') as {
      partialSuccess?: { rejectedSpans?: string | number }
    }
    return Number(parsed.partialSuccess?.rejectedSpans ?? 0)
  }
  if (content[0] !== 0x0a || content[2] !== 0x08) return 0
  let value = 0
  for (let at = 3, scale = 1; at < content.length; at++, scale *= 128) {
    const byte = content[at] ?? 0
    value += (byte & 127) * scale
    if (byte < 128) break
  }
  return value
}

function percentiles(samples: number[]): Percentiles {
  if (samples.length === 0) return { p50: 0, p95: 0, p99: 0, max: 0, mean: 0 }
  const sorted = Float64Array.from(samples).sort()
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0
  const mean = samples.reduce((a, b) => a + b, 0) / samples.length
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1), mean }
}

function parseFlags() {
  // The Go client accepts -flag, but parseArgs only --flag.
  const args = process.argv.slice(2).map((arg) => arg.replace(/^-(?!-)/, '--'))
  const string = { type: 'string' } as const
  const { values } = parseArgs({
    args,
    options: {
      url: string,
      dir: string,
      mode: string,
      rate: string,
      connections: string,
      duration: string,
      requests: string,
      pool: string,
      headers: string,
      'first-copy': string,
      gzip: { type: 'boolean' },
      retry: { type: 'boolean' },
    },
  })
  const url = new URL(values.url ?? '')
  if (url.protocol !== 'http:' || !LOOPBACK.test(url.hostname))
    throw new Error(`${url.hostname} is not a loopback address; only loopback is allowed`)
  const rate = Number(values.rate ?? 0)
  return {
    url,
    dir: values.dir ?? '',
    /** Milliseconds for each span; 0 means a closed loop. */
    intervalMs: values.mode === 'open' ? 1000 / rate : 0,
    connections: Number(values.connections ?? 8),
    durationMs: Number.parseFloat(values.duration ?? '6') * 1000,
    requests: Number(values.requests ?? 0),
    pool: Number(values.pool ?? 500),
    firstCopy: Number(values['first-copy'] ?? 0),
    gzip: values.gzip === true,
    retry: values.retry === true,
    headers: Object.fromEntries(
      (values.headers ?? '')
        .split('|')
        .filter((line) => line !== '')
        .map((line) => [
          line.slice(0, line.indexOf(':')),
          line.slice(line.indexOf(':') + 1).trim(),
        ]),
    ) as Record<string, string>,
  }
}

process.stdout.write(`${JSON.stringify(await new NodeClient().run())}\n`)
