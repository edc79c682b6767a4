// A compiled detector: its row with the type number it reports and the masks it needs. The matchers get one.

import type { Detector } from '../detectors/detector.ts'
import type { Policy } from './policy.ts'
import type { Subject } from './subject.ts'

export interface Rule {
  readonly detector: Detector
  /** Type reported; `alsoType` for the second form of the row. */
  readonly type: number
  readonly alsoType: number
  readonly rank: number
  /** Bits that must not stand left of the anchor; 0 = anything may. */
  readonly leftMask: number
  readonly match: Matcher
  /** Scans decoded bytes with all detectors; for wrapped secrets. Null at the greatest depth. */
  readonly inner: InnerScan
}

/** Looks at `p`, where an anchor of `len` bytes begins, and reports to the subject. */
export type Matcher = (s: Subject, p: number, len: number, rule: Rule) => void

/** Scans bytes that were decoded from a value of the policy's tenant; returns the rank of the best finding and its type, or null. */
export type InnerScan = (
  policy: Policy,
  bytes: Uint8Array,
  length: number,
) => { readonly type: number; readonly rank: number } | null
