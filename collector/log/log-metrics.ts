// The metrics of the log.

import { counter, gauge, type Metrics } from '../../core/metrics.ts'

export const LOG_METRICS = [
  counter('observa_log_appended_records_total', 'Records appended to the log.'),
  counter('observa_log_appended_bytes_total', 'Bytes appended to the log.'),
  counter('observa_log_refused_total', 'Appends refused, by reason.', ['code']),
  counter('observa_log_commits_total', 'Syncs, rotations and their failures.', ['event']),
  counter('observa_log_damaged_total', 'Records and parts found unreadable.', ['what']),
  gauge(
    'observa_log_needed_bytes',
    'Bytes of the log that at least one exporter still has to send.',
  ),
  gauge('observa_log_bytes_max', 'Limit of observa_log_needed_bytes.'),
  gauge('observa_log_cached_bytes', 'Bytes of recent records that are kept in memory.'),
  gauge('observa_log_pending_bytes', 'Bytes of appends that wait for the disk.'),
  gauge('observa_log_segments', 'Segment files.'),
  gauge('observa_log_disk_free_bytes', 'Free bytes of the disk of the log.'),
  gauge('observa_log_read_only', '1 when the log takes no more data.'),
]

export function declareLogMetrics(metrics: Metrics, collect: () => void): void {
  metrics.declare(LOG_METRICS)
  metrics.onCollect(collect)
}
