// Decides which issues match a target, a mute or an inhibition. The labels of an issue are taken from the evidence of its
// rule.

import { z } from 'zod'
import type { IssueLabel } from '../core/signals/issue-labels.ts'
import { SEVERITIES, SIGNAL_TYPES } from '../core/signals/signal.ts'
import { isInWindow, windowSchema } from '../core/signals/timetable.ts'
import type { NotifiedIssue } from '../storage/control/notification-groups.ts'
import type { MuteRow } from '../storage/control/notification-targets.ts'
import type { Target } from './target.ts'

export type Labels = Readonly<Partial<Record<IssueLabel, string>>>

/** The places of a label in the evidence of rules. */
const IN_EVIDENCE: readonly (readonly [IssueLabel, readonly string[]])[] = [
  ['service', ['service']],
  ['route', ['route']],
  ['provider', ['provider']],
  ['model', ['model']],
  ['tool', ['tool', 'tool_name']],
  ['agent', ['agent', 'agent_name']],
]

export function labelsOf(issue: NotifiedIssue): Labels {
  const series = issue.evidence['series']
  const places = [issue.evidence, typeof series === 'object' && series !== null ? series : {}]
  const out: Partial<Record<IssueLabel, string>> = {
    tenant_id: issue.tenant_id,
    project_id: issue.project_id,
    issue_id: issue.issue_id,
    type: issue.type,
    severity: issue.severity,
    rule: issue.rule.replace(/@.*/, ''),
  }
  if (issue.environment !== null && issue.environment !== '') out.environment = issue.environment
  for (const [label, names] of IN_EVIDENCE)
    for (const place of places)
      for (const name of names) {
        const value = (place as Record<string, unknown>)[name]
        if (typeof value === 'string' && value !== '') out[label] ??= value
      }
  return out
}

const rank = (severity: string): number => (SEVERITIES as readonly string[]).indexOf(severity)

export function isForTarget(target: Target, issue: NotifiedIssue, labels: Labels): boolean {
  if (target.projectId !== null && target.projectId !== issue.project_id) return false
  const { severity_min, notices: _notices, ...wanted } = target.filter
  return rank(issue.severity) >= rank(severity_min) && fits(wanted, labels)
}

/** Whether each given label has one of its values. A value may end with `*`. */
export function fits(
  wanted: Readonly<Partial<Record<string, readonly string[] | undefined>>>,
  labels: Labels,
): boolean {
  return Object.entries(wanted).every(([name, values]) => {
    if (values === undefined) return true
    const value = (labels as Record<string, string | undefined>)[name]
    return value !== undefined && values.some((v) => isLike(v, value))
  })
}

const isLike = (pattern: string, value: string): boolean =>
  pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : pattern === value

// ---------------------------------------------------------------- mutes

const values = z.array(z.string().min(1).max(256)).min(1).max(100)

/** The issues that a mute applies to. At least one label is required, so that nobody mutes everything by mistake. */
export const matchersSchema = z
  .strictObject({
    issue_id: values.optional(),
    type: z.array(z.enum(SIGNAL_TYPES)).min(1).optional(),
    severity: z.array(z.enum(SEVERITIES)).min(1).optional(),
    rule: values.optional(),
    environment: values.optional(),
    service: values.optional(),
    route: values.optional(),
    provider: values.optional(),
    model: values.optional(),
    tool: values.optional(),
    agent: values.optional(),
  })
  .refine((m) => Object.keys(m).length > 0, 'at least one label is needed')

export function isMuted(mutes: readonly MuteRow[], labels: Labels, atMs: number): boolean {
  return mutes.some(
    (m) =>
      m.tenant_id === labels.tenant_id &&
      (m.project_id === null || m.project_id === labels.project_id) &&
      isHeld(m, atMs) &&
      fits(m.matchers, labels),
  )
}

/** Whether a mute is in force at a time: between its start and its end, and within its hours, if it has some. */
function isHeld(m: MuteRow, atMs: number): boolean {
  if (m.starts_at.getTime() > atMs || (m.ends_at !== null && m.ends_at.getTime() <= atMs))
    return false
  const windows = z.array(windowSchema).nullable().safeParse(m.windows)
  if (!windows.success || windows.data === null) return true
  return windows.data.some((w) => isInWindow(w, atMs, m.time_zone))
}

// ---------------------------------------------------------------- inhibition

/**
 * An open issue that matches `source` suppresses notifications about others that match `target`, if the labels in `equal` are
 * the same.
 */
export interface Inhibition {
  readonly name: string
  readonly source: Readonly<Partial<Record<IssueLabel, readonly string[]>>>
  readonly target: Readonly<Partial<Record<IssueLabel, readonly string[]>>>
  readonly equal: readonly IssueLabel[]
  /** The source must have at least this value in its evidence, such as the share of calls that fail. */
  readonly value_min?: number | undefined
}

/**
 * If at least half of the calls of a provider fail, only the issue of the provider is notified, because its routes and models
 * fail for the same reason.
 */
export const PROVIDER_OUTAGE: Inhibition = {
  name: 'provider_outage',
  source: { type: ['error_rate'], provider: ['*'] },
  target: {
    type: [
      'error_rate',
      'llm_error',
      'retry_storm',
      'high_latency',
      'medium_latency',
      'latency_anomaly',
      'empty_output',
      'output_drift',
      'model_drift',
    ],
    provider: ['*'],
  },
  equal: ['tenant_id', 'project_id', 'provider'],
  value_min: 0.5,
}

/** Minutes since it was last seen, within which a source is effective. */
export const INHIBITED_MINUTES = 30

export const sourceTypesOf = (rules: readonly Inhibition[]): readonly string[] => [
  ...new Set(rules.flatMap((r) => r.source.type ?? [])),
]

/**
 * Returns the issue that suppresses this one, or null. If several could suppress each other, the one that was seen first is
 * notified.
 */
export function inhibitorOf(
  rules: readonly Inhibition[],
  sources: readonly NotifiedIssue[],
  issue: NotifiedIssue,
  labels: Labels,
): NotifiedIssue | null {
  for (const rule of rules) {
    if (!fits(rule.target, labels)) continue
    for (const source of sources) {
      if (source.issue_id === issue.issue_id && source.project_id === issue.project_id) continue
      const own = labelsOf(source)
      if (!fits(rule.source, own) || valueOf(source) < (rule.value_min ?? Number.NEGATIVE_INFINITY))
        continue
      if (!rule.equal.every((name) => own[name] === labels[name])) continue
      const isMutual =
        fits(rule.source, labels) && valueOf(issue) >= (rule.value_min ?? Number.NEGATIVE_INFINITY)
      if (!isMutual || isBefore(source, issue)) return source
    }
  }
  return null
}

const isBefore = (a: NotifiedIssue, b: NotifiedIssue): boolean =>
  a.first_seen.getTime() - b.first_seen.getTime() < 0 ||
  (a.first_seen.getTime() === b.first_seen.getTime() && a.issue_id < b.issue_id)

/** The measured share in evidence such as `"62 %"` or 0.62. */
function valueOf(issue: NotifiedIssue): number {
  const now = issue.evidence['now']
  if (typeof now === 'number') return now
  const percent = typeof now === 'string' ? /^([\d.]+) ?%$/.exec(now) : null
  return percent === null ? Number.NEGATIVE_INFINITY : Number(percent[1]) / 100
}
