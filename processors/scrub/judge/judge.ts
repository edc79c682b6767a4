// What inputs ask of judging: what is found in the values of one tenant, and what takes its place.

import type { Arena } from '../../../core/arena.ts'
import type { Pseudonyms } from '../../../core/identity/pseudonym.ts'
import type { NumberRule, NumberRules } from '../matchers/policy.ts'
import type { WorkBudget } from '../matchers/work-budget.ts'
import type { Scanner } from '../search/scanner.ts'
import type { Finding } from '../value/finding.ts'
import type { Range, ValueRange } from '../value/value-range.ts'

/** What is done about a secret. */
export type Action = 'mask' | 'pseudonym' | 'partial' | 'drop_attribute' | 'drop_event' | 'report'

/** Judges by one policy. Holds nothing of the values that it was asked about. */
export interface Judge {
  /** Some rule wants to see every value, candidates or not. */
  readonly scansAll: boolean
  /** The number rules that are on. */
  readonly numbers: NumberRules
  /** What an AWS secret key is reported as; null = off for all tenants. */
  readonly awsSecret: NumberRule | null
  /** Findings of a value, disjoint and sorted, without what may pass. Never throws. */
  find(value: ValueRange): Finding[]
  /** The same for parts of some bytes as one text, relative to its start; the first stands under `key`. */
  findJoined(bytes: Uint8Array, parts: readonly Range[], key: string): Finding[]
  /** Nothing begins within reach of where a part meets the next; only for parts that hold nothing themselves. */
  isQuietAtSeams(bytes: Uint8Array, parts: readonly Range[]): boolean
  /** Whatever stands under this key may pass. */
  letsKey(key: string): boolean
  /** The findings without what is off, what a marker already stands for and what the allow list excuses. */
  withoutExcused(value: ValueRange, found: Finding[]): Finding[]
  typeName(type: number): string
  /** The type is that of a rule of the configuration. */
  isOwnRule(type: number): boolean
  actionOf(type: number): Action
  /** What stands in the place of a finding in the value. */
  replacement(value: ValueRange, f: Finding, tenant: string): Uint8Array
}

/** The judges of all tenants: they share one finder and its tables. */
export interface Judges {
  /** For those without settings of their own. */
  readonly base: Judge
  /** Makes the pseudonyms of ids; null where ids are masked. */
  readonly ids: Pseudonyms | null
  /** What the values of a request may cost: opened for each batch or text. */
  readonly work: WorkBudget
  of(tenant: string): Judge
  /** A scanner for the detectors and rules of all tenants. */
  scanner(arena: Arena): Scanner
  /** Some detector or rule of some tenant finds something in it. */
  holdsSecret(bytes: Uint8Array): boolean
}
