// The issues that signals make, as the Postgres exporter groups them: one for each fingerprint.

import type { Signal } from '../../../core/signals/signal.ts'
import { titleOf } from '../../../core/signals/signal-title.ts'

const SEVERITIES = ['low', 'medium', 'high']

/** In the order of their first signals. A signal in a later form counts once. */
export function issuesOf(signals: readonly Signal[]): readonly Record<string, unknown>[] {
  const last = new Map(signals.map((s) => [s.signal_id, s]))
  const groups = new Map<string, Signal[]>()
  for (const s of last.values()) {
    const group = groups.get(s.fingerprint)
    if (group === undefined) groups.set(s.fingerprint, [s])
    else group.push(s)
  }
  return [...groups.values()]
    .map(issueOf)
    .toSorted((a, b) => (a.first_seen < b.first_seen ? -1 : 1))
}

function issueOf(group: readonly Signal[]) {
  const byTime = group.toSorted((a, b) => (BigInt(a.at) < BigInt(b.at) ? -1 : 1))
  const first = byTime[0] as Signal
  const newest = byTime.at(-1) as Signal
  const severity = SEVERITIES.findLast((s) => group.some((g) => g.severity === s)) ?? first.severity
  return {
    type: first.type,
    severity,
    title: titleOf(first),
    count: group.length,
    fingerprint: first.fingerprint,
    rule: first.rule,
    first_seen: timeOf(first),
    last_seen: timeOf(newest),
    evidence: newest.evidence,
  }
}

const timeOf = (s: Signal): string => new Date(Number(BigInt(s.at) / 1_000_000n)).toISOString()
