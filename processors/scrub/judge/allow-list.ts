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
  readonly #keys: readonly KeyGlob[]

  constructor(settings: AllowSettings) {
    this.#values = new Set(settings.values.map((v) => Buffer.from(v, 'utf8').toString('latin1')))
    this.#patterns = settings.patterns.map((p) => new RegExp(`^(?:${p})$`))
    this.#keys = settings.keys.map(keyGlob)
  }

  /** `text` is the finding, one char a byte; `key` the attribute it stands in. */
  lets(text: string, key: string | null): boolean {
    if (this.#values.has(text)) return true
    if (key !== null && this.letsKey(key)) return true
    return this.#patterns.some((p) => p.test(text))
  }

  letsKey(key: string): boolean {
    return this.#keys.some((is) => is(key))
  }
}

/** Says whether a key is one of those that a glob means. */
export type KeyGlob = (key: string) => boolean

/**
 * `app.*.id`: a star is any run of characters; case does not matter. Each part is looked for once, from the left, so
 * that a long key of a sender costs its length and no power of it.
 */
export function keyGlob(glob: string): KeyGlob {
  const [head = '', ...rest] = glob.toLowerCase().split('*')
  const tail = rest.pop()
  if (tail === undefined) return (key) => key.toLowerCase() === head
  return (key) => {
    const text = key.toLowerCase()
    const end = text.length - tail.length
    if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false
    let at = head.length
    for (const part of rest) {
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return at <= end
  }
}
