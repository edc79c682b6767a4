// The classes of data with separate retention times. The content of events is removed first, then the events, and then the sums that were
// made of them.

export const RETENTION_CLASSES = ['content', 'events', 'figures', 'signals', 'metrics'] as const
export type RetentionClass = (typeof RETENTION_CLASSES)[number]

/** The classes that can be written to an archive before they are removed. Points of metrics and sums cannot. */
export const ARCHIVED_CLASSES = ['content', 'events', 'signals'] as const
export type ArchivedClass = (typeof ARCHIVED_CLASSES)[number]

/** Retention times in days. Null means that the next level decides, or, at the last level, that the data is kept for ever. */
export type RetentionDays = Readonly<Record<`${RetentionClass}_days`, number | null>>

export const KEPT_FOR_EVER: RetentionDays = {
  content_days: null,
  events_days: null,
  figures_days: null,
  signals_days: null,
  metrics_days: null,
}

/**
 * Takes the retention time of each class from the first level that has one. Even if levels contradict each other, sums are never removed
 * before their events.
 */
export function effectiveRetention(...levels: readonly (RetentionDays | null)[]): RetentionDays {
  const of = (name: keyof RetentionDays): number | null =>
    levels.find((level) => level !== null && level[name] !== null)?.[name] ?? null
  const events = of('events_days')
  const figures = of('figures_days')
  return {
    content_days: of('content_days'),
    events_days: events,
    // The sums of an hour tell which hours have events, so they are kept at least as long as the events.
    figures_days: events === null || figures === null ? null : Math.max(events, figures),
    signals_days: of('signals_days'),
    metrics_days: of('metrics_days'),
  }
}

/** The classes that are archived before they are removed: those of the first level that says anything, even if it says none. */
export function effectiveArchive(
  ...levels: readonly ({ readonly archive: readonly ArchivedClass[] | null } | null)[]
): readonly ArchivedClass[] {
  return levels.find((level) => level !== null && level.archive !== null)?.archive ?? []
}

/** Describes a contradiction: content cannot outlive its event, and an event cannot outlive its sums. Returns null if there is none. */
export function retentionFault({
  content_days,
  events_days,
  figures_days,
}: RetentionDays): string | null {
  if (content_days !== null && events_days !== null && content_days > events_days)
    return 'content_days is more than events_days: content goes with its event at the latest.'
  if (events_days === null && figures_days !== null)
    return 'figures_days needs events_days: sums are kept at least as long as what they are made of.'
  if (events_days !== null && figures_days !== null && events_days > figures_days)
    return 'events_days is more than figures_days: sums are kept at least as long as what they are made of.'
  return null
}
