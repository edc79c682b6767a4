// Where the log has the records of the newest commits, by ticket: what a revision needs of an event that was stored before is
// read from there. A ring, in which a newer commit takes the place of an older one.

/** As many as there are remembered reports and some more; 12 bytes each. */
const PLACES = 128 * 1024

export class CommitPlaces {
  readonly #tickets = new Int32Array(PLACES)
  readonly #sequences = new Float64Array(PLACES)

  get byteLength(): number {
    return this.#tickets.byteLength + this.#sequences.byteLength
  }

  /** Tickets begin with 1. */
  note(ticket: number, sequence: bigint): void {
    const at = ticket % PLACES
    this.#tickets[at] = ticket
    this.#sequences[at] = Number(sequence)
  }

  /** Null for a commit that is forgotten, or of which the log has not answered yet. */
  sequenceOf(ticket: number): bigint | null {
    const at = ticket % PLACES
    return this.#tickets[at] === ticket ? BigInt(this.#sequences[at] as number) : null
  }
}
