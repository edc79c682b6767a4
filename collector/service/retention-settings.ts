// The section `retention` of a configuration, in days.

import type { RetentionConfig } from '../../config/retention-section.ts'
import type { RetentionDefaults } from '../../storage/control/retention.ts'

const DAY_MS = 86_400_000

export function retentionDefaultsOf(config: RetentionConfig): RetentionDefaults {
  const days = (ms: number | undefined): number | null =>
    ms === undefined ? null : Math.ceil(ms / DAY_MS)
  return {
    content_days: days(config.content),
    events_days: days(config.events),
    figures_days: days(config.figures),
    signals_days: days(config.signals),
    metrics_days: days(config.metrics),
    archive: config.archive ?? null,
  }
}
