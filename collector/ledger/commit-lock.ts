// A lock for the tasks that share a ledger: while one task holds it, no other task is checked or committed. Only a task
// that other tasks kept overtaking acquires it.

export class CommitLock {
  #held: Promise<void> | null = null

  /** Resolves when the lock is released. Null when nobody holds it, so that the usual task need not await anything. */
  released(): Promise<void> | null {
    return this.#held
  }

  /** Waits for the lock and holds it. Resolves to the function that releases it. */
  async acquire(): Promise<() => void> {
    while (this.#held !== null) await this.#held
    let release = (): void => {}
    this.#held = new Promise((resolve) => {
      release = () => {
        this.#held = null
        resolve()
      }
    })
    return release
  }
}
