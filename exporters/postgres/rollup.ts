// Computes what one batch changes in the stored sums: which of its events are new, what they add to traces, conversations,
// sessions, users and days, and which sums move because an id of the trace arrived later than its events. No I/O: the sender
// reads the rows before and writes the results.

import { type ClaimRow, CountedEvents, type EventKey } from './counted-events.ts'
import { type Fact, FLAG, type Preview, type SignalRow, signOf } from './fact-document.ts'
import { hasId, IncomingFacts, type IncomingTrace, keyOf } from './incoming-facts.ts'
import {
  addFact,
  addSums,
  addText,
  addUsage,
  lesser,
  NO_USAGE,
  noSums,
  type Sums,
  type UsageSums,
} from './sums.ts'
import {
  addedBy,
  addToTrace,
  copyOf,
  inheritedOf,
  keepInherited,
  newTrace,
  OWNERS,
  type Owner,
  SEEN_MAX,
  type TraceRow,
} from './trace-state.ts'

export interface GroupRow extends Sums {
  readonly tenant: string
  readonly project: string
  readonly id: string
  user: string | null
  session: string | null
}

export interface UsageRow extends UsageSums {
  readonly tenant: string
  readonly project: string
  /** `2026-11-23`, UTC */
  readonly day: string
  readonly environment: string
  readonly provider: string
  readonly model: string
  events: number
  errors: number
}

/** Distinct events of a project, and their cost, for its quota. */
export interface CountedRow {
  readonly tenant: string
  readonly project: string
  events: number
  cost: number
}

/** What the calls of an agent used on a day. */
export interface AgentRow {
  readonly tenant: string
  readonly project: string
  readonly day: string
  readonly agent: string
  total: number
  cost: number
}

export interface Changes {
  readonly traces: readonly TraceRow[]
  readonly conversations: readonly GroupRow[]
  readonly sessions: readonly GroupRow[]
  readonly users: readonly GroupRow[]
  readonly usage: readonly UsageRow[]
  readonly counted: readonly CountedRow[]
  readonly agents: readonly AgentRow[]
  /** The groups that events were moved away from, and which may be empty now. */
  readonly left: Left
}

export interface GroupKey {
  readonly tenant: string
  readonly project: string
  readonly id: string
}

export type Left = Readonly<Record<'conversations' | 'sessions' | 'users', readonly GroupKey[]>>

const TABLE = { user: 'users', session: 'sessions', conversation: 'conversations' } as const

