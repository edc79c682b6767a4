// Where a limit or a pause of the rules applies: labels of a call with their values, and the settings that differ for such
// calls.

/** The labels of a call, a trace or a series. A trace has the first five, a series those of its calls. */
export const SCOPE_LABELS = [
  'tenant',
  'project',
  'environment',
  'service',
  'kind',
  'route',
  'provider',
  'model',
  'tool',
  'agent',
] as const
export type ScopeLabel = (typeof SCOPE_LABELS)[number]

/** Each given label must have one of its values; `*` at the end of a value matches any rest. */
export type RuleScope = Readonly<Partial<Record<ScopeLabel, readonly string[] | undefined>>>

/** The value of a label; null or '' when it is not known. */
export type LabelReader = (label: ScopeLabel) => string | null

export function isInScope(scope: RuleScope, labelOf: LabelReader): boolean {
  for (const label of SCOPE_LABELS) {
    const values = scope[label]
    if (values === undefined) continue
    const value = labelOf(label)
    if (value === null || value === '' || !values.some((v) => isLike(v, value))) return false
  }
  return true
}

const isLike = (pattern: string, value: string): boolean =>
  pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : pattern === value

/** Settings with other values in some scopes. If several scopes apply, the last one wins. */
export interface Scoped<Settings> {
  readonly overrides: readonly ({ readonly match: RuleScope } & Partial<Settings>)[]
}

/** The bound that lets a set of overrides fit into one number, one bit each. */
export const OVERRIDES_MAX = 30

/** Finds the settings of a call. Without overrides this costs nothing; with overrides each combination is merged once. */
export class ScopedSettings<Settings extends Scoped<Settings>> {
  readonly #base: Settings
  readonly #merged = new Map<number, Settings>()

  constructor(settings: Settings) {
    this.#base = settings
  }

  get base(): Settings {
    return this.#base
  }

  of(labelOf: LabelReader): Settings {
    const { overrides } = this.#base
    if (overrides.length === 0) return this.#base
    let bits = 0
    for (let i = 0; i < overrides.length && i < OVERRIDES_MAX; i++)
      if (isInScope((overrides[i] as { match: RuleScope }).match, labelOf)) bits |= 1 << i
    if (bits === 0) return this.#base
    let merged = this.#merged.get(bits)
    if (merged === undefined) {
      merged = { ...this.#base }
      overrides.forEach((override, i) => {
        if ((bits & (1 << i)) === 0) return
        for (const [name, value] of Object.entries(override))
          if (name !== 'match' && value !== undefined)
            Object.assign(merged as object, { [name]: value })
      })
      this.#merged.set(bits, merged)
    }
    return merged
  }
}
