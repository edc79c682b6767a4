// Commits whose records the log has not answered for yet, by ticket. What a request repeats may lie in one of them:
// then its acknowledgement has to wait for the record that holds the data, and is worth what that record is worth.
// Bounded by the appends that the log lets wait (`pendingBytesMax`).

/** What became of a record: durable as configured, or refused with the reason for the client. */
export type CommitOutcome = { readonly ok: true } | CommitFailure

export interface CommitFailure {
  readonly ok: false
  readonly message: string
  /** No repetition helps: what the task made is larger than a record of the log may be. */
  readonly isTooLarge?: boolean
}

const DURABLE: CommitOutcome = { ok: true }

export class PendingCommits {
  readonly #byTicket = new Map<number, Promise<CommitOutcome>>()

  get size(): number {
    return this.#byTicket.size
  }

  has(ticket: number): boolean {
    return this.#byTicket.has(ticket)
  }

  /** Keeps a commit until its outcome is known; `outcome` never rejects. */
  add(ticket: number, outcome: Promise<CommitOutcome>): void {
    this.#byTicket.set(ticket, outcome)
    void outcome.then(() => this.#byTicket.delete(ticket))
  }

  /** The first bad outcome of these commits, or a good one once all of them are durable. */
  async outcomeOf(tickets: Iterable<number>): Promise<CommitOutcome> {
    const open = [...tickets].map((t) => this.#byTicket.get(t)).filter((o) => o !== undefined)
    return (await Promise.all(open)).find((o) => !o.ok) ?? DURABLE
  }
}
