// Explains payloads one after another in a separate thread, so that no payload can block the main thread. The thread is started on demand
// and ends after a time without requests.

import { Worker } from 'node:worker_threads'
import { ObservaError } from '../../core/errors.ts'
import { gauge, type Metrics } from '../../core/metrics.ts'
import type { Explained } from '../../core/operations.ts'
import type { ExplainTask } from './explain-thread.ts'

const WAITING_MAX = 4
const TIME_MS_MAX = 15_000
const IDLE_MS_MAX = 60_000
const HEAP_MB_MAX = 512

const WAITING = 'observa_explain_requests'

export const EXPLAIN_METRICS = [
  gauge(WAITING, `Payloads that are being explained or wait for it; at most ${WAITING_MAX}.`),
]

interface Reply {
  readonly answer?: Explained
  readonly error?: string
}

export class Explainer {
  readonly #metrics: Metrics
  #thread: Worker | null = null
  #idle: NodeJS.Timeout | null = null
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  /** Explains a payload. Resolves with null if too many requests are waiting. */
  async explain(task: ExplainTask): Promise<Explained | null> {
    if (this.#waiting >= WAITING_MAX) return null
    this.#count(1)
    const run = this.#last.then(() => this.#run(task))
    // The next request runs even if this one fails; its own caller gets the error.
    this.#last = run.catch(() => undefined)
    try {
      return await run
    } finally {
      this.#count(-1)
    }
  }

  async stop(): Promise<void> {
    if (this.#idle !== null) clearTimeout(this.#idle)
    await this.#thread?.terminate()
    this.#thread = null
  }

  #count(by: number): void {
    this.#waiting += by
    this.#metrics.set(WAITING, '', this.#waiting)
  }

  async #run(task: ExplainTask): Promise<Explained> {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#thread ??= this.#start()
    const thread = this.#thread
    try {
      const { answer, error } = await replyOf(thread, task)
      if (answer !== undefined) return answer
      throw new ObservaError('OBS_EXPLAIN_FAILED', `the payload cannot be explained: ${error}`)
    } catch (thrown) {
      if (!(thrown instanceof ObservaError) || thrown.code !== 'OBS_EXPLAIN_FAILED') {
        // The thread hangs or has died, so the next request starts a new one.
        this.#thread = null
        await thread.terminate()
      }
      throw thrown
    } finally {
      this.#idle = setTimeout(() => void this.stop(), IDLE_MS_MAX).unref()
    }
  }

  #start(): Worker {
    const thread = new Worker(new URL(`./explain-thread${extension()}`, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    })
    thread.unref()
    return thread
  }
}

/** The file of the thread, which ends in `.ts` in the source tree and in `.js` in a build. */
const extension = (): string => (import.meta.url.endsWith('.ts') ? '.ts' : '.js')

function replyOf(thread: Worker, task: ExplainTask): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => done(() => reject(tooMuch(`took longer than ${TIME_MS_MAX / 1000} s`))),
      TIME_MS_MAX,
    )
    const onMessage = (reply: Reply): void => done(() => resolve(reply))
    const onEnd = (): void => done(() => reject(tooMuch('needed more memory than it may')))
    const done = (settle: () => void): void => {
      clearTimeout(late)
      thread.off('message', onMessage).off('exit', onEnd).off('error', onEnd)
      settle()
    }
    thread.once('message', onMessage).once('exit', onEnd).once('error', onEnd)
    thread.postMessage(task)
  })
}

const tooMuch = (what: string): ObservaError =>
  new ObservaError('OBS_EXPLAIN_TOO_MUCH', `the payload ${what}.`, 'Send fewer spans at once.')
