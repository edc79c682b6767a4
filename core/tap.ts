// The tap: a live sample of what an instance stores, for people who look. Nothing is sampled while nobody looks, and nobody who looks
// slowly holds anything up: what a look cannot take is dropped and counted.

/** What workers are asked to sample. */
export interface TapRequest {
  /** Of these tenants. */
  readonly tenants: readonly string[]
  /** Records of one task at most. */
  readonly max: number
}

/** Records of one task: lines of JSON, scrubbed and canonical like what is stored. */
export interface TapSample {
  readonly lines: readonly string[]
  /** Records of these tenants that were not sampled. */
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
  /** Fields with the values that are meant. */
  readonly where: readonly (readonly [field: string, value: string])[]
  /** Records a second at most. */
  readonly perSecond: number
}

export interface TapRecord {
  readonly pipeline: string
  readonly record: 'event' | 'signal'
  readonly data: Readonly<Record<string, unknown>>
}

/** One look at the tap. `next` waits for records; an empty list means that the time is up. */
export interface TapLook {
  next(waitMs: number, signal: AbortSignal): Promise<readonly TapRecord[]>
  /** Records that fitted and were not taken, since the last call. */
  takeDropped(): number
  close(): void
}

export interface Tap {
  /** Null when too many look already, or the component does not exist. */
  open(filter: TapFilter): TapLook | 'too_many' | 'no_component'
}
