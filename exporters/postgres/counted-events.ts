// The rows of `counted_events`, for events that a batch must look up one by one. These are events of which the row of their
// trace does not tell whether they are in the sums, and revised events: every instance that received the reports makes the
// revision, but the sums must change once. `rollup.ts` decides which events need a row.

import { type Fact, FLAG } from './fact-document.ts'

/** Number of days for which events in `counted_events` are recognised when they are sent again. */
export const COUNTED_DAYS = 35

export interface EventKey {
  readonly tenant: string
  readonly project: string
  /** '' for an event without a trace. */
  readonly trace: string
  /** First 53 bits of the event id. */
  readonly event: number
}

/** What an event adds to the sums. */
export interface Added {
  /**
   * The number of the revision, or the number of reports from which the event was decided when it came; 0 when it adds what
   * it reports.
   */
  readonly revision: number
  readonly usage: readonly number[]
}

export interface RevisedRow extends EventKey, Added {
  /** Cursor of the exporter that made the revision. */
  readonly by: string
}

/** An event to be claimed, with what it adds. The three fields about usage are null when it has none. */
export interface ClaimRow extends EventKey {
  readonly revision: number | null
  readonly usage: readonly number[] | null
  readonly by: string | null
}

/** A revision: the usage that a stored event has added, and the usage that it adds instead. */
export interface Revision {
  readonly taken: Fact
  readonly given: Fact
  /** Grows with each revision of the event and with the number of known reports; 0 in documents of older versions. */
  readonly revision: number
}

export class CountedEvents {
  /** Cursor of this exporter. */
  readonly #by: string
  /** Events that some batch has counted. This batch counted them first if the database says so. */
  readonly #claimed = new Set<string>()
  readonly #revised = new Map<string, RevisedRow>()
  readonly #changed = new Set<string>()

  constructor(by: string) {
    this.#by = by
  }

  /** Adds the keys that this batch inserted. */
  claim(inserted: readonly EventKey[]): void {
    for (const key of inserted) this.#claimed.add(textOf(key))
  }

  /** True the first time that a claimed event is asked for: it is not in the sums yet. */
  isFirst(fact: Fact): boolean {
    return this.#claimed.delete(textOf(keyOfFact(fact)))
  }

  /** Adds what is stored about the revised events of this batch. */
  load(rows: readonly RevisedRow[]): void {
    for (const row of rows) this.#revised.set(textOf(row), row)
  }

  /**
   * Returns the facts that a revision subtracts and adds. It subtracts what the event adds to the sums now. That may differ
   * from what this instance has stored, because another instance may have stored the event first, with another decision, or
   * revised it. The result is empty when another instance has made a later revision, because that one knew more reports of
   * the call. Numbers of one instance are not compared with each other, because a log that was cut off counts from a lower
   * number again. `first` is what the event added when it came; null when the row of its trace does not tell.
   */
  apply({ taken, given, revision }: Revision, first: Added | null): readonly Fact[] {
    const key = keyOfFact(given)
    if (revision === 0 || key.event === 0) return [taken, given]
    const revised = this.#revised.get(textOf(key))
    const isOlder = (known: Added): boolean => known.revision > revision
    if (
      revised === undefined
        ? first !== null && isOlder(first)
        : !this.#isOwn(revised) && isOlder(revised)
    )
      return []
    const known = revised ?? first
    this.#note(given, revision)
    return [known === null ? taken : withUsage(taken, known.usage), given]
  }

  /**
   * Returns the facts that change what a stored event adds, when it comes again from an instance that knew more reports of
   * its call. Empty for all other stored events.
   */
  applyAgain(fact: Fact, first: Added | null): readonly Fact[] {
    const known = this.#revised.get(textOf(keyOfFact(fact))) ?? first
    if (!hasDecision(fact) || known === null || known.revision >= fact.known) return []
    this.#note(fact, fact.known)
    const taken = { ...fact, flags: fact.flags | FLAG.TAKEN }
    return [withUsage(taken, known.usage), { ...fact, flags: fact.flags | FLAG.GIVEN }]
  }

