// The books of an exporter: every item appended to the log for it is sent, dead-lettered, found unreadable,
// or still queued. All counts are kept in the cursor, so they go on after a restart.

import { counter, gauge, type Metrics } from '../../core/metrics.ts'
import type { CursorState } from './cursor.ts'

export interface ItemCounts {
  /** Items ever appended to the log for this exporter, from the log's own count. */
  readonly appended: number
  /** Correction: items that went by before this cursor began (an exporter whose cursor was lost begins anew). */
  readonly base: number
  readonly sent: number
  readonly deadLettered: number
  /** Lost to damage of the disk, found while reading. */
  readonly damaged: number
  /** In the log and not done, including what is in flight. */
  readonly queued: number
}

/** appended = base + sent + deadLettered + damaged + queued, always. */
export function itemCountsOf(state: CursorState, appended: number): ItemCounts {
  const { base, sent, deadLettered, damaged } = state
  const queued = appended - base - sent - deadLettered - damaged
  return { appended, base, sent, deadLettered, damaged, queued }
}

export interface QueueView {
  readonly counts: ItemCounts
  readonly ageMs: number
}

const ITEMS_METRIC = 'observa_exporter_items'

/** Declares the metrics of all senders and sets the gauges of one at each collection. */
export function collectItemMetrics(metrics: Metrics, labels: string, view: () => QueueView): void {
  metrics.declare(SENDER_METRICS)
  metrics.onCollect(() => {
    const { counts, ageMs } = view()
    metrics.set('observa_exporter_queue_items', labels, counts.queued)
    metrics.set('observa_exporter_queue_age_seconds', labels, ageMs / 1000)
    for (const [state, items] of Object.entries(counts))
      metrics.set(ITEMS_METRIC, `${labels},state="${state}"`, items)
  })
}

export const SENDER_METRICS = [
  counter('otelcol_exporter_sent_spans', 'Items a destination took.', ['exporter']),
  counter('otelcol_exporter_send_failed_spans', 'Items a destination refused for good.', [
    'exporter',
  ]),
  gauge('observa_exporter_queue_items', 'Items in the log that are not sent yet.', ['exporter']),
  gauge('observa_exporter_queue_age_seconds', 'Age of the oldest item in flight.', ['exporter']),
  counter('observa_exporter_retries_total', 'Attempts that failed and were repeated.', [
    'exporter',
    'code',
  ]),
  gauge('observa_exporter_breaker_state', '0 closed, 1 half-open, 2 open.', ['exporter']),
  counter('observa_dead_letter_items_total', 'Items dead-lettered, by code.', ['exporter', 'code']),
  counter('observa_dead_letter_dropped_items_total', 'Dead letters dropped for want of room.', [
    'exporter',
  ]),
  counter('observa_cursor_write_failed_total', 'Cursor writes that failed.', ['exporter']),
  gauge(ITEMS_METRIC, 'Items of the exporter by state; appended is the sum of the others.', [
    'exporter',
    'state',
  ]),
]
