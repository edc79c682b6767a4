// What a dialect table is: rows of data, source key or pattern -> canonical target and named transform.
// Targets are in `targets.ts`, transforms in `transform-names.ts`; `tables.ts` refuses what is in neither.

import type { Kind } from '../../../core/kinds.ts'
import type { Target } from './targets.ts'
import type { TransformName } from './transform-names.ts'

export interface RowOptions {
  /** Lower wins among all rows for the same target; 50 unless told. See RANK. */
  readonly rank?: number
  /**
   * `own`: only on spans where this dialect was detected (the key is a common word). `genai`: only where any
   * dialect was detected. Otherwise the row always holds.
   */
  readonly when?: 'own' | 'genai'
  /** For the documentation: a condition or a warning. */
  readonly note?: string
}

/**
 * [source key, target, transform, options].
 * Key: exact; `a.{b,c}.d` (each of them); `a.*` (prefix; `*` in the target is what follows); `a.<i>.*` (indexed family).
 */
export type Row = readonly [key: string, to: Target, how?: TransformName, options?: RowOptions]

/** Documentation of what is no attribute: span names, events, scopes, log records, resources. */
export type Note = readonly [
  key: string,
  at: 'E' | 'L' | 'R' | 'S' | 'N' | 'J' | 'H' | 'K' | 'M',
  to: string,
  how: string,
]

export interface Dialect {
  readonly name: string
  /** Whose convention it is, in a few words. */
  readonly about: string
  /** Where the facts come from. */
  readonly source: string
  /** Scope names that name the dialect; `*` at the end is a prefix. */
  readonly scopes?: readonly string[]
  /** Attribute keys whose presence names the dialect; `.*` at the end is a prefix, `key=value` asks for the value too. */
  readonly markers?: readonly string[]
  /** Markers count before scopes: for frameworks that are mostly seen through somebody else's instrumentation. */
  readonly isStrong?: boolean
  /** A general convention: named as the dialect only when nothing more specific was found. */
  readonly isGeneral?: boolean
  /** Span names -> kind, when no attribute says. */
  readonly names?: Readonly<Record<string, Kind>>
  /** input_tokens leaves out cached tokens: add them. */
  readonly cacheIsExtra?: boolean
  readonly rows: readonly Row[]
  readonly notes?: readonly Note[]
}

/** A rule's rank in a table is multiplied by this, so that rules of one rank keep the order of the tables. */
export const RANK_UNIT = 8192

/** Precedence of content, best first (section 2.2 of the specification). */
export const RANK = {
  own: 10,
  structured: 20,
  messageEvents: 30,
  detailsEvent: 32,
  indexed: 40,
  base: 50,
  blob: 60,
  entity: 70,
  last: 90,
} as const
