// Attributes of the current span by indexed family (`llm.input_messages.<i>.*`): as they were collected, or by the
// plan for the span's shape.

/** The most elements of an indexed family. A key with a higher index is kept as an attribute. */
export const INDEX_MAX = 10_000

export interface Family {
  readonly family: number
  /** Attributes, counted from the span's first. */
  readonly positions: Int32Array
}

export class IndexedFamilies<Planned extends Family> {
  /** Attribute rows by the number of the family. Those of a plan are computed when they are needed. */
  readonly #rows: number[][] = []
  readonly #filled: number[][] = []
  #planned: readonly Planned[] = []
  readonly #none: readonly Planned[] = []
  #firstAttr = 0

  /** Makes room for this many families. */
  constructor(count: number) {
    for (let i = 0; i < count; i++) this.#rows.push([])
  }

  reset(): void {
    this.#planned = this.#none
    if (this.#filled.length === 0) return
    for (const rows of this.#filled) rows.length = 0
    this.#filled.length = 0
  }

  /** Uses the families of a plan. */
  plan(families: readonly Planned[], firstAttr: number): void {
    this.#planned = families
    this.#firstAttr = firstAttr
  }

  /** The families of the span's plan. Empty without a plan. */
  get planned(): readonly Planned[] {
    return this.#planned
  }

  /** Adds an attribute to a family. Returns true when it is the first. */
  add(family: number, attr: number): boolean {
    const rows = this.#rows[family] as number[]
    rows.push(attr)
    if (rows.length > 1) return false
    this.#filled.push(rows)
    return true
  }

  /** All families that were collected. */
  get all(): readonly (readonly number[])[] {
    return this.#rows
  }

  /** The attribute rows of a family. */
  rowsOf(family: number): readonly number[] {
    const rows = this.#rows[family] as number[]
    if (rows.length > 0) return rows
    for (const planned of this.#planned) {
      if (planned.family !== family) continue
      for (const position of planned.positions) rows.push(this.#firstAttr + position)
      this.#filled.push(rows)
    }
    return rows
  }
}
