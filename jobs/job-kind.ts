// What a kind of job is: a name, what its payload looks like and how it is run. Whoever enqueues needs the kind alone, whoever
// works it the handler too.

import type { Logger } from 'pino'
import type { z } from 'zod'

export interface JobKind<Payload = unknown> {
  /** Words with dots, the subject first: `sessions.clean`. Part of metrics, so there are few. */
  readonly name: string
  /** Checked when a job is enqueued and again when it is worked: an older version may have written it. */
  readonly payload: z.ZodType<Payload>
  /** How many one process works at once. */
  readonly concurrency: number
  /** A run that takes longer is aborted and counts as failed. */
  readonly timeoutMs: number
  /** After the first try; with 2, 4, 8 .. s in between. */
  readonly retries: number
  /** Enqueued by itself: once in each span of so many seconds, however many workers there are. A day at most. */
  readonly everySeconds: number | null
}

export type JobKindOptions<Payload> = Pick<JobKind<Payload>, 'name' | 'payload'> &
  Partial<JobKind<Payload>>

export function defineJobKind<Payload>(options: JobKindOptions<Payload>): JobKind<Payload> {
  return { concurrency: 2, timeoutMs: 60_000, retries: 3, everySeconds: null, ...options }
}

export interface RunningJob<Payload> {
  readonly id: string
  readonly payload: Payload
  /** 1 for the first try. */
  readonly attempt: number
  /** Aborts when the time is up, another worker has taken the job over, or the process ends: stop, and throw. */
  readonly signal: AbortSignal
  readonly log: Logger
}

export interface JobHandler<Payload = unknown> {
  readonly kind: JobKind<Payload>
  /**
   * Does the work. May run twice for one job, for a worker can die after the work and before it said so. What it throws is
   * logged by its code alone. Throw a `PermanentJobError` when another try cannot help.
   */
  run(job: RunningJob<Payload>): Promise<void>
}

/** For lists of handlers of different payloads: each is given only what its own schema parsed. */
export type AnyJobHandler = JobHandler<unknown>

/** Another try would end the same way: the job fails at once. */
export class PermanentJobError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'PermanentJobError'
    this.code = code
  }
}
