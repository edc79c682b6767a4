// Detects quality degradation: a check finds faults in a significantly larger share of a model's calls than in the days before. A single
// bad answer is only a score; a rising share is a signal.

import type { Signal } from '../../core/signals/signal.ts'
import type { FaultShare } from '../../storage/semantic/scores.ts'
import { derivedSignal } from '../results/derived-signal.ts'

export const DEGRADATION_HOURS = 3
export const DEGRADATION_DAYS = 8

const SEEN_MIN = 50
const SEEN_BEFORE_MIN = 200
/** The smallest rise of the share that is reported, absolutely and in standard deviations of the earlier share. */
const RISE_MIN = 0.05
const DEVIATIONS_MIN = 4
/** The severity is medium from this share on, and low below it. */
const MEDIUM_SHARE = 0.2

export interface Rise {
  readonly share: number
  readonly before: number
  readonly threshold: number
}

/** Compares the shares. Returns null if the rise may be due to chance. */
export function riseOf(
  s: Pick<FaultShare, 'seen' | 'faults' | 'seenBefore' | 'faultsBefore'>,
): Rise | null {
  if (s.seen < SEEN_MIN || s.seenBefore < SEEN_BEFORE_MIN) return null
  const share = s.faults / s.seen
  // Without smoothing, an earlier share of zero would make a single fault infinitely unlikely.
  const before = (s.faultsBefore + 1) / (s.seenBefore + 2)
  const deviation = Math.sqrt((before * (1 - before)) / s.seen)
  const threshold = before + Math.max(RISE_MIN, DEVIATIONS_MIN * deviation)
  return share > threshold ? { share, before, threshold } : null
}

/** Makes the signal. Its id is the same for the same check, model and day. `nowMs` is the time since the epoch. */
export function degradationSignal(
  s: FaultShare,
  rise: Rise,
  examples: readonly string[],
  nowMs: number,
): Signal {
  const round = (share: number): number => Math.round(share * 1e4) / 1e4
  return derivedSignal(
    {
      tenantId: s.tenantId,
      projectId: s.projectId,
      traceId: null,
      spanId: null,
      eventId: null,
      at: String(BigInt(nowMs) * 1_000_000n),
    },
    {
      type: 'quality_degradation',
      severity: rise.share >= MEDIUM_SHARE ? 'medium' : 'low',
      rule: 'quality_degradation@1',
      identity: [s.name, s.model, new Date(nowMs).toISOString().slice(0, 10)],
      dimensions: [s.name, s.model],
      value: round(rise.share),
      threshold: round(rise.threshold),
      evidence: {
        series: { check: s.name, model: s.model },
        share: round(rise.share),
        share_before: round(rise.before),
        calls: s.seen,
        faults: s.faults,
        calls_before: s.seenBefore,
        ...(examples.length === 0 ? {} : { example_traces: examples.join(' ') }),
      },
    },
  )
}