export class Rollup {
  readonly incoming = new IncomingFacts()
  /** What `counted_events` tells about events of this batch. */
  readonly counted: CountedEvents
  readonly #stored = new Map<string, TraceRow>()
  readonly #groups = {
    users: new Map<string, GroupRow>(),
    sessions: new Map<string, GroupRow>(),
    conversations: new Map<string, GroupRow>(),
  }
  readonly #usage = new Map<string, UsageRow>()
  readonly #counted = new Map<string, CountedRow>()
  readonly #agents = new Map<string, AgentRow>()
  readonly #left = {
    users: new Map<string, GroupKey>(),
    sessions: new Map<string, GroupKey>(),
    conversations: new Map<string, GroupKey>(),
  }

  /** `by` is the cursor of the exporter. */
  constructor(by: string) {
    this.counted = new CountedEvents(by)
  }

  /** Adds the rows that are already stored. */
  load(rows: readonly TraceRow[]): void {
    for (const row of rows) this.#stored.set(keyOf(row.tenant, row.project, row.trace), row)
  }

  /** The events that must be looked up in `counted_events`. Call it after `load`. */
  unsure(): ClaimRow[] {
    return this.incoming.unsure(this.#seenOf).map((fact) => this.counted.claimOf(fact))
  }

  /** The events about which `counted_events` may know a decision. Call it after `load`. */
  revised(): EventKey[] {
    return this.incoming.revised(this.#seenOf)
  }

  readonly #seenOf = (key: string): readonly number[] => this.#stored.get(key)?.seen ?? []

  changes(): Changes {
    const traces: TraceRow[] = []
    for (const [key, incoming] of sorted(this.incoming.traces)) {
      const row = this.#addTrace(incoming, this.#stored.get(key))
      if (row !== null) traces.push(row)
    }
    for (const fact of this.incoming.loose.facts)
      for (const added of this.#looseFacts(fact)) this.#addLoose(added)
    for (const revision of this.incoming.loose.revisions)
      for (const fact of this.counted.apply(revision, null)) this.#addLoose(fact)
    return {
      traces,
      conversations: values(this.#groups.conversations),
      sessions: values(this.#groups.sessions),
      users: values(this.#groups.users),
      usage: values(this.#usage),
      counted: values(this.#counted),
      agents: values(this.#agents),
      left: {
        conversations: values(this.#left.conversations),
        sessions: values(this.#left.sessions),
        users: values(this.#left.users),
      },
    }
  }

  /** The trace row to store; null when the batch has nothing new for it. */
  #addTrace(incoming: IncomingTrace, stored: TraceRow | undefined): TraceRow | null {
    const { tenant, project, trace } = incoming
    // A signal alone does not create a trace: signals about a trend belong to none.
    if (stored === undefined && incoming.facts.length === 0) return null
    const row = stored ?? newTrace(tenant, project, trace)
    const before = new Map(OWNERS.map((o) => [o, { id: row[o], sums: inheritedOf(row, o) }]))
    const isLarge = row.seen.length + incoming.facts.length > SEEN_MAX
    const fresh: Fact[] = []
    const revise = (facts: readonly Fact[]): void => {
      for (const fact of facts) addToTrace(row, fact)
      fresh.push(...facts)
    }
    for (const fact of incoming.facts) {
      if ((!isLarge || this.#isFirst(row, fact)) && addToTrace(row, fact)) {
        fresh.push(fact)
      } else revise(this.counted.applyAgain(fact, addedBy(row, fact.id)))
    }
    for (const revision of incoming.revisions)
      if (row.spans > 0) revise(this.counted.apply(revision, addedBy(row, revision.given.id)))
    if (fresh.length === 0 && incoming.signals.length === 0) return null
    for (const signal of incoming.signals) {
      row.signals++
      if (signal.severity === 'high') row.high_signals++
    }
    for (const fact of fresh) this.#addUsage(fact)
    for (const owner of OWNERS) {
      const then = before.get(owner) as { id: string | null; sums: Sums }
      this.#addOwned(row, owner, then, fresh, incoming)
    }
    return row
  }

  /** What an event without a trace adds: itself the first time, later what another decision about it changes. */
  #looseFacts(fact: Fact): readonly Fact[] {
    if (!hasId(fact)) return [fact]
    return this.counted.isFirst(fact) ? [fact] : this.counted.applyAgain(fact, null)
  }

  /** Whether an event of a large trace is in no sum yet. */
  #isFirst(row: TraceRow, fact: Fact): boolean {
    return row.seen.includes(fact.id) ? false : !hasId(fact) || this.counted.isFirst(fact)
  }

  /**
   * Adds the new events to the groups of one kind of owner. If the trace's owner changed, the sums of events that name no
   * owner themselves move from the old group to the new one.
   */
  #addOwned(
    row: TraceRow,
    owner: Owner,
    before: { readonly id: string | null; readonly sums: Sums },
    fresh: readonly Fact[],
    incoming: IncomingTrace,
  ): void {
    const added = noSums()
    for (const fact of fresh) {
      const own = fact[owner]
      if (own === null) addFact(added, fact)
      else this.#addOwn(owner, fact, own)
    }
    for (const signal of incoming.signals) {
      const own = signal[owner]
      addSignal(own === null ? added : this.#group(owner, row, own), signal)
    }
    if (owner === 'conversation') this.#addPreviews(row, added, incoming.previews)
    const all = copyOf(before.sums)
    addSums(all, added)
    const id = row[owner]
    if (id !== null) this.#give(row, owner, id, before, added, all)
    keepInherited(row, owner, all)
  }

  #give(
    row: TraceRow,
    owner: Owner,
    id: string,
    before: { readonly id: string | null; readonly sums: Sums },
    added: Sums,
    all: Sums,
  ): void {
    const group = this.#group(owner, row, id)
    if (before.id === id) addSums(group, added)
    else {
      addSums(group, all)
      if (before.id !== null && (before.sums.events > 0 || before.sums.signals > 0)) {
        addSums(this.#group(owner, row, before.id), before.sums, -1)
        const { tenant, project } = row
        const left = { tenant, project, id: before.id }
        this.#left[TABLE[owner]].set(keyOf(tenant, project, before.id), left)
      }
    }
    group.user = lesser(group.user, row.user)
    group.session = lesser(group.session, row.session)
  }

  #addOwn(owner: Owner, fact: Fact, id: string): void {
    const group = this.#group(owner, fact, id)
    addFact(group, fact)
    group.user = lesser(group.user, fact.user)
    group.session = lesser(group.session, fact.session)
  }

  #addPreviews(row: TraceRow, added: Sums, previews: readonly Preview[]): void {
    for (const { conversation, text, at, messages } of previews) {
      const to = conversation === null ? added : this.#group('conversation', row, conversation)
      addText(to, text, at)
      to.messages = Math.max(to.messages, messages ?? 0)
    }
  }

  /** Adds an event without a trace, which inherits no ids. */
  #addLoose(fact: Fact): void {
    for (const owner of OWNERS) {
      const own = fact[owner]
      if (own !== null) this.#addOwn(owner, fact, own)
    }
    this.#addUsage(fact)
  }

  #addUsage(fact: Fact): void {
    this.#count(fact)
    if ((fact.flags & FLAG.CALL) === 0) return
    const row = this.#usageRow({
      tenant: fact.tenant,
      project: fact.project,
      day: dayOf(fact.start),
      environment: fact.environment ?? 'default',
      provider: fact.provider ?? '',
      model: fact.model ?? '',
    })
    row.events += signOf(fact)
    if ((fact.flags & FLAG.ERROR) !== 0) row.errors += signOf(fact)
    addUsage(row, fact)
    if (fact.agent !== null) this.#addToAgent(fact, fact.agent)
  }

  #addToAgent(fact: Fact, agent: string): void {
    const { tenant, project } = fact
    const day = dayOf(fact.start)
    const key = `${tenant}\n${project}\n${day}\n${agent}`
    let row = this.#agents.get(key)
    if (row === undefined) {
      row = { tenant, project, day, agent, total: 0, cost: 0 }
      this.#agents.set(key, row)
    }
    row.total += signOf(fact) * fact.total
    row.cost += signOf(fact) * fact.cost
  }

  #count(fact: Fact): void {
    const { tenant, project } = fact
    const key = `${tenant}\n${project}`
    let row = this.#counted.get(key)
    if (row === undefined) {
      row = { tenant, project, events: 0, cost: 0 }
      this.#counted.set(key, row)
    }
    row.events += signOf(fact)
    row.cost += signOf(fact) * fact.cost
  }

  #usageRow(
    of: Pick<UsageRow, 'tenant' | 'project' | 'day' | 'environment' | 'provider' | 'model'>,
  ): UsageRow {
    const { tenant, project, day, environment, provider, model } = of
    const key = `${tenant}\n${project}\n${day}\n${environment}\n${provider}\n${model}`
    const known = this.#usage.get(key)
    if (known !== undefined) return known
    const dimensions = { tenant, project, day, environment, provider, model }
    const row: UsageRow = { ...dimensions, events: 0, errors: 0, ...NO_USAGE }
    this.#usage.set(key, row)
    return row
  }

  #group(
    owner: Owner,
    { tenant, project }: { readonly tenant: string; readonly project: string },
    id: string,
  ): GroupRow {
    const groups = this.#groups[TABLE[owner]]
    const key = keyOf(tenant, project, id)
    const known = groups.get(key)
    if (known !== undefined) return known
    const row: GroupRow = { tenant, project, id, user: null, session: null, ...noSums() }
    groups.set(key, row)
    return row
  }
}

/** Adds a signal. Its time counts only where there are no events; otherwise it lies within the times of its event. */
function addSignal(to: Sums, signal: SignalRow): void {
  to.signals++
  if (to.first <= to.last) return
  const nanos = signal.nanos ?? 0
  // Divided as the times of events are, so that equal times are equal numbers.
  to.first = (signal.at * 1000 + Math.floor(nanos / 1000)) / 1000
  to.first_ns = nanos % 1000
  to.last = to.first
  to.last_ns = to.first_ns
}

/** The entries in the order of their keys, so that two instances lock the same rows in the same order. */
function sorted<Row>(rows: ReadonlyMap<string, Row>): [string, Row][] {
  return [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
}

function values<Row>(rows: ReadonlyMap<string, Row>): Row[] {
  return sorted(rows).map(([, row]) => row)
}

let lastDay = Number.NaN
let lastDayText = ''

/** The day of a time, such as `2026-11-23`. The last result is kept, because most events of a batch are of one day. */
function dayOf(ms: number): string {
  const day = Math.floor(ms / 86_400_000)
  if (day !== lastDay) {
    lastDay = day
    lastDayText = new Date(day * 86_400_000).toISOString().slice(0, 10)
  }
  return lastDayText
}
