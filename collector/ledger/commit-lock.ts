// A turn of one task among those that share a ledger: while it is taken, no other task is checked or committed.
// Only a task that others kept overtaking takes one.

export class Turn {
  #taken: Promise<void> | null = null

  /** Resolves when no turn is taken; null when none is, so that nobody waits for nothing. */
  free(): Promise<void> | null {
    return this.#taken
  }

  /** Resolves to the function that ends the turn. */
  async take(): Promise<() => void> {
    while (this.#taken !== null) await this.#taken
    let end = (): void => {}
    this.#taken = new Promise((resolve) => {
      end = () => {
        this.#taken = null
        resolve()
      }
    })
    return end
  }
}
