// How full a ledger is, and what it forgot: beyond its bound a second report of usage is not recognised.

import { counter, gauge, type Metrics } from '../../core/metrics.ts'
import type { UsageLedger } from './ledger.ts'

const LABELS = ['pipelines']

export const LEDGER_METRICS = [
  gauge(
    'observa_usage_ledger_entries',
    'Events and claims that the usage ledger remembers.',
    LABELS,
  ),
  gauge('observa_usage_ledger_entries_max', 'Bound of observa_usage_ledger_entries.', LABELS),
  gauge(
    'observa_usage_ledger_reports',
    'Reports of usage remembered with their place in a trace.',
    LABELS,
  ),
  gauge('observa_usage_ledger_reports_max', 'Bound of observa_usage_ledger_reports.', LABELS),
  gauge('observa_usage_ledger_bytes', 'Memory that the usage ledger takes.', LABELS),
  gauge(
    'observa_usage_ledger_open_commits',
    'Commits of the usage ledger that the log has not made durable yet.',
    LABELS,
  ),
  counter(
    'observa_usage_ledger_evicted_total',
    'Entries and reports that the usage ledger forgot to make room.',
    LABELS,
  ),
]

export function reportLedger(ledger: UsageLedger, labels: string, metrics: Metrics): void {
  metrics.declare(LEDGER_METRICS)
  let seen = 0
  metrics.onCollect(() => {
    const {
      entries,
      entriesMax,
      reports,
      reportsMax,
      evicted,
      reportsEvicted,
      bytes,
      openCommits,
    } = ledger.stats()
    metrics.set('observa_usage_ledger_open_commits', labels, openCommits)
    metrics.set('observa_usage_ledger_entries', labels, entries)
    metrics.set('observa_usage_ledger_entries_max', labels, entriesMax)
    metrics.set('observa_usage_ledger_reports', labels, reports)
    metrics.set('observa_usage_ledger_reports_max', labels, reportsMax)
    metrics.set('observa_usage_ledger_bytes', labels, bytes)
    metrics.add('observa_usage_ledger_evicted_total', labels, evicted + reportsEvicted - seen)
    seen = evicted + reportsEvicted
  })
}
