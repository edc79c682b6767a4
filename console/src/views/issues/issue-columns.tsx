// The columns of the list of issues, and the badge of an issue's state.

import type { JSX } from 'preact'
import type { Issue } from '../../api/types.ts'
import { Ago, Badge, Link, Severity } from '../../parts/basics.tsx'
import { count, exact, money, NONE, oneLine, words } from '../../parts/format.ts'
import type { Column } from '../../parts/list-table.tsx'

export const COLUMNS: readonly Column<Issue>[] = [
  {
    key: 'issue',
    label: 'Issue',
    isMain: true,
    cell: (issue) => (
      <>
        <Link to={`/issues/${issue.issue_id}`} class="row-link" row title={issue.title}>
          {oneLine(issue.title, 90)}
        </Link>
        <div class="muted">{words(issue.type)}</div>
      </>
    ),
  },
  {
    key: 'severity',
    label: 'Severity',
    sort: 'severity',
    cell: (issue) => <Severity of={issue.severity} />,
  },
  { key: 'state', label: 'State', isWide: true, cell: (issue) => <IssueState issue={issue} /> },
  {
    key: 'times',
    label: 'Times',
    isNumber: true,
    isWide: true,
    sort: 'count',
    cell: (issue) => <span title={exact(issue.count)}>{count(issue.count)}</span>,
  },
  {
    key: 'traces',
    label: 'Traces',
    isNumber: true,
    isWide: true,
    sort: 'traces',
    cell: (issue) => count(issue.traces),
  },
  {
    key: 'users',
    label: 'Users',
    isNumber: true,
    isWide: true,
    sort: 'users',
    cell: (issue) => count(issue.users),
  },
  {
    key: 'cost',
    label: 'Cost',
    isNumber: true,
    isWide: true,
    sort: 'cost_usd',
    cell: (issue) =>
      issue.cost_usd > 0 ? (
        <span title={`${issue.cost_usd} USD`}>{money(issue.cost_usd)}</span>
      ) : (
        <span class="muted" title="No cost is known of it">
          {NONE}
        </span>
      ),
  },
  {
    key: 'last',
    label: 'Last seen',
    isWide: true,
    sort: 'last_seen',
    cell: (issue) => <Ago at={issue.last_seen} />,
  },
  {
    key: 'first',
    label: 'First seen',
    isWide: true,
    sort: 'first_seen',
    cell: (issue) => <Ago at={issue.first_seen} />,
  },
  {
    key: 'environment',
    label: 'Environment',
    isWide: true,
    isExtra: true,
    cell: (issue) => oneLine(issue.environment ?? NONE, 40),
  },
  {
    key: 'assignee',
    label: 'Assignee',
    isWide: true,
    isExtra: true,
    cell: (issue) => oneLine(issue.assignee ?? NONE, 40),
  },
]

/** The same, with the assignees that some of the issues have. */
export const WITH_ASSIGNEES: readonly Column<Issue>[] = COLUMNS.map((column) =>
  column.key === 'assignee' ? { ...column, isExtra: false } : column,
)

const TONES: Readonly<Record<string, 'good' | 'warn' | 'bad' | 'info'>> = {
  new: 'info',
  escalating: 'bad',
  regressed: 'bad',
  ongoing: 'warn',
  resolved: 'good',
}

export function IssueState({ issue }: { readonly issue: Issue }): JSX.Element {
  const course = issue.status === 'open' ? issue.substatus : null
  return (
    <Badge tone={TONES[course ?? issue.status] ?? 'neutral'}>
      {issue.status}
      {course === null ? '' : ` · ${course}`}
    </Badge>
  )
}
