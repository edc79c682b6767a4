// The list of issues with their states, and as a second list all single signals.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { apiAddress } from '../../api/client.ts'
import type { Issue } from '../../api/types.ts'
import { Ago, Badge, Link, Severity, Tabs } from '../../parts/basics.tsx'
import { count, money, NONE, oneLine, words } from '../../parts/format.ts'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered, Empty, Loading } from '../../parts/states.tsx'
import { useKeys } from '../../state/keyboard.ts'
import { setParams, useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { type FilterField, Filters } from '../traces/filters.tsx'
import { usePages } from '../traces/use-pages.ts'
import { ACTIONS, ActionButtons, useIssueChanges } from './issue-changes.tsx'
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
const NAMES = ['type', ...FIELDS.map((f) => f.name)]
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
          tabs={[
            ['issues', 'Issues'],
            ['signals', 'Occurrences'],
          ]}
          selected={list}
          onSelect={(key) =>
            setParams({
              list: key === 'issues' ? null : key,
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
  const changes = useIssueChanges(() => setChosen(new Set()))
  const chosenRows = pages.rows.filter((row) => chosen.has(row.issue_id))
  const ids = chosenRows.map((row) => row.issue_id)
  const states = chosenRows.map((row) => row.status)
  const toggle = (id: string): void => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    setChosen(next)
  }
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
        changes.run(ids.length > 0 ? ids : id === null ? [] : [id], action)
      },
    })),
  ])
  return (
    <>
      <div class="panel-head">
        <Filters fields={FIELDS} />
        <a
          class="button push"
          href={apiAddress('/api/v1/issues', { ...set, ...range.bounds(), format: 'csv' })}
          download="issues.csv"
        >
          CSV
        </a>
      </div>
      <div class="bulk" role="group" aria-label="What is chosen">
        <span class="muted">{ids.length === 0 ? 'None chosen' : `${ids.length} chosen`}</span>
        <ActionButtons ids={ids} states={states} changes={changes} />
        <span role="status" class={changes.isError ? 'form-error' : 'muted'}>
          {changes.message ?? ''}
        </span>
      </div>
      <Answered of={pages.answer} lines={10}>
        {() =>
          pages.rows.length === 0 ? (
            <Empty title="No issues">Nothing that matches was seen in “{range.label}”.</Empty>
          ) : (
            <>
              <IssuesTable rows={pages.rows} chosen={chosen} onToggle={toggle} />
              <ListEnd pages={pages} noun="issues" />
            </>
          )
        }
      </Answered>
    </>
  )
}

/** The issue whose row has the focus. */
function focusedIssue(): string | null {
  const row = document.activeElement?.closest('tr')
  return row instanceof HTMLElement ? (row.dataset['issue'] ?? null) : null
}

function IssuesTable({
  rows,
  chosen,
  onToggle,
}: {
  readonly rows: readonly Issue[]
  readonly chosen: ReadonlySet<string>
  readonly onToggle: (id: string) => void
}): JSX.Element {
  const hasAssignees = rows.some((issue) => issue.assignee !== null)
  return (
    <div class="scroll-x" role="region" aria-label="Issues" tabIndex={0}>
      <table class="table rows">
        <IssuesHead hasAssignees={hasAssignees} />
        <tbody>
          {rows.map((issue) => (
            <tr key={issue.issue_id} data-issue={issue.issue_id}>
              <td>
                <input
                  type="checkbox"
                  class="over-row"
                  aria-label={`Choose ${oneLine(issue.title, 80)}`}
                  checked={chosen.has(issue.issue_id)}
                  onChange={() => onToggle(issue.issue_id)}
                />
              </td>
              <td class="main-cell">
                <Link to={`/issues/${issue.issue_id}`} class="row-link" row title={issue.title}>
                  {oneLine(issue.title, 90)}
                </Link>
                <div class="muted">{words(issue.type)}</div>
              </td>
              <td>
                <Severity of={issue.severity} />
              </td>
              <td>
                <IssueState issue={issue} />
              </td>
              <td class="number">{count(issue.count)}</td>
              <td class="number wide-cell">{count(issue.traces)}</td>
              <td class="number wide-cell">{count(issue.users)}</td>
              <td class="number wide-cell">{money(issue.cost_usd)}</td>
              <td class="wide-cell">
                <Ago at={issue.last_seen} />
              </td>
              <td class="wide-cell">
                <Ago at={issue.first_seen} />
              </td>
              {hasAssignees ? <td>{oneLine(issue.assignee ?? NONE, 40)}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function IssuesHead({ hasAssignees }: { readonly hasAssignees: boolean }): JSX.Element {
  return (
    <thead>
      <tr>
        <th scope="col">
          <span class="unseen">Chosen</span>
        </th>
        <th scope="col">Issue</th>
        <th scope="col">Severity</th>
        <th scope="col">State</th>
        <th scope="col" class="number">
          Times
        </th>
        <th scope="col" class="number wide-cell">
          Traces
        </th>
        <th scope="col" class="number wide-cell">
          Users
        </th>
        <th scope="col" class="number wide-cell">
          Cost
        </th>
        <th scope="col" class="wide-cell">
          Last seen
        </th>
        <th scope="col" class="wide-cell">
          First seen
        </th>
        {hasAssignees ? <th scope="col">Assignee</th> : null}
      </tr>
    </thead>
  )
}

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
