// One row of a provider's usage export, whatever the form of the export.

/** Tokens and calls. As in events, input includes cached tokens and output includes reasoning. */
export interface Amounts {
  readonly calls: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_read_tokens: number
  readonly cache_write_tokens: number
  readonly cost_usd: number
}

export type AmountName = keyof Amounts

export interface BilledRow {
  /** The UTC day, `2026-11-29`. */
  readonly day: string
  readonly model: string
  /** The provider's own key: its name or its id. */
  readonly key: string | null
  /** The provider's id of the call, if the export has a row for each call. */
  readonly callId: string | null
  /** The amounts that the export has. Missing ones are left out. */
  readonly amounts: Partial<Amounts>
}

export const PROVIDERS = ['openai', 'anthropic', 'bedrock', 'openrouter'] as const
export type Provider = (typeof PROVIDERS)[number]

/** An object of JSON, or a line of CSV by its header. */
export type Fields = Readonly<Record<string, unknown>>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Says why a file cannot be compared at all. The message is for the user. */
export class ExportError extends Error {}

/** What a reader could not use. All of it is told, because a sum that leaves something out silently would be wrong. */
export class ExportNotes {
  readonly #counts = new Map<keyof typeof NOTES, number>()

  add(note: keyof typeof NOTES): void {
    this.#counts.set(note, (this.#counts.get(note) ?? 0) + 1)
  }

  /** Sentences, each with how often it holds. */
  texts(): string[] {
    return [...this.#counts].map(([note, n]) => NOTES[note](n))
  }
}

const rows = (n: number): string => (n === 1 ? '1 row' : `${n} rows`)

const NOTES = {
  no_day: (n: number) => `${rows(n)} without a day that can be read: left out.`,
  currency: (n: number) =>
    `${rows(n)} with costs in another currency than USD: their costs are not compared.`,
  no_charge: (n: number) =>
    `${rows(n)} of taxes, credits, refunds and fees: left out, because they repeat or change what usage costs.`,
  unknown_unit: (n: number) =>
    `${rows(n)} whose unit is not known to be tokens: their amounts are not compared.`,
  more_pages: (n: number) =>
    `${n === 1 ? 'A page says' : `${n} pages say`} that more pages follow: what they have is missing unless it is in the same file.`,
} as const

/**
 * The number under the first of the names that has one, also from text as spreadsheets write it. Undefined if there is none.
 */
export function numberOf(fields: Fields, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (typeof value !== 'string' || value.trim() === '') continue
    const n = numberIn(value)
    if (Number.isFinite(n)) return n
  }
  return undefined
}

/** The same for tokens and calls, which come whole: `3.000` is three thousand. */
export function countOf(fields: Fields, ...names: readonly string[]): number | undefined {
  const whole = names.map((name): [string, unknown] => {
    const value = fields[name]
    const isGrouped = typeof value === 'string' && /^\s*\d{1,3}(?:\.\d{3})+\s*$/.test(value)
    return [name, isGrouped ? value.replaceAll('.', '') : value]
  })
  return numberOf(Object.fromEntries(whole), ...names)
}

