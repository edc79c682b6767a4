// The time range of every view, read from the URL. It is relative, such as `range=24h`, or absolute with `from` and `to`.

import { type Location, useLocation } from './location.ts'

export const RANGES = [
  ['15m', 'Last 15 minutes', 15],
  ['1h', 'Last hour', 60],
  ['6h', 'Last 6 hours', 360],
  ['24h', 'Last 24 hours', 1440],
  ['7d', 'Last 7 days', 10_080],
  ['30d', 'Last 30 days', 43_200],
  ['90d', 'Last 90 days', 129_600],
] as const

const DEFAULT = '24h'
const MINUTE_MS = 60_000

export interface TimeRange {
  /** Identifies the range. It is part of the cache key of every query, so it does not change while a relative range moves. */
  readonly key: string
  readonly label: string
  readonly isRelative: boolean
  /** What is wrong with the range in the address, so that the usual one is shown in its place. */
  readonly problem: string | null
  /** Returns the times in RFC 3339, which the API expects. A relative range is resolved at each call. */
  readonly bounds: () => { readonly from: string; readonly to: string }
}

export function timeRangeOf({ query }: Location): TimeRange {
  const [fromText, toText] = [query.get('from'), query.get('to')]
  const [from, to] = [msOf(fromText), msOf(toText)]
  if (from !== null && to !== null && from < to) return absolute(from, to)
  const name = query.get('range') ?? DEFAULT
  const known = RANGES.find(([key]) => key === name)
  const [key, label, minutes] = known ?? RANGES[3]
  const problem =
    fromText !== null || toText !== null
      ? problemOf({ text: fromText, ms: from }, { text: toText, ms: to })
      : known === undefined
        ? `there is no range “${name}”`
        : null
  return {
    key,
    label,
    isRelative: true,
    problem,
    bounds: () => {
      const now = Date.now()
      return { from: iso(now - minutes * MINUTE_MS), to: iso(now + MINUTE_MS) }
    },
  }
}

function absolute(from: number, to: number): TimeRange {
  return {
    key: `${from}-${to}`,
    label: `${iso(from).slice(0, 16).replace('T', ' ')} – ${iso(to).slice(0, 16).replace('T', ' ')} UTC`,
    isRelative: false,
    problem: null,
    bounds: () => ({ from: iso(from), to: iso(to) }),
  }
}

interface Given {
  readonly text: string | null
  /** Null where the text is no time. */
  readonly ms: number | null
}

function problemOf(from: Given, to: Given): string {
  if (from.text === null) return 'its beginning is missing'
  if (to.text === null) return 'its end is missing'
  const wrong = from.ms === null ? from : to
  return wrong.ms === null ? `“${wrong.text}” is no time` : 'it ends before it begins'
}

function msOf(text: string | null): number | null {
  if (text === null) return null
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  return Number.isFinite(ms) && ms >= 0 && ms < Date.UTC(2106, 0) ? ms : null
}

const iso = (ms: number): string => new Date(ms).toISOString()

export const useTimeRange = (): TimeRange => timeRangeOf(useLocation())
