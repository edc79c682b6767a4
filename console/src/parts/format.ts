// Formats numbers and times for people. A number always has its unit. The component that shows it has the exact value in its title.

import { preferencesNow } from '../state/preferences.ts'

export { oneLine, visible } from './visible.ts'

const plain = new Intl.NumberFormat('en-US')
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

export const NONE = '–'

export const exact = (n: number): string => plain.format(n)

export function count(n: number | null | undefined): string {
  if (n === null || n === undefined) return NONE
  return n < 10_000 ? plain.format(n) : short.format(n)
}

/** `1 error`, `2 errors`; the plural where it is no more than an s. */
export const many = (n: number, one: string, more = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : more}`

export function bytes(n: number): string {
  if (n < 1000) return `${n} B`
  const power = Math.min(3, Math.floor(Math.log10(n) / 3))
  return `${(n / 1000 ** power).toFixed(1)} ${['B', 'kB', 'MB', 'GB'][power] ?? 'GB'}`
}

export function money(usd: number | null | undefined): string {
  if (usd === null || usd === undefined) return NONE
  if (usd === 0) return '$0'
  const size = Math.abs(usd)
  if (size >= 10_000) return `$${short.format(usd)}`
  if (size >= 1) return `$${usd.toFixed(2)}`
  if (size >= 0.01) return `$${usd.toFixed(3)}`
  return size >= 0.000001 ? `$${usd.toFixed(6).replace(/0{1,3}$/, '')}` : `$${usd.toExponential(1)}`
}

const TWO_DAYS_MS = 2 * 86_400_000

export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NONE
  if (ms === 0) return '0 ms'
  if (ms < 1) return `${(ms * 1000).toFixed(0)} µs`
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
  if (ms < TWO_DAYS_MS)
    return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`
  return `${count(Math.round(ms / 86_400_000))} d`
}

export function percent(part: number, whole: number): string {
  if (whole === 0) return NONE
  const share = (100 * part) / whole
  if (share > 0 && share < 0.05) return '< 0.1 %'
  return `${share > 0 && share < 10 ? share.toFixed(1) : share.toFixed(0)} %`
}

/** Formats the change from the previous period, such as `+12 %`. Returns null if the previous value was zero. */
export function change(now: number | null, before: number | null): number | null {
  return now === null || before === null || before === 0 ? null : now / before - 1
}

const zone = (): string | undefined => (preferencesNow().zone === 'utc' ? 'UTC' : undefined)

export const zoneName = (): string =>
  zone() ?? Intl.DateTimeFormat('en-GB').resolvedOptions().timeZone

/** Formats date and time to the second. The current year is omitted. */
export function time(of: string | number | Date, { withMs = false } = {}): string {
  const date = new Date(of)
  if (Number.isNaN(date.getTime())) return NONE
  const isThisYear = date.getFullYear() === new Date().getFullYear()
  return new Intl.DateTimeFormat('en-GB', {
    ...(isThisYear ? {} : { year: 'numeric' }),
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    ...(withMs ? { fractionalSecondDigits: 3 } : {}),
    timeZone: zone(),
  }).format(date)
}

/** Returns the time in ms since the epoch with its fraction, which a `Date` would drop. */
export function preciseMs(rfc3339: string): number {
  const below = /\.\d{3}(\d+)/.exec(rfc3339)?.[1]
  return Date.parse(rfc3339) + (below === undefined ? 0 : Number(`0.${below}`))
}

export function ago(of: string | number): string {
  const seconds = (Date.now() - new Date(of).getTime()) / 1000
  if (seconds < 5) return 'now'
  if (seconds < 60) return `${Math.round(seconds)} s ago`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`
  return `${Math.round(seconds / 86_400)} d ago`
}

/** Formats an identifier for people: `llm_error` becomes `llm error`. */
export const words = (name: string): string =>
  name.replaceAll('_', ' ').replace(/\b(llm|pii|mcp)\b/g, (letters) => letters.toUpperCase())
