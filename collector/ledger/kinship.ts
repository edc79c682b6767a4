// What the ledger remembers of the reports in each trace, to compare later ones with: a container that comes
// after its children or before them, a second instrumentation in a request of its own. The rules are those of
// a batch (`core/usage-kin.ts`). Bounded by reports: the trace that was silent longest is forgotten first.

import { KIN, KIN_FLAG, KIN_STRIDE } from '../../core/kin-rows.ts'
import type { EventFacts, UsageHint } from '../../core/task.ts'
import { judge, KinNode, VERDICT } from '../../core/usage-kin.ts'

const NODES_MAX = 100_000
/** A trace that goes on and on is remembered by its newest reports. */
const NODES_PER_TRACE_MAX = 256
const ID_BYTES = 16

export class Kinship {
  /** By trace, in the order of the last commit; nodes in order of commit. */
  readonly #traces = new Map<number, KinNode[]>()
  readonly #nodesMax: number
  #nodes = 0
  evicted = 0

  constructor(nodesMax = NODES_MAX) {
    this.#nodesMax = nodesMax
  }

  get size(): number {
    return this.#nodes
  }

  get sizeMax(): number {
    return this.#nodesMax
  }

  /**
   * Decides the reports of `facts` in view of what is remembered. `known` has the hints found otherwise, by
   * event; new hints are added to it. Nodes come back by trace, for `remember`.
   */
  decide(facts: EventFacts, known: Map<number, UsageHint>): Map<number, KinNode[]> {
    const traces = nodesOf(facts, known)
    for (const [trace, nodes] of traces) {
      judge([...(this.#traces.get(trace) ?? []), ...nodes], 'ledger')
      for (const n of nodes) {
        const hint = n.has(KIN_FLAG.COUNTED) ? hintOf(facts, n) : null
        if (hint !== null && !known.has(n.event)) known.set(n.event, hint)
      }
    }
    return traces
  }

  /** Keeps decided nodes under a ticket. */
  remember(facts: EventFacts, traces: Map<number, KinNode[]>, ticket: number): void {
    for (const [trace, nodes] of traces) {
      const before = this.#traces.get(trace)
      this.#traces.delete(trace)
      const list = before ?? []
      for (const n of nodes) list.push(settled(facts, n, ticket))
      this.#nodes += nodes.length
      const excess = list.length - NODES_PER_TRACE_MAX
      if (excess > 0) {
        list.splice(0, excess)
        this.#forgot(excess)
      }
      this.#traces.set(trace, list)
    }
    this.#makeRoom()
  }

  /** Takes back what came in under a ticket. */
  forget(facts: EventFacts, ticket: number): void {
    for (let at = 0; at < facts.kin.length; at += KIN_STRIDE) {
      const trace = facts.kin[at + KIN.TRACE] as number
      const list = this.#traces.get(trace)
      if (list === undefined) continue
      const kept = list.filter((n) => n.ticket !== ticket)
      this.#nodes -= list.length - kept.length
      if (kept.length === 0) this.#traces.delete(trace)
      else this.#traces.set(trace, kept)
    }
  }

  #makeRoom(): void {
    for (const [trace, list] of this.#traces) {
      if (this.#nodes <= this.#nodesMax) return
      this.#traces.delete(trace)
      this.#forgot(list.length)
    }
  }

  #forgot(n: number): void {
    this.#nodes -= n
    this.evicted += n
  }
}

function nodesOf(facts: EventFacts, known: ReadonlyMap<number, UsageHint>): Map<number, KinNode[]> {
  const traces = new Map<number, KinNode[]>()
  for (let at = 0; at < facts.kin.length; at += KIN_STRIDE) {
    const hint = known.get(facts.kin[at + KIN.EVENT] as number)
    // It was there before, and so was its node.
    if (hint?.reason === 'resend') continue
    const n = new KinNode(facts.kin, at)
    if (hint !== undefined) {
      n.verdict = VERDICT.REPEATS
      n.owner = latin1(hint.of, 0)
      n.isSaid = true
    }
    const trace = facts.kin[at + KIN.TRACE] as number
    const list = traces.get(trace)
    if (list === undefined) traces.set(trace, [n])
    else list.push(n)
  }
  return traces
}

const NO_ID = new Uint8Array(0)

function hintOf(facts: EventFacts, n: KinNode): UsageHint | null {
  if (n.verdict === VERDICT.CONTAINER) return { event: n.event, reason: 'container', of: NO_ID }
  if (n.verdict !== VERDICT.REPEATS) return null
  const owner = n.countedEvent < 0 ? n.owner : idOf(facts, n.countedEvent)
  return owner === ''
    ? null
    : { event: n.event, reason: 'duplicate', of: Buffer.from(owner, 'latin1') }
}

/** The node as it is kept: without the task around it. */
function settled(facts: EventFacts, n: KinNode, ticket: number): KinNode {
  if (n.countedEvent >= 0) n.owner = idOf(facts, n.countedEvent)
  n.countedEvent = -1
  n.id = idOf(facts, n.event)
  n.ticket = ticket
  return n
}

function idOf(facts: EventFacts, event: number): string {
  return latin1(facts.eventIds, event * ID_BYTES)
}

function latin1(b: Uint8Array, at: number): string {
  return Buffer.from(b.buffer, b.byteOffset, b.byteLength).latin1Slice(at, at + ID_BYTES)
}
