// Careful reading of parsed values from the wire: words are looked up among the own entries of a table only, and numbers
// are taken from numbers and text only.

export function lookup<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined
}

/** The number in a parsed value, also as text; NaN for anything else. Objects are never asked to convert themselves. */
export function numberIn(v: unknown): number {
  if (typeof v === 'number') return v
  return typeof v === 'string' && v.trim() !== '' ? Number(v) : Number.NaN
}

export function isRecord(v: unknown): v is Record<string, unknown> {
  return typeof v === 'object' && v !== null && !Array.isArray(v)
}

/** Text as it is, anything else as JSON. */
export function plainText(v: unknown): string {
  return typeof v === 'string' ? v : (JSON.stringify(v) ?? '')
}
