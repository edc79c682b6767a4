// The metrics of the log, by name.

import type { Metrics } from '../../core/metrics.ts'

const DECLARED = [
  ['observa_log_appended_records_total', 'counter', 'Records appended to the log'],
  ['observa_log_appended_bytes_total', 'counter', 'Bytes appended to the log'],
  ['observa_log_refused_total', 'counter', 'Appends refused, by reason'],
  ['observa_log_commits_total', 'counter', 'Syncs, rotations and their failures'],
  ['observa_log_damaged_total', 'counter', 'Records and parts found unreadable'],
  ['observa_log_needed_bytes', 'gauge', 'Bytes some exporter still has to send'],
  ['observa_log_bytes_max', 'gauge', 'Limit of observa_log_needed_bytes'],
  ['observa_log_cached_bytes', 'gauge', 'Bytes of the log held in memory'],
  ['observa_log_pending_bytes', 'gauge', 'Bytes waiting for the disk'],
  ['observa_log_segments', 'gauge', 'Segment files'],
  ['observa_log_disk_free_bytes', 'gauge', 'Free bytes of the disk of the log'],
  ['observa_log_read_only', 'gauge', '1 when the log takes no more data'],
] as const

export function declareLogMetrics(metrics: Metrics, collect: () => void): void {
  for (const [name, kind, help] of DECLARED) metrics.declare(name, kind, help)
  metrics.onCollect(collect)
}
