// The document in which the worker describes the events of a task: a row of numbers for each event, which refers to words and
// traces by their index in a list. From it the sender determines which events are new, and computes the sums.

/** Columns of a row in `FactDocument.rows`. In indexes into `words` and `traces`, -1 stands for null. */
export const FACT = {
  TENANT: 0,
  PROJECT: 1,
  TRACE: 2,
  /** The first 53 bits of the event id, enough to tell the events of one trace apart. */
  ID: 3,
  FLAGS: 4,
  KIND: 5,
  ENVIRONMENT: 6,
  /** Set only for a span without a parent. */
  NAME: 7,
  SERVICE: 8,
  USER: 9,
  SESSION: 10,
  CONVERSATION: 11,
  PROVIDER: 12,
  MODEL: 13,
  /**
   * µs since `base`, and µs from start to end. Whole numbers, because they are serialized several times faster. The nanoseconds
   * below are in `nanos`.
   */
  START: 14,
  DURATION: 15,
  INPUT: 16,
  OUTPUT: 17,
  TOTAL: 18,
  CACHE_READ: 19,
  CACHE_WRITE: 20,
  REASONING: 21,
  COST: 22,
  /** Position in the conversation plus one; 0 when unknown. */
  MESSAGES: 23,
} as const
export const FACT_STRIDE = 24
/** In `FactDocument.nanos`, what the nanoseconds of the end are multiplied with. */
export const NANOS_FACTOR = 1000

export const FLAG = {
  ERROR: 1,
  ROOT: 2,
  /** A model call whose usage counts. */
  CALL: 4,
  /** A model call with usage but without a price. */
  UNPRICED: 8,
  TOOL: 16,
  /** A revision: the values that a stored event has added to the sums, which must be subtracted. */
  TAKEN: 32,
  /** A revision: what it adds instead. */
  GIVEN: 64,
} as const

/** How often a fact counts: 1, or -1 for what is taken out. */
export function signOf({ flags }: Fact): 1 | -1 {
  return (flags & FLAG.TAKEN) === 0 ? 1 : -1
}

/** Whether the fact belongs to a revision, which changes what a stored event adds to the sums and is not another event. */
export function isRevision({ flags }: Fact): boolean {
  return (flags & (FLAG.TAKEN | FLAG.GIVEN)) !== 0
}

/** The beginning of the latest message of a conversation, or of a trace whose conversation is not known yet. */
export interface Preview {
  readonly tenant: string
  readonly project: string
  readonly trace: string | null
  readonly conversation: string | null
  readonly text: string
  /** Time of that message, ms. */
  readonly at: number
  /** Messages of the call, sent and received. */
  readonly messages?: number
}

export interface SignalRow {
  readonly tenant: string
  readonly project: string
  readonly id: string
  readonly type: string
  readonly severity: string
  readonly trace: string
  readonly span: string
  readonly event: string
  /** ms since the epoch. */
  readonly at: number
  /** Nanoseconds below the millisecond. Missing in documents of versions that did not write it. */
  readonly nanos?: number
  readonly value: number | null
  readonly threshold: number | null
  readonly evidence: Readonly<Record<string, unknown>>
  readonly rule: string
  readonly conversation: string | null
  readonly session: string | null
  readonly user: string | null
  readonly environment: string | null
  /** Missing in documents of versions without issues. */
  readonly fingerprint?: string
  readonly title?: string
  /** USD that the occurrence concerns. */
  readonly cost?: number
}

export interface FactDocument {
  readonly words: readonly string[]
  /** Trace ids of 32 hex digits each. */
  readonly traces: readonly string[]
  /** µs since the epoch. */
  readonly base: number
  readonly rows: readonly number[]
  readonly previews: readonly Preview[]
  readonly signals: readonly SignalRow[]
  /**
   * Numbers of the revisions. Each has two rows, the first `TAKEN`, the second `GIVEN`. Missing in documents of events, and of
   * versions that did not write it.
   */
  readonly revisions?: readonly number[]
  /**
   * From how many reports it was decided what each event adds, by row (`ProcessedBatch.decidedFrom`). Missing where nothing was
   * decided, and in documents of versions that did not write it.
   */
  readonly known?: readonly number[]
  /**
   * Nanoseconds of each row's times below the microsecond: those of the start plus a thousand times those of the end. Missing in
   * documents of versions that rounded times.
   */
  readonly nanos?: readonly number[]
  /** The agent of each row, as an index into `words`; -1 for none. Missing where no event names one. */
  readonly agents?: readonly number[]
}

/** One event of a document, read from its row. Times are in ms since the epoch, as in `exact-times.ts`. */
export interface Fact {
  readonly tenant: string
  readonly project: string
  readonly trace: string | null
  readonly id: number
  readonly flags: number
  /** From how many reports it was decided what the event adds; 0 when it adds what it reports. */
  readonly known: number
  readonly kind: string
  readonly environment: string | null
  readonly name: string | null
  readonly service: string | null
  readonly user: string | null
  readonly session: string | null
  readonly conversation: string | null
  readonly agent: string | null
  readonly provider: string | null
  readonly model: string | null
  readonly start: number
  readonly startNs: number
  readonly end: number
  readonly endNs: number
  readonly input: number
  readonly output: number
  readonly total: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly reasoning: number
  readonly cost: number
  readonly messages: number
}

export function factAt(
  { words, traces, base, rows, agents, known, nanos }: FactDocument,
  index: number,
): Fact {
  const row = index * FACT_STRIDE
  const below = nanos?.[index] ?? 0
  const num = (column: number): number => rows[row + column] as number
  const word = (column: number): string | null => words[num(column)] ?? null
  return {
    tenant: word(FACT.TENANT) ?? '',
    project: word(FACT.PROJECT) ?? '',
    trace: traces[num(FACT.TRACE)] ?? null,
    id: num(FACT.ID),
    flags: num(FACT.FLAGS),
    known: known?.[index] ?? 0,
    kind: word(FACT.KIND) ?? 'span',
    environment: word(FACT.ENVIRONMENT),
    name: word(FACT.NAME),
    service: word(FACT.SERVICE),
    user: word(FACT.USER),
    session: word(FACT.SESSION),
    conversation: word(FACT.CONVERSATION),
    agent: words[agents?.[index] ?? -1] ?? null,
    provider: word(FACT.PROVIDER),
    model: word(FACT.MODEL),
    start: (base + num(FACT.START)) / 1000,
    startNs: below % NANOS_FACTOR,
    end: (base + num(FACT.START) + num(FACT.DURATION)) / 1000,
    endNs: Math.floor(below / NANOS_FACTOR),
    input: num(FACT.INPUT),
    output: num(FACT.OUTPUT),
    total: num(FACT.TOTAL),
    cacheRead: num(FACT.CACHE_READ),
    cacheWrite: num(FACT.CACHE_WRITE),
    reasoning: num(FACT.REASONING),
    cost: num(FACT.COST),
    messages: num(FACT.MESSAGES),
  }
}
