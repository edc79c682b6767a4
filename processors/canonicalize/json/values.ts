// Reads parsed values safely: words are looked up only among the own entries of a table, and numbers are taken only
// from numbers and text.

export function lookup<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined
}

/** The number in a parsed value, also from text. NaN for anything else. Objects are never converted. */
export function numberIn(v: unknown): number {
  if (typeof v === 'number') return v
  return typeof v === 'string' && v.trim() !== '' ? Number(v) : Number.NaN
}

export function isRecord(v: unknown): v is Record<string, unknown> {
  return typeof v === 'object' && v !== null && !Array.isArray(v)
}

/** Text unchanged, anything else as JSON. */
export function plainText(v: unknown): string {
  return typeof v === 'string' ? v : (JSON.stringify(v) ?? '')
}
