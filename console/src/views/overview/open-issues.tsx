// What needs somebody: the open issues of the range, the severest first and of those the ones seen last, each a step away from its
// evidence. Where the instance keeps no issues, what the rules found by type.

import type { JSX } from 'preact'
import { call, type Parameters } from '../../api/client.ts'
import type { Issue, Overview, Page } from '../../api/types.ts'
import { useApi, useQuery } from '../../api/use-query.ts'
import { Ago, Link, Severity, SignalType } from '../../parts/basics.tsx'
import { count, exact, NONE, oneLine } from '../../parts/format.ts'
import { useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { useIssuesRoute } from '../issues/use-issues-route.ts'

const EVERY_MS = 15_000
const SHOWN = 8

const SEVERITIES = ['high', 'medium', 'low'] as const

interface Summary {
  readonly data: readonly { readonly issues: number }[]
}

export function OpenIssues({ overview }: { readonly overview: Overview }): JSX.Element | null {
  const hasIssues = useIssuesRoute()
  if (hasIssues === null) return null
  return hasIssues ? <Issues /> : <Found overview={overview} />
}

function Issues(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const environment = query.get('environment')
  const filter = () => ({ ...range.bounds(), environment, status: 'open' })
  const options = {
    key: ['open', range.key, environment, query.get('project')],
    everyMs: range.isRelative && EVERY_MS,
  }
  const answer = useQuery<readonly Issue[]>(
    ['open-issues', ...options.key],
    (signal) => firstOf(filter(), signal),
    options,
  )
  const summary = useApi<Summary>('/api/v1/issues/summary', filter, options)
  const rows = answer.data ?? []
  const all = (summary.data?.data ?? []).reduce((n, row) => n + row.issues, 0)
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Open issues</h2>
        {rows.length > 1 ? <span class="muted">by severity, then the last seen first</span> : null}
        <Link to="/issues" params={{ status: 'open' }} class="push">
          {all > 0 ? `All ${exact(all)}` : 'Issues'}
        </Link>
      </div>
      {answer.error !== null && answer.data === undefined ? (
        <p class="muted">{answer.error.message}</p>
      ) : rows.length === 0 ? (
        <p class="muted">{answer.data === undefined ? 'Loading…' : 'None in this time.'}</p>
      ) : (
        <ul class="plain ranked">
          {rows.map((issue) => (
            <li key={issue.issue_id}>
              <Link to={`/issues/${issue.issue_id}`} row title={issue.title}>
                <Severity of={issue.severity} />
                <span class="ranked-text">{oneLine(issue.title, 90)}</span>
                <span class="push muted">
                  {issue.count > 1 ? `${count(issue.count)} ×` : <Ago at={issue.last_seen} />}
                </span>
              </Link>
            </li>
          ))}
          {all > rows.length ? (
            <li>
              <Link to="/issues" params={{ status: 'open', sort: '-severity' }} row>
                {exact(all - rows.length)} more
              </Link>
            </li>
          ) : null}
        </ul>
      )}
    </section>
  )
}

/** The lists of the API have one order at a time, so those of each severity are asked for until there are enough. */
async function firstOf(filter: Parameters, signal: AbortSignal): Promise<readonly Issue[]> {
  const found: Issue[] = []
  for (const severity of SEVERITIES) {
    const limit = SHOWN - found.length
    if (limit === 0) break
    const parameters = { ...filter, severity, sort: '-last_seen', limit }
    found.push(...(await call<Page<Issue>>('/api/v1/issues', { parameters, signal })).data)
  }
  return found
}

function Found({ overview }: { readonly overview: Overview }): JSX.Element {
  return (
    <section class="panel">
      <h2>What the rules found</h2>
      {overview.signals.length === 0 ? (
        <p class="muted">Nothing in this time.</p>
      ) : (
        <ul class="plain ranked">
          {overview.signals.map((s) => (
            <li key={`${s.type} ${s.severity}`}>
              <Link to="/issues" params={{ type: s.type, severity: s.severity }} row>
                <Severity of={s.severity} /> <SignalType type={s.type} />
                <span class="push number">{s.count === 0 ? NONE : count(s.count)}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
