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

/**
 * The number under the first of the names that has one, also from text with thousands separators. Undefined if there
 * is none.
 */
export function numberOf(fields: Fields, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (typeof value !== 'string' || value.trim() === '') continue
    const n = Number(value.replaceAll(',', '').replace(/^\$/, '').trim())
    if (Number.isFinite(n)) return n
  }
  return undefined
}

/** The text under the first of the names that has one. '' if there is none. */
export function textOf(fields: Fields, ...names: readonly string[]): string {
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return ''
}

/** The UTC day of a time in text or in seconds since the epoch. Null if it is no time. */
export function dayOf(value: unknown): string | null {
  const text = typeof value === 'string' ? value.trim() : ''
  // A day, or a time without a zone, is UTC, as exports write it.
  if (/^\d{4}-\d\d-\d\d(?:$|[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$)/.test(text))
    return text.slice(0, 10)
  const number =
    typeof value === 'number' ? value : /^\d{9,13}$/.test(text) ? Number(text) : Number.NaN
  const ms = Number.isNaN(number) ? Date.parse(text) : number < 1e11 ? number * 1000 : number
  return Number.isFinite(ms) && Math.abs(ms) < 8e15 ? new Date(ms).toISOString().slice(0, 10) : null
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
