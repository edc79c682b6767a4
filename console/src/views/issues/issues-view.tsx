// The list of issues with their states, and as a second list all single signals.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { apiAddress } from '../../api/client.ts'
import type { Issue } from '../../api/types.ts'
import { Tabs } from '../../parts/basics.tsx'
import { oneLine } from '../../parts/format.ts'
import { ListEnd } from '../../parts/list-end.tsx'
import { ColumnChoice, ListTable, useColumns, useSorting } from '../../parts/list-table.tsx'
import { Answered, Empty, Loading } from '../../parts/states.tsx'
import { useKeys } from '../../state/keyboard.ts'
import { setParams, useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { tabsOf } from '../../view-names.ts'
import { type FilterField, Filters } from '../traces/filters.tsx'
import { usePages } from '../traces/use-pages.ts'
import {
  ACTIONS,
  ActionButtons,
  ChangeState,
  type Changes,
  useIssueChanges,
} from './issue-changes.tsx'
import { COLUMNS, WITH_ASSIGNEES } from './issue-columns.tsx'
import { SignalsList } from './signals-list.tsx'
import { useIssuesRoute } from './use-issues-route.ts'

const choices = (...names: readonly string[]) => names.map((name) => [name, name] as const)

const FIELDS: readonly FilterField[] = [
  {
    name: 'severity',
    label: 'Severity',
    type: 'choice',
    choices: choices('high', 'medium', 'low'),
    isMain: true,
  },
  {
    name: 'status',
    label: 'State',
    type: 'choice',
    choices: choices('open', 'acknowledged', 'snoozed', 'resolved', 'ignored'),
    isMain: true,
  },
  {
    name: 'substatus',
    label: 'Course',
    type: 'choice',
    choices: choices('new', 'ongoing', 'escalating', 'regressed'),
    isMain: true,
  },
  { name: 'assignee', label: 'Assignee', type: 'text', placeholder: 'Assignee', isMain: true },
]
const SEARCH: FilterField = {
  name: 'text',
  label: 'Words in the title',
  type: 'text',
  placeholder: 'Search titles',
}
const NAMES = ['type', 'text', ...FIELDS.map((f) => f.name), 'sort']
const EVERY_MS = 10_000
const PAGE = 100

export function IssuesView(): JSX.Element {
  const { query } = useLocation()
  const hasIssues = useIssuesRoute()
  const list = hasIssues === false ? 'signals' : (query.get('list') ?? 'issues')
  return (
    <>
      <header class="view-head">
        <h1>Issues</h1>
      </header>
      {hasIssues !== true ? null : (
        <Tabs
          label="Issues or their occurrences"
          tabs={tabsOf('issues', { issues: 'Issues', signals: 'Occurrences' })}
          selected={list}
          onSelect={(key) =>
            setParams({
              list: key === 'issues' ? null : key,
              sort: null,
              text: null,
              status: null,
              substatus: null,
              assignee: null,
            })
          }
        />
      )}
      {hasIssues === null ? <Loading /> : list === 'signals' ? <SignalsList /> : <IssuesList />}
    </>
  )
}

function IssuesList(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const sorting = useSorting('-last_seen')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const set = Object.fromEntries(NAMES.map((name) => [name, query.get(name)]))
  const parameters = () => ({ ...set, ...range.bounds(), limit: PAGE })
  const pages = usePages<Issue>(
    '/api/v1/issues',
    [range.key, query.get('project'), set],
    parameters,
    {
      everyMs: range.isRelative && EVERY_MS,
    },
  )
  const hasAssignees = pages.rows.some((issue) => issue.assignee !== null)
  const all = hasAssignees ? WITH_ASSIGNEES : COLUMNS
  const columns = useColumns('issues', all)
  const changes = useIssueChanges(() => setChosen(new Set()))
  const chosenRows = pages.rows.filter((row) => chosen.has(row.issue_id))
  const toggle = (id: string): void => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    setChosen(next)
  }
  useIssueKeys(pages.rows, chosenRows, toggle, changes)
  return (
    <>
      <div class="panel-head">
        <Filters fields={FIELDS} search={SEARCH} />
        <div class="push">
          <ColumnChoice list="issues" columns={all} />
        </div>
        <a
          class="button"
          href={apiAddress('/api/v1/issues', { ...set, ...range.bounds(), format: 'csv' })}
          download="issues.csv"
        >
          CSV
        </a>
      </div>
      <Bulk rows={chosenRows} changes={changes} />
      <Answered of={pages.answer} lines={10}>
        {() =>
          pages.rows.length === 0 ? (
            <Empty title="No issues">Nothing that matches was seen in “{range.label}”.</Empty>
          ) : (
            <>
              <ListTable
                label="Issues"
                columns={columns}
                rows={pages.rows}
                idOf={(issue) => issue.issue_id}
                lead={{
                  label: 'Chosen',
                  cell: (issue) => (
                    <input
                      type="checkbox"
                      class="over-row"
                      aria-label={`Choose ${oneLine(issue.title, 80)}`}
                      checked={chosen.has(issue.issue_id)}
                      onChange={() => toggle(issue.issue_id)}
                    />
                  ),
                }}
                {...sorting}
              />
              <ListEnd pages={pages} noun="issues" />
            </>
          )
        }
      </Answered>
    </>
  )
}

/** What can be done with the issues that are chosen. */
function Bulk({
  rows,
  changes,
}: {
  readonly rows: readonly Issue[]
  readonly changes: Changes
}): JSX.Element {
  return (
    <div class="bulk" role="group" aria-label="What is chosen">
      <span class="muted">{rows.length === 0 ? 'None chosen' : `${rows.length} chosen`}</span>
      <ActionButtons issues={rows} changes={changes} />
      <ChangeState of={changes} />
    </div>
  )
}

/** Keys that choose issues, and that change those that are chosen, else the one in focus. */
function useIssueKeys(
  rows: readonly Issue[],
  chosen: readonly Issue[],
  toggle: (id: string) => void,
  changes: Changes,
): void {
  useKeys([
    {
      keys: 'x',
      says: 'Choose the issue',
      run: () => {
        const id = focusedIssue()
        if (id !== null) toggle(id)
      },
    },
    ...ACTIONS.map((action) => ({
      keys: action.key,
      says: `${action.label}: what is chosen, else the issue in focus`,
      run: () => {
        const id = focusedIssue()
        changes.run(chosen.length > 0 ? chosen : rows.filter((row) => row.issue_id === id), action)
      },
    })),
  ])
}

/** The issue whose row has the focus. */
function focusedIssue(): string | null {
  const row = document.activeElement?.closest('tr')
  return row instanceof HTMLElement ? (row.dataset['id'] ?? null) : null
}
