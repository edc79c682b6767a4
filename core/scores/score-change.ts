// A score as the consumers of exporters get it.

/** The state of a score after a change. Of several with one `score_id` the one with the latest `changed_at` holds. */
export interface ScoreChange {
  readonly score_id: string
  readonly tenant_id: string
  readonly project_id: string
  /** Hex digits. */
  readonly trace_id: string
  /** Hex digits; null for a score of the whole trace. */
  readonly span_id: string | null
  /** RFC 3339 in UTC, with microseconds. */
  readonly changed_at: string
  /** The score is gone, and so are the fields below. */
  readonly deleted: boolean
  readonly name?: string
  readonly value?: number | string | boolean
  readonly comment?: string | null
  /** `judge`, `quality`, or what the sender calls itself. */
  readonly source?: string
  /** The judge or check with its version, a person, or a key. */
  readonly author?: string
  /** RFC 3339 in UTC, with microseconds. */
  readonly at?: string
}
