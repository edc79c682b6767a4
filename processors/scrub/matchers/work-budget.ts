// How much work the values of a request may cost, counted in bytes that detectors look at. A value has a share by its length,
// and what it needs beyond that comes out of a reserve that all values of the request have in common. A value that finds the
// reserve empty is masked whole, so that no search is ever left out: the request goes on, and the values behind it have
// their own shares.

/** A detector needs more than a value may cost: whoever judges the value masks it whole. */
export class BudgetError extends RangeError {}

/**
 * Work for each byte of a value: 5 MB/s at some 2 ns for a unit. Of 734 source files, documents and recorded requests all but those
 * about secrets need less than 50; a list of short passwords by name needs 176 and draws from the reserve (2026-11-30).
 */
const WORK_PER_BYTE = 100
/** Work for each request besides, 8 ms: short values cost more by the byte than long ones do. */
const RESERVE = 4_000_000

/** How much a value may cost. */
export interface WorkLimits {
  /** Bytes looked at for each byte of the value. */
  readonly perByte: number
  /** Bytes that all values of a request may cost together beyond that. */
  readonly reserve: number
}

const LIMITS: WorkLimits = { perByte: WORK_PER_BYTE, reserve: RESERVE }

export class WorkBudget {
  readonly #limits: WorkLimits
  /** What is left of the share of the value. */
  #share = 0
  /** By number of the request: what is left of its reserve. */
  #reserves: Float64Array
  #request = 0

  constructor(limits: WorkLimits = LIMITS) {
    this.#limits = limits
    this.#reserves = Float64Array.of(limits.reserve)
  }

  /** Begins with `requests` requests, none of which has spent anything. */
  open(requests = 1): void {
    if (this.#reserves.length < requests) this.#reserves = new Float64Array(2 * requests)
    this.#reserves.fill(this.#limits.reserve)
    this.#request = 0
  }

  /** Values that follow belong to this request. */
  select(request: number): void {
    this.#request = request
  }

  /** A value of so many bytes follows. All looks at it share what it has, whatever was replaced or decoded meanwhile. */
  openValue(bytes: number): void {
    this.#share = this.#limits.perByte * bytes
  }

  /** Counts work. Throws `BudgetError` when the value may cost no more. */
  spend(bytes: number): void {
    this.#share -= bytes
    if (this.#share < 0) this.#draw()
  }

  /** Takes from the reserve what the share does not cover. */
  #draw(): void {
    const left = (this.#reserves[this.#request] as number) + this.#share
    this.#share = 0
    this.#reserves[this.#request] = Math.max(0, left)
    if (left < 0) throw new BudgetError('a detector exceeded its budget')
  }
}