/** `1,234.5`, `1.234,5`, `0,5`, `1 234`, `1'234`, `$2`, `-$2`, `(2)`. A comma before exactly three digits separates thousands. */
function numberIn(text: string): number {
  const isNegative = /^\(.*\)$/.test(text.trim())
  const plain = text.replaceAll(/[\s()$'’]|USD/g, '')
  const isDecimal =
    /^-?(?:\d{1,3}(?:\.\d{3})+|\d*),\d+$/.test(plain) && !/^-?[1-9]\d{0,2}(?:,\d{3})+$/.test(plain)
  const digits = isDecimal ? plain.replaceAll('.', '').replace(',', '.') : plain.replaceAll(',', '')
  const n = digits === '' ? Number.NaN : Number(digits)
  return isNegative ? -n : n
}

/** The text under the first of the names that has one. '' if there is none. */
export function textOf(fields: Fields, ...names: readonly string[]): string {
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return ''
}

/** The day of the first of the names that has one. A row without one is noted. */
export function dayIn(
  notes: ExportNotes,
  fields: Fields,
  ...names: readonly string[]
): string | null {
  for (const name of names) {
    const day = dayOf(fields[name])
    if (day !== null) return day
  }
  notes.add('no_day')
  return null
}

/** The UTC day of a time in text or in seconds since the epoch. Null if it is no time. */
export function dayOf(value: unknown): string | null {
  const ms = msOf(value)
  return ms === null ? null : new Date(ms).toISOString().slice(0, 10)
}

/** The same in ms. A time without a zone is UTC, as exports write it, wherever this program runs. */
export function msOf(value: unknown): number | null {
  const ms = typeof value === 'number' ? msOfNumber(value) : Date.parse(utcText(value))
  return ms >= FIRST_MS && ms < LAST_MS ? ms : null
}

/** No export is of another time. What is none would be a day of its own, which nobody was billed for. */
const FIRST_MS = Date.UTC(2000, 0)
const LAST_MS = Date.UTC(2200, 0)

/** Seconds or milliseconds since 1970, or days since 1900, as spreadsheets count them. */
function msOfNumber(n: number): number {
  if (n < SHEET_DAYS_MAX) return (n - SHEET_DAYS_1970) * 86_400_000
  return n < 1e11 ? n * 1000 : n
}
const SHEET_DAYS_1970 = 25_569
const SHEET_DAYS_MAX = 110_000

/** A text that `Date.parse` reads as the time that it means; '' for what is no time. */
function utcText(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : ''
  if (/^(?:\d{5}(?:\.\d+)?|\d{9,13})$/.test(text))
    return new Date(msOfNumber(Number(text))).toISOString()
  // `Date.parse` takes any number for a month.
  if (!isOnCalendar(text) || !/\d[/.]|2[01]\d\d/.test(text)) return ''
  const compact = /^(\d{4})(\d\d)(\d\d)$/.exec(text)
  if (compact !== null) return `${compact.slice(1, 4).join('-')}T00:00:00Z`
  // Day and month, in the order of the United States unless that is no month.
  const local = /^(\d{1,2})([/.])(\d{1,2})[/.](?:20)?(\d\d)(?!\d)(.*)$/.exec(text)
  if (local !== null) {
    const [, a = '', separator, b = '', short = '', rest = ''] = local
    const year = `20${short}`
    const isDayFirst = separator === '.' || Number(a) > 12
    const [month, day] = isDayFirst ? [b, a] : [a, b]
    return utcText(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}${rest.trimEnd()}`)
  }
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return `${text}T00:00:00Z`
  const hasZone = /(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$/i.test(text) && /:\d\d/.test(text)
  return hasZone || text === '' ? text : `${text} UTC`.replace(/^(\S+)T(\S+) UTC$/, '$1 $2 UTC')
}

/** False for a date that begins with a day that there is not, such as the 31st of February, which `Date.parse` moves. */
function isOnCalendar(text: string): boolean {
  const day = /^(\d{4})-(\d\d)-(\d\d)(?!\d)/.exec(text)
  if (day === null) return true
  const [, year, month, date] = day.map(Number)
  const at = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, date ?? 0))
  return at.getUTCMonth() + 1 === month && at.getUTCDate() === date
}

/** The cost, unless it is in another currency than USD, which is noted. */
export function usd(
  notes: ExportNotes,
  cost: number | undefined,
  currency: string,
): number | undefined {
  if (cost === undefined || currency === '' || currency.toUpperCase() === 'USD') return cost
  notes.add('currency')
  return undefined
}

/** Keeps only numbers, because a missing amount is not 0. */
export function said(
  amounts: Readonly<Partial<Record<AmountName, number | undefined>>>,
): Partial<Amounts> {
  return Object.fromEntries(Object.entries(amounts).filter(([, n]) => n !== undefined))
}

/** The sum of the parts. Undefined only when all parts are. */
export function sumOf(...parts: readonly (number | undefined)[]): number | undefined {
  const given = parts.filter((n) => n !== undefined)
  return given.length === 0 ? undefined : given.reduce((a, b) => a + b, 0)
}
