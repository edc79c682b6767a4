// How full a ledger is, and what it forgot: beyond its bound a second report of usage is not recognised.

import type { Metrics } from '../../core/metrics.ts'
import type { UsageLedger } from './ledger.ts'

export function reportLedger(ledger: UsageLedger, labels: string, metrics: Metrics): void {
  const gauge = (name: string, about: string): void => metrics.declare(name, 'gauge', about)
  gauge('observa_usage_ledger_entries', 'Events and claims that the usage ledger remembers')
  gauge('observa_usage_ledger_entries_max', 'Bound of observa_usage_ledger_entries')
  gauge('observa_usage_ledger_reports', 'Reports remembered with their place in a trace')
  gauge('observa_usage_ledger_reports_max', 'Bound of observa_usage_ledger_reports')
  gauge('observa_usage_ledger_bytes', 'Memory that the usage ledger takes')
  gauge(
    'observa_usage_ledger_open_commits',
    'Commits of the usage ledger that the log has not made durable yet',
  )
  metrics.declare(
    'observa_usage_ledger_evicted_total',
    'counter',
    'Entries and reports that the usage ledger forgot to make room',
  )
  let seen = 0
  metrics.onCollect(() => {
    const { entries, entriesMax, kin, kinMax, evicted, kinEvicted, bytes, openCommits } =
      ledger.stats()
    metrics.set('observa_usage_ledger_open_commits', labels, openCommits)
    metrics.set('observa_usage_ledger_entries', labels, entries)
    metrics.set('observa_usage_ledger_entries_max', labels, entriesMax)
    metrics.set('observa_usage_ledger_reports', labels, kin)
    metrics.set('observa_usage_ledger_reports_max', labels, kinMax)
    metrics.set('observa_usage_ledger_bytes', labels, bytes)
    metrics.add('observa_usage_ledger_evicted_total', labels, evicted + kinEvicted - seen)
    seen = evicted + kinEvicted
  })
}
