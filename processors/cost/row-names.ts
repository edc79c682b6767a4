// Names by which telemetry may mean a row of the price table: the row's id, and the names that its match accepts.

import type { Match, PriceModel } from './price-table.ts'

export function namesOfRow({ id, match }: PriceModel): readonly string[] {
  return [...new Set([id, ...(match === undefined ? [] : namesOf(match))])]
}

/** Names that the match accepts and that can be read from it. A regular expression has none. */
function namesOf(match: Match): readonly string[] {
  if ('equals' in match) return [match.equals]
  // A prefix usually ends before a date, so it is cut there.
  if ('starts_with' in match)
    return [match.starts_with, `${match.starts_with}latest`, `${match.starts_with}08-06`]
  if ('ends_with' in match) return [match.ends_with]
  if ('contains' in match) return [match.contains]
  if ('or' in match) return match.or.flatMap(namesOf)
  return 'and' in match ? match.and.flatMap(namesOf) : []
}
