// A detector that is on: its row with the type number it reports and what its matcher needs.

import type { Detector } from '../detectors/detector.ts'
import type { Policy } from './policy.ts'
import type { ScannedValue } from './scanned-value.ts'

export interface ActiveDetector {
  /** The row of the table. */
  readonly row: Detector
  /** Number of the type that is reported; `alsoType` is that of the second form of the row, -1 when it is off. */
  readonly type: number
  readonly alsoType: number
  readonly rank: number
  /** Kinds of characters (bits of `CLASS`) that must not stand left of the anchor; 0 = anything may. */
  readonly leftMask: number
  readonly match: Matcher
  /** Looks for secrets in bytes that the matcher decoded. */
  readonly inner: InnerScan
}

/**
 * Examines the position `p`, at which an anchor of `len` bytes starts, and reports findings to the scanned value. All matchers use the same
 * names: `s` is the scanned value, `b` are its bytes, `p` is a position in them, and `[from, to)` is a range.
 */
export type Matcher = (s: ScannedValue, p: number, len: number, active: ActiveDetector) => void

/** Scans bytes that were decoded from a value of the policy's tenant; returns the rank of the best finding and its type, or null. */
export type InnerScan = (
  policy: Policy,
  bytes: Uint8Array,
  length: number,
) => { readonly type: number; readonly rank: number } | null
