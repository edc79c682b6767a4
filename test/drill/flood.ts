// A flood in a thread of its own: sends numbered requests at a fixed rate, whether or not earlier ones were answered, and counts
// the answers. The thread that measures another client is not delayed by it.

import { connect, type Socket } from 'node:net'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { NumberedBodies, SPANS_PER_REQUEST } from './books.ts'

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

/** Most requests that are begun in one turn, so that answers are read meanwhile when the flood is late. */
const TURN_REQUESTS = 16

/** A connection on which one request is sent at a time. */
interface Connection {
  readonly socket: Socket
  /** Called once with what became of the request that runs; null while none does. */
  onAnswer: ((answer: string, head: string) => void) | null
  /** What came of the answer, without its body. */
  head: string
  /** Bytes of the answer's body that are still to come. */
  left: number
  /** The request that runs has no answer by then. */
  lateAtMs: number
}

/**
 * Written for little work per request, on sockets instead of `node:http`: a client that needs more of its processor than there is
 * would measure itself, and so would the other client on the same one.
 */
class Flood {
  readonly #options: FloodOptions
  readonly #bodies: NumberedBodies
  readonly #connections = new Set<Connection>()
  readonly #free: Connection[] = []
  readonly #answers: Record<string, number> = {}
  readonly #acknowledged: number[] = []
  #withoutRetryAfter = 0
  #sent = 0

  constructor(options: FloodOptions) {
    this.#options = options
    this.#bodies = new NumberedBodies(options.padding)
  }

  async run(): Promise<FloodResult> {
    const { perSecond, durationMs } = this.#options
    const late = setInterval(() => this.#endLate(), 100)
    const endMs = performance.now() + durationMs
    await (perSecond === null ? this.#closed(endMs) : this.#open(perSecond, endMs))
    clearInterval(late)
    for (const { socket } of this.#connections) socket.destroy()
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
      const most = Math.min(due, this.#sent + TURN_REQUESTS)
      while (this.#sent < most) {
        const answer = this.#send().finally(() => waiting.delete(answer))
        waiting.add(answer)
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await Promise.all(waiting)
  }

  #send(): Promise<void> {
    const { port, key, timeoutMs } = this.#options
    const first = this.#options.first + this.#sent++ * SPANS_PER_REQUEST
    const body = this.#bodies.of(first)
    const at = this.#free.pop() ?? this.#connect(port)
    const { promise, resolve } = Promise.withResolvers<void>()
    at.lateAtMs = performance.now() + timeoutMs
    at.onAnswer = (answer, head) => {
      this.#answers[answer] = (this.#answers[answer] ?? 0) + 1
      const isRefused = answer === '429' || answer === '503'
      if (isRefused && !/^retry-after:/im.test(head)) this.#withoutRetryAfter++
      if (answer === '200') this.#acknowledged.push(first)
      resolve()
    }
    at.socket.cork()
    at.socket.write(
      `POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nauthorization: Bearer ${key}\r\n\r\n`,
    )
    at.socket.write(body)
    at.socket.uncork()
    return promise
  }

  #connect(port: number): Connection {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    const at: Connection = { socket, onAnswer: null, head: '', left: 0, lateAtMs: 0 }
    this.#connections.add(at)
    socket.on('data', (chunk: Buffer) => this.#read(at, chunk))
    socket.on('error', () => {})
    socket.on('close', () => this.#end(at, 'cut'))
    return at
  }

  #read(at: Connection, chunk: Buffer): void {
    if (at.left > 0) at.left -= chunk.length
    else {
      at.head += chunk.toString('latin1')
      const end = at.head.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/^content-length: *(\d+)/im.exec(at.head)?.[1] ?? 0)
      at.left = length - (at.head.length - end - 4)
    }
    if (at.left > 0) return
    const { head, onAnswer } = at
    at.head = ''
    at.onAnswer = null
    onAnswer?.(head.slice(9, 12), head)
    if (/^connection: *close/im.test(head)) this.#end(at, 'cut')
    else this.#free.push(at)
  }

  /** The connection is of no more use. A request that still runs on it has no answer. */
  #end(at: Connection, why: 'cut' | 'timeout'): void {
    if (!this.#connections.delete(at)) return
    const free = this.#free.indexOf(at)
    if (free >= 0) this.#free.splice(free, 1)
    at.onAnswer?.(why, '')
    at.onAnswer = null
    at.socket.destroy()
  }

  #endLate(): void {
    const now = performance.now()
    for (const at of this.#connections)
      if (at.onAnswer !== null && at.lateAtMs < now) this.#end(at, 'timeout')
  }
}

if (parentPort !== null && isFloodOptions(workerData))
  parentPort.postMessage(await new Flood(workerData).run())

function isFloodOptions(data: unknown): data is FloodOptions {
  return typeof data === 'object' && data !== null && 'perSecond' in data && 'inFlight' in data
}
