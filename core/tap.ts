// The tap: a live sample of what an instance stores. While there are no viewers nothing is sampled, and a slow viewer delays
// nobody: records that it cannot take are dropped and counted.

/** What the workers sample. */
export interface TapRequest {
  /** Ids of the tenants whose records are sampled. */
  readonly tenants: readonly string[]
  /** Largest number of records of one task. */
  readonly max: number
}

/** Records of one task as lines of JSON, scrubbed and canonical like what is stored. */
export interface TapSample {
  readonly lines: readonly string[]
  /** Number of records of these tenants that were not sampled. */
  readonly omitted: number
}

export interface TapFilter {
  readonly tenantId: string
  /** A project of the tenant; null for all. */
  readonly projectId: string | null
  /** Id of a receiver, processor, exporter or pipeline; null for all. */
  readonly component: string | null
  /** `event`, `signal` or both. */
  readonly records: ReadonlySet<'event' | 'signal'>
  /** Fields, each with the value that a record must have there. */
  readonly where: readonly (readonly [field: string, value: string])[]
  /** Largest number of records a second. */
  readonly perSecond: number
}

export interface TapRecord {
  readonly pipeline: string
  readonly record: 'event' | 'signal'
  readonly data: Readonly<Record<string, unknown>>
}

/** The tap of one viewer. `next` waits for records; an empty list means that the time is up. */
export interface TapLook {
  next(waitMs: number, signal: AbortSignal): Promise<readonly TapRecord[]>
  /** Number of records that matched the filter and were dropped, since the last call. */
  takeDropped(): number
  close(): void
}

export interface Tap {
  /** Opens the tap for a viewer, unless there are too many already or the component does not exist. */
  open(filter: TapFilter): TapLook | 'too_many' | 'no_component'
}
