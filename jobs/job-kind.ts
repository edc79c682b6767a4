// A kind of job has a name, a schema for its payload and limits for its runs. Code that enqueues jobs needs the kind only.
// A worker needs its handler too.

import type { Logger } from 'pino'
import type { z } from 'zod'

export interface JobKind<Payload = unknown> {
  /** Words separated by dots, the subject first: `sessions.clean`. It is a label of metrics, so there are few kinds. */
  readonly name: string
  /** Validates the payload when a job is enqueued, and again before a run, because an older version may have enqueued it. */
  readonly payload: z.ZodType<Payload>
  /** How many jobs of this kind one process runs at a time. */
  readonly concurrency: number
  /** A run that takes longer is aborted and counts as failed. */
  readonly timeoutMs: number
  /** The number of further attempts after the first one failed. They follow after 2, 4, 8, … s. */
  readonly retries: number
  /**
   * The interval of a repeated job, at most a day. Workers enqueue it once in each interval, however many workers there
   * are. Null for a job that is not repeated.
   */
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
  /** The number of this attempt, beginning with 1. */
  readonly attempt: number
  /**
   * Aborted when the job exceeds its time limit, when another worker has taken the job, or when the process ends. The
   * handler must then stop and throw.
   */
  readonly signal: AbortSignal
  readonly log: Logger
}

export interface JobHandler<Payload = unknown> {
  readonly kind: JobKind<Payload>
  /**
   * Runs the job. A job may run twice, because a worker can die between finishing the work and reporting it. Of an error only
   * the code is logged. Throw a `PermanentJobError` if another attempt would fail too.
   */
  run(job: RunningJob<Payload>): Promise<void>
}

/** A handler of any payload, for lists. Each handler receives only payloads that its own schema has parsed. */
export type AnyJobHandler = JobHandler<unknown>

/** Thrown by a handler if another attempt would fail in the same way. The job then fails without further attempts. */
export class PermanentJobError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'PermanentJobError'
    this.code = code
  }
}
