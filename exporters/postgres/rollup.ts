// Computes what one batch changes in the stored sums: which of its events are new, what they add to traces, conversations,
// sessions, users and days, and which sums move because an id of the trace arrived later than its events. No I/O: the sender
// reads the rows before and writes the results.

import {
  FACT_STRIDE,
  type Fact,
  type FactDocument,
  FLAG,
  factAt,
  type Preview,
  type SignalRow,
  signOf,
} from './fact-document.ts'
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
  addToTrace,
  copyOf,
  inheritedOf,
  keepInherited,
  newTrace,
  OWNERS,
  type Owner,
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

export interface Changes {
  readonly traces: readonly TraceRow[]
  readonly conversations: readonly GroupRow[]
  readonly sessions: readonly GroupRow[]
  readonly users: readonly GroupRow[]
  readonly usage: readonly UsageRow[]
  readonly counted: readonly CountedRow[]
  /** True when events were moved away from some group, which may be empty now. */
  readonly hasMoved: boolean
}

/** What a batch contains for one trace. */
interface Incoming {
  readonly tenant: string
  readonly project: string
  readonly trace: string
  readonly facts: Fact[]
  readonly previews: Preview[]
  readonly signals: SignalRow[]
}

const TABLE = { user: 'users', session: 'sessions', conversation: 'conversations' } as const

export class Rollup {
  readonly #incoming = new Map<string, Incoming>()
  readonly #loose: Fact[] = []
  readonly #stored = new Map<string, TraceRow>()
  readonly #groups = {
    users: new Map<string, GroupRow>(),
    sessions: new Map<string, GroupRow>(),
    conversations: new Map<string, GroupRow>(),
  }
  readonly #usage = new Map<string, UsageRow>()
  readonly #counted = new Map<string, CountedRow>()
  #hasMoved = false

  add(document: FactDocument): void {
    const count = document.rows.length / FACT_STRIDE
    for (let i = 0; i < count; i++) {
      const fact = factAt(document, i)
      if (fact.trace === null) this.#loose.push(fact)
      else this.#at(fact.tenant, fact.project, fact.trace).facts.push(fact)
    }
    for (const preview of document.previews) {
      if (preview.trace !== null)
        this.#at(preview.tenant, preview.project, preview.trace).previews.push(preview)
    }
  }

  /** Adds signals that were not stored before. */
  addSignals(signals: readonly SignalRow[]): void {
    // A signal about a series belongs to no trace.
    for (const signal of signals)
      if (signal.trace !== '')
        this.#at(signal.tenant, signal.project, signal.trace).signals.push(signal)
  }

  /**
   * Tenants and projects of the batch, in order. They are the locks by which instances that write the same rows wait for each
   * other.
   */
  places(): string[] {
    const all = new Set<string>()
    for (const { tenant, project } of this.#incoming.values()) all.add(`${tenant}\n${project}`)
    for (const { tenant, project } of this.#loose) all.add(`${tenant}\n${project}`)
    return [...all].sort()
  }

  /** Keys of the batch's traces, as three columns. */
  traceKeys(): readonly [tenants: string[], projects: string[], traces: string[]] {
    const all = [...this.#incoming.values()]
    return [all.map((t) => t.tenant), all.map((t) => t.project), all.map((t) => t.trace)]
  }

  /** Adds the rows that are already stored. */
  load(rows: readonly TraceRow[]): void {
    for (const row of rows) this.#stored.set(keyOf(row.tenant, row.project, row.trace), row)
  }

  changes(): Changes {
    const traces: TraceRow[] = []
    for (const [key, incoming] of sorted(this.#incoming)) {
      const row = this.#addTrace(incoming, this.#stored.get(key))
      if (row !== null) traces.push(row)
    }
    for (const fact of this.#loose) this.#addLoose(fact)
    return {
      traces,
      conversations: values(this.#groups.conversations),
      sessions: values(this.#groups.sessions),
      users: values(this.#groups.users),
      usage: values(this.#usage),
      counted: values(this.#counted),
      hasMoved: this.#hasMoved,
    }
  }

  /** The trace row to store; null when the batch has nothing new for it. */
  #addTrace(incoming: Incoming, stored: TraceRow | undefined): TraceRow | null {
    const { tenant, project, trace } = incoming
    // A signal alone does not create a trace: signals about a trend belong to none.
    if (stored === undefined && incoming.facts.length === 0) return null
    const row = stored ?? newTrace(tenant, project, trace)
    const before = new Map(OWNERS.map((o) => [o, { id: row[o], sums: inheritedOf(row, o) }]))
    const fresh = incoming.facts.filter((fact) => addToTrace(row, fact))
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

  /**
   * Adds the new events to the groups of one kind of owner. If the trace's owner changed, the sums of events that name no
   * owner themselves move from the old group to the new one.
   */
  #addOwned(
    row: TraceRow,
    owner: Owner,
    before: { readonly id: string | null; readonly sums: Sums },
    fresh: readonly Fact[],
    incoming: Incoming,
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
        this.#hasMoved = true
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

  /** Adds an event without a trace. It cannot be recognised when it is sent again, and it inherits no ids. */
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

  #at(tenant: string, project: string, trace: string): Incoming {
    const key = keyOf(tenant, project, trace)
    const known = this.#incoming.get(key)
    if (known !== undefined) return known
    const made: Incoming = { tenant, project, trace, facts: [], previews: [], signals: [] }
    this.#incoming.set(key, made)
    return made
  }
}

/** Adds a signal. Its time counts only where there are no events; otherwise it lies within the times of its event. */
function addSignal(to: Sums, signal: SignalRow): void {
  to.signals++
  if (to.first <= to.last) return
  to.first = signal.at
  to.last = signal.at
}

const keyOf = (tenant: string, project: string, id: string): string =>
  `${tenant}\n${project}\n${id}`

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
