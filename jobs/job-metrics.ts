// The metrics of the job queue.

import { counter, gauge, histogram } from '../core/metrics.ts'

export const ENQUEUED = 'observa_jobs_enqueued_total'
export const NOT_ENQUEUED = 'observa_jobs_not_enqueued_total'
export const DONE = 'observa_jobs_done_total'
export const FAILED = 'observa_jobs_failed_total'
export const RETRIED = 'observa_jobs_retried_total'
export const RELEASED = 'observa_jobs_released_total'
export const WAITING = 'observa_jobs_waiting'
export const RUNNING = 'observa_jobs_running'
export const OLDEST = 'observa_jobs_oldest_age_seconds'
export const SECONDS = 'observa_job_duration_seconds'
export const QUEUE_UP = 'observa_jobs_queue_up'

export const JOB_METRICS = [
  counter(ENQUEUED, 'Jobs that this process put into the queue, by kind.', ['kind']),
  counter(
    NOT_ENQUEUED,
    'Jobs that were not put into the queue, by kind: `duplicate` has one of its key waiting or running, `unavailable` found no database, `full` found too many on their way.',
    ['kind', 'reason'],
  ),
  counter(DONE, 'Jobs that this process finished, by kind.', ['kind']),
  counter(FAILED, 'Jobs that failed for good in this process, by kind; kept for seven days.', [
    'kind',
  ]),
  counter(RETRIED, 'Tries that failed and are made again after 2, 4, 8 s, by kind.', ['kind']),
  counter(RELEASED, 'Jobs that this process gave back because it ended, by kind.', ['kind']),
  gauge(WAITING, 'Jobs that could run now and wait for a worker, by kind; looked at every 15 s.', [
    'kind',
  ]),
  gauge(RUNNING, 'Jobs that this process is working on, by kind.', ['kind']),
  gauge(OLDEST, 'How long the oldest waiting job could have run, by kind; an alert is right.', [
    'kind',
  ]),
  histogram(
    SECONDS,
    'How long a try of a job took, by kind.',
    [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1800],
    ['kind'],
  ),
  gauge(QUEUE_UP, '1 while the queue in Postgres answers. What needs no job goes on without it.'),
]
