// The clients of a drill: they send numbered spans, retry refused requests as OTLP clients do, and record what was
// acknowledged. With `copies` they send each request twice at once, and earlier ones again.

import { setTimeout as delay } from 'node:timers/promises'
import { type Books, requestOf, SPANS_PER_REQUEST } from './books.ts'

/** Wait before a retry. Shorter than real clients wait, to make more attempts in the same time. */
const RETRY_MS = 20

/** The destination of clients: an instance or a peer. */
export interface Target {
  readonly isAlive: boolean
  post(path: string, body: string): Promise<{ readonly status: number; readonly body: Buffer }>
}

export interface ClientOptions {
  readonly copies: boolean
  readonly random: () => number
  /** Bytes to add to each span. */
  readonly padding?: number
  isOver(): boolean
}

export class Clients {
  readonly #books: Books
  /** Number of responses by status; `cut` for connections that broke. */
  readonly answers = new Map<string, number>()
  /** Requests that had no response when their instance died. The next clients with `copies` send them again. */
  readonly #unanswered: number[] = []

  constructor(books: Books) {
    this.#books = books
  }

  /** Sends from `count` clients until `isOver` or until the instance has ended. */
  async run(instance: Target, count: number, options: ClientOptions): Promise<void> {
    const ended = (): boolean => options.isOver() || !instance.isAlive
    const client = async (): Promise<void> => {
      while (!ended()) {
        const again = options.copies ? this.#unanswered.pop() : undefined
        await this.#deliver(instance, again ?? this.#books.next(), options, ended)
        if (options.copies && options.random() < 0.25) await this.#old(instance, options)
      }
    }
    await Promise.all(Array.from({ length: count }, client))
  }

  /** Sends one request until it is accepted. */
  async once(instance: Target): Promise<void> {
    const none = { copies: false, random: () => 0, isOver: () => false }
    await this.#deliver(instance, this.#books.next(), none, () => !instance.isAlive)
  }

  async #deliver(
    instance: Target,
    first: number,
    options: ClientOptions,
    ended: () => boolean,
  ): Promise<void> {
    const body = requestOf(first, options.padding)
    for (;;) {
      const posts = [this.#post(instance, first, body)]
      if (options.copies) posts.push(this.#post(instance, first, body))
      if ((await Promise.all(posts)).includes(true)) return
      if (ended()) break
      await delay(RETRY_MS)
    }
    this.#unanswered.push(first)
  }

  /** Sends any earlier request again, whatever became of it. */
  async #old(instance: Target, { random, padding }: ClientOptions): Promise<void> {
    const requests = this.#books.issued / SPANS_PER_REQUEST
    const first = Math.floor(random() * requests) * SPANS_PER_REQUEST
    await this.#post(instance, first, requestOf(first, padding))
  }

  async #post(instance: Target, first: number, body: string): Promise<boolean> {
    const res = await instance.post('/v1/traces', body).catch(() => null)
    const answer = res === null ? 'cut' : String(res.status)
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1)
    if (res?.status !== 200) return false
    // After a partial success it is unknown which spans were stored. Drills send nothing that could be rejected, so this is
    // an error.
    if (/rejected/i.test(res.body.toString())) throw new Error(`rejected: ${res.body.toString()}`)
    this.#books.acknowledge(first)
    return true
  }
}