  /** The row by which an event is claimed, which also says what it adds. */
  claimOf(fact: Fact): ClaimRow {
    const key = keyOfFact(fact)
    if (!reportsUsage(fact)) return { ...key, revision: null, usage: null, by: null }
    return { ...key, revision: fact.known, usage: usageOf(fact), by: this.#by }
  }

  /** Remembers what an event adds from now on. */
  #note(fact: Fact, revision: number): void {
    const key = keyOfFact(fact)
    const text = textOf(key)
    this.#revised.set(text, { ...key, revision, usage: usageOf(fact), by: this.#by })
    this.#changed.add(text)
  }

  #isOwn({ by }: RevisedRow): boolean {
    return by === this.#by
  }

  /** The rows to store, in the order of their keys. */
  changes(): RevisedRow[] {
    return [...this.#changed].sort().map((text) => this.#revised.get(text) as RevisedRow)
  }
}

export function keyOfFact({ tenant, project, trace, id }: Fact): EventKey {
  return { tenant, project, trace: trace ?? '', event: id }
}

const textOf = ({ tenant, project, trace, event }: EventKey): string =>
  `${tenant}\n${project}\n${trace}\n${event}`

/** True for an event with a usage report, which may be revised. */
export const reportsUsage = (fact: Fact): boolean =>
  hasDecision(fact) || (fact.flags & FLAG.CALL) !== 0 || fact.total > 0 || fact.input > 0

/** True when what the event adds is not what it reports. */
export const hasDecision = ({ known, id }: Fact): boolean => known > 0 && id !== 0

const USAGE_FLAGS = FLAG.CALL | FLAG.UNPRICED

/** Numbers of `usageOf`. */
export const USAGE_LENGTH = 8

export function usageOf(fact: Fact): number[] {
  const { input, output, total, cacheRead, cacheWrite, reasoning, cost } = fact
  return [fact.flags & USAGE_FLAGS, input, output, total, cacheRead, cacheWrite, reasoning, cost]
}

function withUsage(fact: Fact, usage: readonly number[]): Fact {
  const at = (i: number): number => usage[i] ?? 0
  return {
    ...fact,
    flags: (fact.flags & ~USAGE_FLAGS) | at(0),
    input: at(1),
    output: at(2),
    total: at(3),
    cacheRead: at(4),
    cacheWrite: at(5),
    reasoning: at(6),
    cost: at(7),
  }
}

const RECORD = 'tenant text, project text, trace text, event bigint'
const ADDED = 'revision integer, usage double precision[], "by" text'

/** Inserts the keys that are not there and returns them. */
export const CLAIM_EVENTS = `
INSERT INTO counted_events (tenant_id, project_id, trace_id, event, revision, usage, revised_by)
SELECT tenant, project, trace, event, revision, usage, "by"
FROM json_to_recordset($1::json) AS r(${RECORD}, ${ADDED})
ON CONFLICT DO NOTHING
RETURNING tenant_id AS tenant, project_id AS project, trace_id AS trace, event::float8 AS event`

export const READ_REVISED = `
SELECT c.tenant_id AS tenant, c.project_id AS project, c.trace_id AS trace, c.event::float8 AS event, c.revision, c.usage,
  c.revised_by AS by
FROM json_to_recordset($1::json) AS r(${RECORD})
JOIN counted_events c ON c.tenant_id = r.tenant AND c.project_id = r.project AND c.trace_id = r.trace AND c.event = r.event
WHERE c.revision IS NOT NULL`

export const STORE_REVISED = `
INSERT INTO counted_events (tenant_id, project_id, trace_id, event, revision, usage, revised_by)
SELECT tenant, project, trace, event, revision, usage, "by"
FROM json_to_recordset($1::json) AS r(${RECORD}, ${ADDED})
ON CONFLICT (tenant_id, project_id, trace_id, event) DO UPDATE SET
  revision = EXCLUDED.revision, usage = EXCLUDED.usage, revised_by = EXCLUDED.revised_by`

/**
 * Deletes rows of days long past, of all tenants. A batch may delete twice as many as it can insert, so the table shrinks
 * until it holds no more days. Rows that another instance is deleting are left to it.
 */
export const FORGET_EVENTS = `
DELETE FROM counted_events WHERE (tenant_id, project_id, trace_id, event) IN (
  SELECT tenant_id, project_id, trace_id, event FROM counted_events
  WHERE counted_on < (now() AT TIME ZONE 'UTC')::date - ${COUNTED_DAYS}
  ORDER BY counted_on LIMIT $1 FOR UPDATE SKIP LOCKED)`
