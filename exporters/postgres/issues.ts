// Computes what new signals change in the issues: one row for each fingerprint of a batch. No I/O.

import type { SignalRow } from './fact-document.ts'

export interface IssueChange {
  readonly tenant: string
  readonly project: string
  readonly id: string
  readonly fingerprint: string
  readonly type: string
  readonly severity: string
  readonly title: string
  readonly rule: string
  readonly environment: string | null
  count: number
  first: number
  last: number
  cost: number
  evidence: Readonly<Record<string, unknown>>
  trace: string | null
}

export interface AffectedRow {
  readonly tenant: string
  readonly project: string
  readonly id: string
  readonly kind: 'trace' | 'user'
  readonly value: string
}

/** The id of the issue with a fingerprint. */
export const issueIdOf = (fingerprint: string): string => fingerprint.replace(':', '-')

export function issueChanges(signals: readonly SignalRow[]): {
  readonly issues: IssueChange[]
  readonly affected: AffectedRow[]
} {
  const issues = new Map<string, IssueChange>()
  const affected = new Map<string, AffectedRow>()
  for (const s of signals) {
    // Signals of a version that had no fingerprints belong to no issue.
    if (s.fingerprint === undefined) continue
    const id = issueIdOf(s.fingerprint)
    const key = `${s.tenant}\n${s.project}\n${id}`
    const known = issues.get(key)
    if (known === undefined) issues.set(key, changeOf(s, id, s.fingerprint))
    else addTo(known, s)
    for (const [kind, value] of [
      ['trace', s.trace],
      ['user', s.user],
    ] as const)
      if (value !== null && value !== '')
        affected.set(`${key}\n${kind}\n${value}`, {
          tenant: s.tenant,
          project: s.project,
          id,
          kind,
          value,
        })
  }
  return { issues: [...issues.values()], affected: [...affected.values()] }
}

function changeOf(s: SignalRow, id: string, fingerprint: string): IssueChange {
  const { tenant, project, type, severity, rule, environment } = s
  return {
    tenant,
    project,
    id,
    fingerprint,
    type,
    severity,
    title: s.title ?? type,
    rule,
    environment,
    count: 1,
    first: s.at,
    last: s.at,
    cost: s.cost ?? 0,
    evidence: evidenceOf(s),
    trace: s.trace === '' ? null : s.trace,
  }
}

function addTo(change: IssueChange, s: SignalRow): void {
  change.count++
  change.cost += s.cost ?? 0
  change.first = Math.min(change.first, s.at)
  if (s.at < change.last) return
  change.last = s.at
  change.evidence = evidenceOf(s)
  change.trace = s.trace === '' ? null : s.trace
}

/** The evidence of an issue is that of its latest signal, with the value and the threshold that the rule compared. */
function evidenceOf({ value, threshold, evidence }: SignalRow): IssueChange['evidence'] {
  return {
    ...(value === null ? {} : { value }),
    ...(threshold === null ? {} : { threshold }),
    ...evidence,
  }
}
