// The item counts of an exporter: every item that was appended to the log for it is sent, dead-lettered, damaged, or
// still queued. The cursor stores the counts, so they continue after a restart.

import { counter, gauge, type Metrics } from '../../core/metrics.ts'
import type { CursorState } from './cursor.ts'

export interface ItemCounts {
  /** Items ever appended to the log for this exporter, by the log's own count. */
  readonly appended: number
  /** Items that were appended before this cursor began, which happens when the cursor was lost. */
  readonly base: number
  readonly sent: number
  readonly deadLettered: number
  /** Items that could not be read because the disk was damaged. */
  readonly damaged: number
  /** Items that were never sent, because the exporter was further behind than its `max_lag`. */
  readonly skipped: number
  /** Items in the log that are not done, including those in flight. */
  readonly queued: number
}

/** The counts, for which always appended = base + sent + deadLettered + damaged + skipped + queued. */
export function itemCountsOf(state: CursorState, appended: number): ItemCounts {
  const { base, sent, deadLettered, damaged, skipped } = state
  const queued = appended - base - sent - deadLettered - damaged - skipped
  return { appended, base, sent, deadLettered, damaged, skipped, queued }
}

export interface QueueView {
  readonly counts: ItemCounts
  readonly ageMs: number
  readonly lagBytes: number
}

const ITEMS_METRIC = 'observa_exporter_items'

/** Declares the metrics of all senders, and sets the gauges of this sender at each collection. */
export function collectItemMetrics(metrics: Metrics, labels: string, view: () => QueueView): void {
  metrics.declare(SENDER_METRICS)
  metrics.onCollect(() => {
    const { counts, ageMs, lagBytes } = view()
    metrics.set('observa_exporter_queue_items', labels, counts.queued)
    metrics.set('observa_exporter_queue_age_seconds', labels, ageMs / 1000)
    metrics.set('observa_exporter_lag_bytes', labels, lagBytes)
    for (const [state, items] of Object.entries(counts))
      metrics.set(ITEMS_METRIC, `${labels},state="${state}"`, items)
  })
}

export const SENDER_METRICS = [
  counter('otelcol_exporter_sent_spans', 'Items that the destination accepted.', ['exporter']),
  counter('otelcol_exporter_send_failed_spans', 'Items that the destination refused for good.', [
    'exporter',
  ]),
  gauge('observa_exporter_queue_items', 'Items in the log that are not sent yet.', ['exporter']),
  gauge('observa_exporter_queue_age_seconds', 'Age of the oldest item that is not sent yet.', [
    'exporter',
  ]),
  gauge(
    'observa_exporter_lag_bytes',
    'Bytes of the log that the exporter still needs, in whole segments.',
    ['exporter'],
  ),
  counter(
    'observa_exporter_skipped_items_total',
    'Items that were never sent because the exporter was too far behind.',
    ['exporter'],
  ),
  counter('observa_exporter_retries_total', 'Failed attempts that are retried, by code.', [
    'exporter',
    'code',
  ]),
  gauge(
    'observa_exporter_breaker_state',
    'State of the circuit breaker: 0 closed, 1 half-open, 2 open.',
    ['exporter'],
  ),
  counter('observa_dead_letter_items_total', 'Items dead-lettered, by code.', ['exporter', 'code']),
  counter(
    'observa_dead_letter_dropped_items_total',
    'Items of dead letters that were dropped to make room.',
    ['exporter'],
  ),
  counter('observa_cursor_write_failed_total', 'Cursor writes that failed.', ['exporter']),
  gauge(ITEMS_METRIC, 'Items of the exporter by state; appended is the sum of the others.', [
    'exporter',
    'state',
  ]),
]
