// The labels of an issue, by which issues are grouped for notifications, muted and routed to targets.

export const ISSUE_LABELS = [
  'tenant_id',
  'project_id',
  'issue_id',
  'type',
  'severity',
  'rule',
  'environment',
  'service',
  'route',
  'provider',
  'model',
  'tool',
  'agent',
] as const

export type IssueLabel = (typeof ISSUE_LABELS)[number]
