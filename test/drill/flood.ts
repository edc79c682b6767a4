// A flood in a thread of its own: sends numbered requests at a fixed rate, whether or not earlier ones were answered, and counts
// the answers. The thread that measures another client is not delayed by it.

import { Agent, request } from 'node:http'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { requestOf, SPANS_PER_REQUEST } from './books.ts'

export interface FloodOptions {
  readonly port: number
  readonly key: string
  /** Requests a second; null: as many as `inFlight` at once, each after the answer to the one before. */
  readonly perSecond: number | null
  readonly inFlight: number
  readonly durationMs: number
  /** Number of the first span. */
  readonly first: number
  /** Bytes to add to each span. */
  readonly padding: number
  readonly timeoutMs: number
}

export interface FloodResult {
  readonly sent: number
  /** The number of responses by status. `timeout` counts requests without a response in time, `cut` broken connections. */
  readonly answers: Readonly<Record<string, number>>
  /** Refusals with 429 or 503 that do not say when to come again. */
  readonly withoutRetryAfter: number
  /** First spans of the requests that were answered with 200. */
  readonly acknowledged: readonly number[]
}

/** Runs a flood to its end, which is `durationMs` and the answers to the last requests. */
export function flood(options: FloodOptions): Promise<FloodResult> {
  const { promise, resolve, reject } = Promise.withResolvers<FloodResult>()
  const worker = new Worker(new URL(import.meta.url), { workerData: options })
  worker.once('message', (result: FloodResult) => resolve(result))
  worker.once('error', reject)
  return promise
}

class Flood {
  readonly #options: FloodOptions
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  readonly #answers: Record<string, number> = {}
  readonly #acknowledged: number[] = []
  #withoutRetryAfter = 0
  #sent = 0

  constructor(options: FloodOptions) {
    this.#options = options
  }

  async run(): Promise<FloodResult> {
    const { perSecond, durationMs } = this.#options
    const endMs = performance.now() + durationMs
    await (perSecond === null ? this.#closed(endMs) : this.#open(perSecond, endMs))
    this.#agent.destroy()
    return {
      sent: this.#sent,
      answers: this.#answers,
      withoutRetryAfter: this.#withoutRetryAfter,
      acknowledged: this.#acknowledged,
    }
  }

  async #closed(endMs: number): Promise<void> {
    const client = async (): Promise<void> => {
      while (performance.now() < endMs) await this.#send()
    }
    await Promise.all(Array.from({ length: this.#options.inFlight }, client))
  }

  async #open(perSecond: number, endMs: number): Promise<void> {
    const startMs = performance.now()
    const waiting = new Set<Promise<void>>()
    for (let now = startMs; now < endMs; now = performance.now()) {
      const due = Math.floor(((now - startMs) / 1000) * perSecond)
      while (this.#sent < due) {
        const answer = this.#send().finally(() => waiting.delete(answer))
        waiting.add(answer)
      }
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await Promise.all(waiting)
  }

  #send(): Promise<void> {
    const { port, key, padding, timeoutMs } = this.#options
    const first = this.#options.first + this.#sent++ * SPANS_PER_REQUEST
    const body = Buffer.from(requestOf(first, padding))
    const { promise, resolve } = Promise.withResolvers<void>()
    let isAnswered = false
    const answered = (answer: string): void => {
      if (isAnswered) return
      isAnswered = true
      this.#answers[answer] = (this.#answers[answer] ?? 0) + 1
      resolve()
    }
    const req = request({
      host: '127.0.0.1',
      port,
      path: '/v1/traces',
      method: 'POST',
      agent: this.#agent,
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        authorization: `Bearer ${key}`,
      },
    })
    const timer = setTimeout(() => {
      answered('timeout')
      req.destroy()
    }, timeoutMs)
    req.on('response', (res) => {
      clearTimeout(timer)
      const isRefused = res.statusCode === 429 || res.statusCode === 503
      if (isRefused && res.headers['retry-after'] === undefined) this.#withoutRetryAfter++
      if (res.statusCode === 200) this.#acknowledged.push(first)
      answered(String(res.statusCode))
      res.resume()
    })
    // A refused request may be answered before its body was read; what breaks behind the answer is no fault.
    req.on('error', () => {
      clearTimeout(timer)
      answered('cut')
    })
    req.end(body)
    return promise
  }
}

if (parentPort !== null && isFloodOptions(workerData))
  parentPort.postMessage(await new Flood(workerData).run())

function isFloodOptions(data: unknown): data is FloodOptions {
  return typeof data === 'object' && data !== null && 'perSecond' in data && 'inFlight' in data
}
