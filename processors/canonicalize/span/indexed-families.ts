// Attributes of the span at hand by indexed family (`llm.input_messages.<i>.*`): as they were collected, or as the plan of
// the span's shape says.

/** Indexed families hold at most this many elements; a key beyond is kept as an attribute. */
export const INDEX_MAX = 10_000

export interface Family {
  readonly family: number
  /** Attributes, counted from the span's first. */
  readonly positions: Int32Array
}

export class IndexedFamilies<Planned extends Family> {
  /** Attribute rows by number of the family; those of a plan are filled in when somebody asks. */
  readonly #rows: number[][] = []
  readonly #filled: number[][] = []
  #planned: readonly Planned[] = []
  readonly #none: readonly Planned[] = []
  #firstAttr = 0

  /** Makes room for so many families. */
  constructor(count: number) {
    for (let i = 0; i < count; i++) this.#rows.push([])
  }

  reset(): void {
    this.#planned = this.#none
    if (this.#filled.length === 0) return
    for (const rows of this.#filled) rows.length = 0
    this.#filled.length = 0
  }

  /** The families are those of a plan. */
  plan(families: readonly Planned[], firstAttr: number): void {
    this.#planned = families
    this.#firstAttr = firstAttr
  }

  /** The families of the span's plan; none when it has no plan. */
  get planned(): readonly Planned[] {
    return this.#planned
  }

  /** Adds an attribute to a family; true when it is the first. */
  add(family: number, attr: number): boolean {
    const rows = this.#rows[family] as number[]
    rows.push(attr)
    if (rows.length > 1) return false
    this.#filled.push(rows)
    return true
  }

  /** All families as they were collected. */
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
