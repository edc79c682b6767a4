// What a provider says was used: one row of its export, whatever form that has.

/** Tokens and calls. Input includes what caches held, output includes reasoning, as in events. */
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
  /** UTC, `2026-11-29`. */
  readonly day: string
  readonly model: string
  /** The provider's own key: its name, or its id. */
  readonly key: string | null
  /** The provider's id of the one call, where the export has a row for each. */
  readonly callId: string | null
  /** What the export says; what it does not say is left out. */
  readonly amounts: Partial<Amounts>
}

export const PROVIDERS = ['openai', 'anthropic', 'bedrock', 'openrouter'] as const
export type Provider = (typeof PROVIDERS)[number]

/** An object of JSON, or a line of CSV by its header. */
export type Fields = Readonly<Record<string, unknown>>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The first of the names with a number in it, also as text with thousands separators; undefined = none. */
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

/** The first of the names with text in it; '' = none. */
export function textOf(fields: Fields, ...names: readonly string[]): string {
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return ''
}

/** The UTC day of a time in text or in seconds since the epoch; null when it is none. */
export function dayOf(value: unknown): string | null {
  const text = typeof value === 'string' ? value.trim() : ''
  // A day, and a time that names no zone: UTC, as exports write it.
  if (/^\d{4}-\d\d-\d\d(?:$|[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$)/.test(text))
    return text.slice(0, 10)
  const number =
    typeof value === 'number' ? value : /^\d{9,13}$/.test(text) ? Number(text) : Number.NaN
  const ms = Number.isNaN(number) ? Date.parse(text) : number < 1e11 ? number * 1000 : number
  return Number.isFinite(ms) && Math.abs(ms) < 8e15 ? new Date(ms).toISOString().slice(0, 10) : null
}

/** Only what is a number: an amount that is not said is not 0. */
export function said(
  amounts: Readonly<Partial<Record<AmountName, number | undefined>>>,
): Partial<Amounts> {
  return Object.fromEntries(Object.entries(amounts).filter(([, n]) => n !== undefined))
}

/** Undefined only when none is said. */
export function sumOf(...parts: readonly (number | undefined)[]): number | undefined {
  const given = parts.filter((n) => n !== undefined)
  return given.length === 0 ? undefined : given.reduce((a, b) => a + b, 0)
}
