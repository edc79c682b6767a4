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

const SUMS = ['events', 'llm', 'errors', 'in', 'out', 'total', 'cost'] as const
const DETAILS = ['cache_read', 'cache_write', 'reasoning', 'unpriced'] as const

/** Collects rows by key, adding up those that meet. */
export class DeltaMap {
  readonly #traces = new Map<string, TraceDelta>()
  readonly #conversations = new Map<string, GroupDelta>()
  readonly #sessions = new Map<string, GroupDelta>()
  readonly #users = new Map<string, GroupDelta>()
  readonly #usage = new Map<string, UsageDelta>()
  readonly #issues = new Map<string, IssueRow>()

  trace(row: TraceDelta): void {
    const known = this.#traces.get(keyOf(row, row.trace))
    if (known === undefined) this.#traces.set(keyOf(row, row.trace), row)
    else addTrace(known, row)
  }

  conversation(row: GroupDelta): void {
    addGroup(this.#conversations, row)
  }

  session(row: GroupDelta): void {
    addGroup(this.#sessions, row)
  }

  user(row: GroupDelta): void {
    addGroup(this.#users, row)
  }

  usage(row: UsageDelta): void {
    const key = keyOf(row, `${row.day}\n${row.environment}\n${row.provider}\n${row.model}`)
    const known = this.#usage.get(key)
    if (known === undefined) {
      this.#usage.set(key, row)
      return
    }
    for (const name of SUMS) known[name] += row[name]
    for (const name of DETAILS) known[name] += row[name]
  }

  /** Of the same issue the first report counts. */
  issue(row: IssueRow): void {
    const key = keyOf(row, row.id)
    if (!this.#issues.has(key)) this.#issues.set(key, row)
  }

  merge(other: Deltas): void {
    for (const row of other.traces) this.trace(row)
    for (const row of other.conversations) this.conversation(row)
    for (const row of other.sessions) this.session(row)
    for (const row of other.users) this.user(row)
    for (const row of other.usage) this.usage(row)
    for (const row of other.issues) this.issue(row)
  }

  /** In the order of keys: two instances that write the same rows lock them in one order. */
  deltas(): Deltas {
    return {
      traces: sorted(this.#traces),
      conversations: sorted(this.#conversations),
      sessions: sorted(this.#sessions),
      users: sorted(this.#users),
      usage: sorted(this.#usage),
      issues: sorted(this.#issues),
    }
  }
}

/** Line feeds part the keys: ids of tenants and projects hold none. */
const keyOf = (place: Place, id: string): string => `${place.tenant}\n${place.project}\n${id}`

function sorted<Row>(rows: ReadonlyMap<string, Row>): Row[] {
  return [...rows.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

function addTrace(to: TraceDelta, row: TraceDelta): void {
  for (const name of SUMS) to[name] += row[name]
  for (const name of DETAILS) to[name] += row[name]
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
  const key = keyOf(row, row.id)
  const known = rows.get(key)
  if (known === undefined) {
    rows.set(key, row)
    return
  }
  for (const name of SUMS) known[name] += row[name]
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
