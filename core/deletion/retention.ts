// The classes of data that are kept for different times. Content is to go before the events that it is of, and those before the
// sums that were made of them.

export const RETENTION_CLASSES = ['content', 'events', 'figures', 'signals', 'metrics'] as const
export type RetentionClass = (typeof RETENTION_CLASSES)[number]

/** Days; null: as the next level says, or for ever. */
export type RetentionDays = Readonly<Record<`${RetentionClass}_days`, number | null>>

export const KEPT_FOR_EVER: RetentionDays = {
  content_days: null,
  events_days: null,
  figures_days: null,
  signals_days: null,
  metrics_days: null,
}

/** Of each class the first level that says something; levels that contradict each other never take sums before their events. */
export function effectiveRetention(...levels: readonly (RetentionDays | null)[]): RetentionDays {
  const of = (name: keyof RetentionDays): number | null =>
    levels.find((level) => level !== null && level[name] !== null)?.[name] ?? null
  const events = of('events_days')
  const figures = of('figures_days')
  return {
    content_days: of('content_days'),
    events_days: events,
    // Which hours there are is known from them: while events are kept, so are they.
    figures_days: events === null || figures === null ? null : Math.max(events, figures),
    signals_days: of('signals_days'),
    metrics_days: of('metrics_days'),
  }
}

/** What contradicts: content cannot outlive its event, nor an event its sums. Null when nothing does. */
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
