// What is known of one trace: sums, what its spans have in common, and where they lie in the store of spans (`span-store.ts`). Everything
// here is the same whatever the order in which the spans came. Rules see a trace as a `TraceView`, which is made when one of them may
// find something.

import { FLAG, ID, type Observations } from '../observation.ts'

/** A span as the rules over traces see it. Ids are hex; a parent that is not there is ''. */
export interface TraceSpan {
  readonly kind: string
  readonly name: string
  readonly service: string
  readonly route: string
  readonly provider: string
  readonly model: string
  readonly responseModel: string
  readonly tool: string
  readonly agent: string
  readonly errorType: string
  readonly errorMessage: string
  readonly flags: number
  readonly startMs: number
  readonly endMs: number
  readonly costUsd: number
  readonly key: number
  readonly result: number
  readonly words: readonly number[]
  readonly event: string
  readonly span: string
  readonly parent: string
}

/** What is said of a trace. */
export interface TraceHead {
  /** Hex. */
  readonly id: string
  readonly tenant: string
  readonly project: string
  readonly environment: string
  readonly conversation: string
  readonly session: string
  readonly user: string
  readonly costUsd: number
  readonly tokens: number
}

/** A trace as the rules see it. */
export interface TraceView extends TraceHead {
  /** In the order in which they came. */
  readonly spans: readonly TraceSpan[]
  /** Calls by key and result (`repeated-calls.ts`). */
  readonly calls: ReadonlyMap<string, readonly TraceSpan[]>
}

export interface Trace {
  /** The id, four bytes each. */
  readonly id0: number
  readonly id1: number
  readonly id2: number
  readonly id3: number
  readonly tenant: string
  readonly project: string
  readonly environment: string
  service: string
  conversation: string
  session: string
  user: string
  costUsd: number
  tokens: number
  /** Time in the log of the last observation, ms. */
  touchedMs: number
  /** What was raised, as JSON by signal id: only what differs is raised again; null for nothing. */
  raised: Map<string, string> | null
  // Where its spans lie in the store.
  head: number
  tail: number
  count: number
  // What decides whether a rule may find something (`span-store.ts`).
  /** Most calls that asked for the same and got the same, or failed, or have no result. */
  repeats: number
  toolCalls: number
  failed: number
  failedContainers: number
  /** Whether two calls had equal keys and equal results, whoever asked; or a tool has no name. */
  hasEquals: boolean
  /** Calls by the names of their groups, of a trace with many spans. */
  groups: Map<string, number> | null
  /** Event ids as latin1, of a trace with many spans. */
  events: Set<string> | null
}

const ID_AT = ID.TRACE / 4

/** The id of a trace as hex. */
export const hexOfTrace = ({ id0, id1, id2, id3 }: Trace): string =>
  Buffer.from(Int32Array.of(id0, id1, id2, id3).buffer).toString('hex')

/** Most spans of a trace that are remembered one by one. */
export const SPANS_MAX = 5000

export function newTrace(o: Observations, atMs: number): Trace {
  const { tenant, project, environment } = o.site
  return {
    id0: o.idInt(ID_AT),
    id1: o.idInt(ID_AT + 1),
    id2: o.idInt(ID_AT + 2),
    id3: o.idInt(ID_AT + 3),
    tenant,
    project,
    environment,
    service: '',
    conversation: '',
    session: '',
    user: '',
    costUsd: 0,
    tokens: 0,
    touchedMs: atMs,
    raised: null,
    head: -1,
    tail: -1,
    count: 0,
    repeats: 0,
    toolCalls: 0,
    failed: 0,
    failedContainers: 0,
    hasEquals: false,
    groups: null,
    events: null,
  }
}

/** Adds what the trace has of all its spans together. */
export function addSums(trace: Trace, o: Observations): void {
  trace.service = lesser(trace.service, o.site.service)
  trace.conversation = lesser(trace.conversation, o.conversation)
  trace.session = lesser(trace.session, o.session)
  trace.user = lesser(trace.user, o.user)
  if ((o.flags & (FLAG.AGGREGATE | FLAG.REPEATED)) !== 0) return
  trace.costUsd += o.costUsd
  trace.tokens += o.inputTokens + o.outputTokens
}

/** The lesser of two texts. Empty texts do not count. */
const lesser = (a: string, b: string): string => (a === '' || (b !== '' && b < a) ? b : a)

/** The spans in the order of their start, then of their ids. */
export function inOrder(spans: Iterable<TraceSpan>): TraceSpan[] {
  return [...spans].toSorted(
    (a, b) => a.startMs - b.startMs || a.endMs - b.endMs || (a.event < b.event ? -1 : 1),
  )
}

export const isFailed = (span: Pick<TraceSpan, 'flags'>): boolean => (span.flags & FLAG.ERROR) !== 0
