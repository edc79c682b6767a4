// Names under which telemetry may mean a row of the price table: its id, and what its match asks for.

import type { Match, PriceModel } from './price-table.ts'

export function namesOfRow({ id, match }: PriceModel): readonly string[] {
  return [...new Set([id, ...(match === undefined ? [] : namesOf(match))])]
}

/** Names that the match holds for, as far as a text can be read off it: an expression yields none. */
function namesOf(match: Match): readonly string[] {
  if ('equals' in match) return [match.equals]
  // A beginning is cut off before something: a date, most of the time.
  if ('starts_with' in match)
    return [match.starts_with, `${match.starts_with}latest`, `${match.starts_with}08-06`]
  if ('ends_with' in match) return [match.ends_with]
  if ('contains' in match) return [match.contains]
  if ('or' in match) return match.or.flatMap(namesOf)
  return 'and' in match ? match.and.flatMap(namesOf) : []
}
