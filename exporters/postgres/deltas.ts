// What one task adds to the sums in Postgres, as a document. The worker makes one for each task; the sender
// merges those of a batch, so that each row is touched once, and stores them. All fields add up or take
// the least, the greatest or the first: merging in any grouping gives the same sums.

/** Sums that several tables share. */
export interface Sums {
  events: number
  llm: number
  errors: number
  in: number
  out: number
  total: number
  cost: number
}

export interface Place {
  readonly tenant: string
  readonly project: string
}

export interface TraceDelta extends Place, Sums {
  readonly trace: string
  /** ms since the epoch */
  start: number
  end: number
  tools: number
  cache_read: number
  cache_write: number
  reasoning: number
  unpriced: number
  environment: string | null
  root_name: string | null
  root_kind: string | null
  service: string | null
  user: string | null
  session: string | null
  conversation: string | null
  kinds: string[]
  models: string[]
}

/** A conversation, session or end user. */
export interface GroupDelta extends Place, Sums {
  readonly id: string
  first: number
  last: number
  user: string | null
  session: string | null
  /** Conversations only. */
  messages: number | null
  text: string | null
  /** When `text` was said. */
  text_at: number
}

export interface UsageDelta extends Place, Sums {
  /** `2026-11-23`, UTC */
  readonly day: string
  readonly environment: string
  readonly provider: string
  readonly model: string
  cache_read: number
  cache_write: number
  reasoning: number
  unpriced: number
}

export interface IssueRow extends Place {
  readonly id: string
  readonly type: string
  readonly severity: string
  readonly trace: string
  readonly span: string
  readonly event: string
  readonly at: number
  readonly value: number | null
  readonly threshold: number | null
  readonly evidence: Readonly<Record<string, unknown>>
  readonly rule: string
  readonly conversation: string | null
  readonly session: string | null
  readonly user: string | null
  readonly environment: string | null
}

export interface Deltas {
  readonly traces: TraceDelta[]
  readonly conversations: GroupDelta[]
  readonly sessions: GroupDelta[]
  readonly users: GroupDelta[]
  readonly usage: UsageDelta[]
  readonly issues: IssueRow[]
}

/** Members of a set that is kept in a row: a hostile trace must not make one without end. */
export const SET_MAX = 16

/** The rows of one tenant and project, by their own keys. */
interface Tables {
  readonly place: Place
  readonly traces: Map<string, TraceDelta>
  readonly conversations: Map<string, GroupDelta>
  readonly sessions: Map<string, GroupDelta>
  readonly users: Map<string, GroupDelta>
  readonly usage: Map<string, UsageDelta>
  readonly issues: Map<string, IssueRow>
}

/** Collects rows by key, adding up those that meet. */
export class DeltaMap {
  readonly #places = new Map<string, Tables>()
  /** Nearly every event is of the same tenant and project as the one before. */
  #last: Tables | null = null

  trace(row: TraceDelta): void {
    const { traces } = this.#at(row)
    const known = traces.get(row.trace)
    if (known === undefined) traces.set(row.trace, row)
    else addTrace(known, row)
  }

  conversation(row: GroupDelta): void {
    addGroup(this.#at(row).conversations, row)
  }

  session(row: GroupDelta): void {
    addGroup(this.#at(row).sessions, row)
  }

  user(row: GroupDelta): void {
    addGroup(this.#at(row).users, row)
  }

  usage(row: UsageDelta): void {
    const { usage } = this.#at(row)
    const key = `${row.day}\n${row.environment}\n${row.provider}\n${row.model}`
    const known = usage.get(key)
    if (known === undefined) {
      usage.set(key, row)
      return
    }
    addSums(known, row)
    addDetails(known, row)
  }

  /** Of the same issue the first report counts. */
  issue(row: IssueRow): void {
    const { issues } = this.#at(row)
    if (!issues.has(row.id)) issues.set(row.id, row)
  }

  merge(other: Deltas): void {
    for (const row of other.traces) this.trace(row)
    for (const row of other.conversations) this.conversation(row)
    for (const row of other.sessions) this.session(row)
    for (const row of other.users) this.user(row)
    for (const row of other.usage) this.usage(row)
    for (const row of other.issues) this.issue(row)
  }

  deltas(): Deltas {
    return this.#collect((rows) => [...rows.values()])
  }

  /** In the order of keys: two instances that write the same rows lock them in one order. */
  sorted(): Deltas {
    return this.#collect((rows) =>
      [...rows.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
    )
  }

  #collect(rowsOf: <Row>(rows: ReadonlyMap<string, Row>) => Row[]): Deltas {
    const places = [...this.#places.entries()]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, tables]) => tables)
    return {
      traces: places.flatMap((t) => rowsOf(t.traces)),
      conversations: places.flatMap((t) => rowsOf(t.conversations)),
      sessions: places.flatMap((t) => rowsOf(t.sessions)),
      users: places.flatMap((t) => rowsOf(t.users)),
      usage: places.flatMap((t) => rowsOf(t.usage)),
      issues: places.flatMap((t) => rowsOf(t.issues)),
    }
  }

  #at(place: Place): Tables {
    const last = this.#last
    if (last !== null && last.place.project === place.project && last.place.tenant === place.tenant)
      return last
    const key = `${place.tenant}\n${place.project}`
    let tables = this.#places.get(key)
    if (tables === undefined) {
      tables = {
        place,
        traces: new Map(),
        conversations: new Map(),
        sessions: new Map(),
        users: new Map(),
        usage: new Map(),
        issues: new Map(),
      }
      this.#places.set(key, tables)
    }
    this.#last = tables
    return tables
  }
}

/** Written out, and not as loops over names: this runs several times for every event. */
function addSums(to: Sums, row: Sums): void {
  to.events += row.events
  to.llm += row.llm
  to.errors += row.errors
  to.in += row.in
  to.out += row.out
  to.total += row.total
  to.cost += row.cost
}

function addDetails(to: TraceDelta | UsageDelta, row: TraceDelta | UsageDelta): void {
  to.cache_read += row.cache_read
  to.cache_write += row.cache_write
  to.reasoning += row.reasoning
  to.unpriced += row.unpriced
}

function addTrace(to: TraceDelta, row: TraceDelta): void {
  addSums(to, row)
  addDetails(to, row)
  to.tools += row.tools
  to.start = Math.min(to.start, row.start)
  to.end = Math.max(to.end, row.end)
  to.environment ??= row.environment
  to.root_name ??= row.root_name
  to.root_kind ??= row.root_kind
  to.service ??= row.service
  to.user ??= row.user
  to.session ??= row.session
  to.conversation ??= row.conversation
  addToSet(to.kinds, row.kinds)
  addToSet(to.models, row.models)
}

function addToSet(to: string[], from: readonly string[]): void {
  for (const value of from) if (to.length < SET_MAX && !to.includes(value)) to.push(value)
}

function addGroup(rows: Map<string, GroupDelta>, row: GroupDelta): void {
  const known = rows.get(row.id)
  if (known === undefined) {
    rows.set(row.id, row)
    return
  }
  addSums(known, row)
  known.first = Math.min(known.first, row.first)
  known.last = Math.max(known.last, row.last)
  known.user ??= row.user
  known.session ??= row.session
  if (row.messages !== null) known.messages = Math.max(known.messages ?? 0, row.messages)
  if (row.text !== null && (known.text === null || row.text_at >= known.text_at)) {
    known.text = row.text
    known.text_at = row.text_at
  }
}
