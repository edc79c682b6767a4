// What becomes of signals that were raised: the last form of each is kept as text with what it is about. One that does not hold any more
// is not withdrawn but marked as superseded; one whose level has become the usual one says so.

import type { Signal } from '../core/signals/signal.ts'
import { type Finding, signalOf } from './finding.ts'
import type { DetectionLimits } from './settings.ts'
import type { Accepted } from './trends/judge-series.ts'
import { BUCKET_MS } from './trends/series.ts'

/** The last form of signals, as JSON by id. */
export type Raised = Map<string, string>

/** Signals of a series are remembered so long: what goes on becomes the new normal after a day. */
const REMEMBERED_MINUTES = 3 * 1440

/** The new form of what was raised before, is not among the findings, and of which that can be said. */
export function supersededIn(
  raised: Raised,
  found: readonly Finding[],
  settings: DetectionLimits,
  isJudged: (signal: Signal) => boolean = () => true,
): Signal[] {
  if (raised.size === 0) return []
  const holding = new Set(found.map((f) => signalOf(f).signal_id))
  const out: Signal[] = []
  for (const [id, text] of raised) {
    if (holding.has(id)) continue
    const signal = signalIn(text)
    // What the configuration no longer looks for may hold nevertheless.
    if (settings.disabled.includes(signal.type) || 'superseded' in signal.evidence) continue
    if (isJudged(signal)) out.push(changed(raised, signal, { superseded: true }))
  }
  return out
}

/** Tells once that signals of workers are superseded. */
export function supersede(
  of: { raised: Raised | null },
  signals: readonly Signal[],
  out: Signal[],
): void {
  for (const signal of signals) {
    of.raised ??= new Map()
    if (of.raised.has(signal.signal_id)) continue
    of.raised.set(signal.signal_id, JSON.stringify(signal))
    out.push(signal)
  }
}

/** Whether a signal of a series is about a minute from this one on. */
export const isSince =
  (minute: number) =>
  (signal: Signal): boolean =>
    minuteOf(signal) >= minute

/** The new form of signals whose level is the usual one now. */
export function newNormals(raised: Raised, accepted: readonly Accepted[]): Signal[] {
  return accepted.flatMap(({ finding, minute }) => {
    const text = raised.get(signalOf(finding).signal_id)
    // It was not raised, in a pause for example.
    if (text === undefined) return []
    const from = new Date(minute * BUCKET_MS).toISOString()
    return [changed(raised, signalIn(text), { new_normal_from: from })]
  })
}

/** `Detector` made the text of a signal. */
const signalIn = (text: string): Signal => JSON.parse(text) as Signal

export function forgetRaised(raised: Raised, closedMinute: number): void {
  if (!Number.isFinite(closedMinute)) return
  for (const [id, text] of raised)
    if (minuteOf(signalIn(text)) < closedMinute - REMEMBERED_MINUTES) raised.delete(id)
}

/** The minute that ended at the time of a signal of a series. */
const minuteOf = ({ at }: Signal): number => Math.round(Number(at) / 1e6 / BUCKET_MS) - 1

function changed(raised: Raised, signal: Signal, more: Signal['evidence']): Signal {
  const now = { ...signal, evidence: { ...signal.evidence, ...more } }
  raised.set(signal.signal_id, JSON.stringify(now))
  return now
}
