// What may pass: known-safe values (exact or by pattern) and places (attribute key globs). The allow list
// excuses a finding; it never stops the search around it.

export interface AllowSettings {
  readonly values: readonly string[]
  readonly patterns: readonly string[]
  readonly keys: readonly string[]
}

export class AllowList {
  readonly #values: ReadonlySet<string>
  readonly #patterns: readonly RegExp[]
  readonly #keys: readonly RegExp[]

  constructor(settings: AllowSettings) {
    this.#values = new Set(settings.values.map((v) => Buffer.from(v, 'utf8').toString('latin1')))
    this.#patterns = settings.patterns.map((p) => new RegExp(`^(?:${p})$`))
    this.#keys = settings.keys.map(globExpression)
  }

  /** `text` is the finding, one char a byte; `key` the attribute it stands in. */
  lets(text: string, key: string | null): boolean {
    if (this.#values.has(text)) return true
    if (key !== null && this.#keys.some((k) => k.test(key))) return true
    return this.#patterns.some((p) => p.test(text))
  }
}

/** `app.*.id`: a star is any run of characters; case does not matter. */
export function globExpression(glob: string): RegExp {
  const parts = glob.split('*').map((p) => p.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 'i')
}
