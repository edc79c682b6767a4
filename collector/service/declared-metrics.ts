// The metrics of the process itself, by part. A component declares its metrics in its factory. `docs/metrics.md` is
// generated from both.

import { DIRECTORY_METRICS } from '../../accounts/key-directory.ts'
import { QUOTA_METRICS } from '../../accounts/quota-keeper.ts'
import type { MetricsOfPart } from '../../config/documents/metrics-page.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { Metrics } from '../../core/metrics.ts'
import { ARCHIVE_METRICS } from '../../jobs/archive/archive-expired.ts'
import { JOB_METRICS } from '../../jobs/job-metrics.ts'
import { RETENTION_METRICS } from '../../jobs/retention/retention.ts'
import { NOTIFICATION_METRICS } from '../../notifications/notification-metrics.ts'
import { SEMANTIC_METRICS } from '../../semantic/semantic-metrics.ts'
import { DELETION_METRICS } from '../deletions/local-deletions.ts'
import { DETECTION_METRICS } from '../detection/detection-loop.ts'
import { CONNECTION_METRICS } from '../http/connection-limits.ts'
import { TLS_METRICS } from '../http/tls-files.ts'
import { ADMISSION_METRICS } from '../intake/admission.ts'
import { PIPELINE_METRICS } from '../intake/pipeline.ts'
import { LEDGER_METRICS } from '../ledger/ledger-metrics.ts'
import { LOG_METRICS } from '../log/log-metrics.ts'
import { EXPLAIN_METRICS } from '../operations/explainer.ts'
import { SENDER_METRICS } from '../sender/item-accounting.ts'
import { SENTRY_METRICS } from '../sentry/sentry-transport.ts'
import { TAP_METRICS } from '../tap/tap-hub.ts'
import { POOL_METRICS } from '../worker/pool.ts'
import { PROCESS_METRICS } from './metrics-endpoint.ts'
import { RELOAD_METRICS } from './reload.ts'

export const PARTS: readonly MetricsOfPart[] = [
  { part: 'The process', metrics: [...PROCESS_METRICS, ...RELOAD_METRICS, ...EXPLAIN_METRICS] },
  { part: 'Error reports', metrics: SENTRY_METRICS },
  {
    part: 'Requests in flight',
    metrics: [...CONNECTION_METRICS, ...TLS_METRICS, ...ADMISSION_METRICS, ...PIPELINE_METRICS],
  },
  { part: 'The control plane', metrics: [...DIRECTORY_METRICS, ...QUOTA_METRICS] },
  { part: 'Deletions', metrics: DELETION_METRICS },
  { part: 'Retention and archive', metrics: [...RETENTION_METRICS, ...ARCHIVE_METRICS] },
  { part: 'Jobs', metrics: JOB_METRICS },
  { part: 'Notifications', metrics: NOTIFICATION_METRICS },
  { part: 'Workers', metrics: POOL_METRICS },
  { part: 'The tap', metrics: TAP_METRICS },
  { part: 'The usage ledger', metrics: LEDGER_METRICS },
  { part: 'The log', metrics: LOG_METRICS },
  { part: 'Signals about traces and trends', metrics: DETECTION_METRICS },
  { part: 'Texts after storage', metrics: SEMANTIC_METRICS },
  { part: 'Every exporter', metrics: SENDER_METRICS },
]

/** Declares the metrics of the process and those of all components, including what counts in workers. */
export function declareMetrics(metrics: Metrics, config: ObservaConfig): void {
  for (const part of PARTS) metrics.declare(part.metrics)
  const { receivers, processors, exporters, extensions } = config
  for (const section of [receivers, processors, exporters, extensions])
    for (const { factory } of section.values()) metrics.declare(factory.metrics)
}
