// The events, revisions, previews and signals of one batch, by trace, and which rows the sender must read before it can add
// them up. No I/O; what they change is computed in `rollup.ts`.

import { type EventKey, hasDecision, keyOfFact, type Revision } from './counted-events.ts'
import {
  FACT_STRIDE,
  type Fact,
  type FactDocument,
  factAt,
  isRevision,
  type Preview,
  type SignalRow,
} from './fact-document.ts'
import { SEEN_MAX } from './trace-state.ts'

interface Arrived {
  readonly facts: Fact[]
  readonly revisions: Revision[]
}

/** What a batch contains for one trace. */
export interface IncomingTrace extends Arrived {
  readonly tenant: string
  readonly project: string
  readonly trace: string
  readonly previews: Preview[]
  readonly signals: SignalRow[]
}

export class IncomingFacts {
  /** By the text that `keyOf` makes of tenant, project and trace. */
  readonly traces = new Map<string, IncomingTrace>()
  /** Events and revisions without a trace. */
  readonly loose: Arrived = { facts: [], revisions: [] }

  add(document: FactDocument): void {
    const count = document.rows.length / FACT_STRIDE
    for (let i = 0; i < count; i++) {
      const fact = factAt(document, i)
      if (isRevision(fact)) {
        const given = factAt(document, ++i)
        const revision = document.revisions?.[(i - 1) / 2] ?? 0
        this.#listOf(fact, 'revisions').push({ taken: fact, given, revision })
      } else this.#listOf(fact, 'facts').push(fact)
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
    for (const { tenant, project } of this.traces.values()) all.add(`${tenant}\n${project}`)
    for (const { tenant, project } of this.loose.facts) all.add(`${tenant}\n${project}`)
    for (const { given } of this.loose.revisions) all.add(`${given.tenant}\n${given.project}`)
    return [...all].sort()
  }

  /** Keys of the batch's traces, as three columns. */
  traceKeys(): readonly [tenants: string[], projects: string[], traces: string[]] {
    const all = [...this.traces.values()]
    return [all.map((t) => t.tenant), all.map((t) => t.project), all.map((t) => t.trace)]
  }

  /**
   * The events that must be looked up in `counted_events`: without a trace, or of a trace that has more events than its row
   * has ids. `seenOf` returns the ids in the row of the trace with that key.
   */
  unsure(seenOf: (key: string) => readonly number[]): Fact[] {
    const facts = this.loose.facts.filter(hasId)
    for (const [key, incoming] of this.traces) {
      const seen = seenOf(key)
      if (seen.length + incoming.facts.length <= SEEN_MAX) continue
      const known = new Set(seen)
      for (const fact of incoming.facts) if (!known.has(fact.id) && hasId(fact)) facts.push(fact)
    }
    return sorted(facts)
  }

  /** The events that the batch revises, or may revise, because they may be stored with what was decided from fewer reports. */
  revised(seenOf: (key: string) => readonly number[]): EventKey[] {
    const facts = this.loose.revisions.map(({ given }) => given)
    facts.push(...this.loose.facts.filter(hasDecision))
    for (const [key, incoming] of this.traces) {
      facts.push(...incoming.revisions.map(({ given }) => given))
      const decided = incoming.facts.filter(hasDecision)
      if (decided.length === 0) continue
      const seen = new Set(seenOf(key))
      const isLarge = seen.size + incoming.facts.length > SEEN_MAX
      facts.push(...decided.filter((fact) => isLarge || seen.has(fact.id)))
    }
    return sortedKeys(facts)
  }

  #listOf<Kind extends keyof Arrived>(fact: Fact, kind: Kind): Arrived[Kind] {
    const { tenant, project, trace } = fact
    return (trace === null ? this.loose : this.#at(tenant, project, trace))[kind]
  }

  #at(tenant: string, project: string, trace: string): IncomingTrace {
    const key = keyOf(tenant, project, trace)
    const known = this.traces.get(key)
    if (known !== undefined) return known
    const arrived: Arrived = { facts: [], revisions: [] }
    const made: IncomingTrace = { tenant, project, trace, ...arrived, previews: [], signals: [] }
    this.traces.set(key, made)
    return made
  }
}

/** False for an event without an id, which cannot be recognised. */
export const hasId = (fact: Fact): boolean => fact.id !== 0

/** In the order of their keys, so that two instances lock rows in the same order. */
function sorted(facts: readonly Fact[]): Fact[] {
  const keys = facts.map((fact) => [keyTextOf(fact), fact] as const)
  return keys.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fact]) => fact)
}

const sortedKeys = (facts: readonly Fact[]): EventKey[] => sorted(facts).map(keyOfFact)

const keyTextOf = ({ tenant, project, trace, id }: Fact): string =>
  `${tenant}\n${project}\n${trace ?? ''}\n${id}`

export const keyOf = (tenant: string, project: string, id: string): string =>
  `${tenant}\n${project}\n${id}`
