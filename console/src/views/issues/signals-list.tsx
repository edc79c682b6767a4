// Lists signals, unless sorted otherwise newest first. A row contains the evidence, and one key opens the trace.

import type { JSX } from 'preact'
import { apiAddress } from '../../api/client.ts'
import type { Signal, SignalCount } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Ago, Link, Severity, SignalType } from '../../parts/basics.tsx'
import { count, exact, oneLine, words } from '../../parts/format.ts'
import { ListEnd } from '../../parts/list-end.tsx'
import {
  type Column,
  ColumnChoice,
  ListTable,
  type Sorting,
  useColumns,
  useSorting,
} from '../../parts/list-table.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { type FilterField, Filters } from '../traces/filters.tsx'
import { usePages } from '../traces/use-pages.ts'
import { whereFound } from './where-found.ts'

const FIELDS: readonly FilterField[] = [
  {
    name: 'severity',
    label: 'Severity',
    type: 'choice',
    choices: [
      ['high', 'high'],
      ['medium', 'medium'],
      ['low', 'low'],
    ],
    isMain: true,
  },
  {
    name: 'status',
    label: 'State',
    type: 'choice',
    choices: [
      ['open', 'open'],
      ['acknowledged', 'acknowledged'],
      ['resolved', 'resolved'],
      ['ignored', 'ignored'],
    ],
    isMain: true,
  },
]
const NAMES = ['type', 'severity', 'status', 'sort']
const EVERY_MS = 10_000
const PAGE = 100

export function SignalsList(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const sorting = useSorting('-at')
  const set = Object.fromEntries(NAMES.map((name) => [name, query.get(name)]))
  const parameters = () => ({ ...set, ...range.bounds(), limit: PAGE })
  const key = [range.key, query.get('project')]
  const pages = usePages<Signal>('/api/v1/signals', [...key, set], parameters, {
    everyMs: range.isRelative && EVERY_MS,
  })
  const summary = useApi<{ readonly data: readonly SignalCount[] }>(
    '/api/v1/signals/summary',
    () => range.bounds(),
    { key },
  )
  return (
    <>
      <Types counts={summary.data?.data ?? []} chosen={query.get('type')} />
      <div class="panel-head">
        <Filters fields={FIELDS} />
        <div class="push">
          <ColumnChoice list="signals" columns={COLUMNS} />
        </div>
        <a
          class="button"
          href={apiAddress('/api/v1/signals', { ...set, ...range.bounds(), format: 'csv' })}
          download="signals.csv"
        >
          CSV
        </a>
      </div>
      <Answered of={pages.answer} lines={10}>
        {() =>
          pages.rows.length === 0 ? (
            <Empty title="Nothing found">
              No rule found anything that matches in “{range.label}”.
            </Empty>
          ) : (
            <>
              <SignalsTable rows={pages.rows} sorting={sorting} />
              <ListEnd pages={pages} noun="signals" />
            </>
          )
        }
      </Answered>
    </>
  )
}

/** Shows the types of signals with their counts. Each of them is also a filter. */
function Types({
  counts,
  chosen,
}: {
  readonly counts: readonly SignalCount[]
  readonly chosen: string | null
}): JSX.Element | null {
  const byType = new Map<string, { count: number; severity: string }>()
  for (const c of counts) {
    const known = byType.get(c.type)
    byType.set(c.type, {
      count: (known?.count ?? 0) + c.count,
      severity: known?.severity ?? c.severity,
    })
  }
  if (byType.size === 0) return null
  return (
    <div class="types" role="group" aria-label="Types">
      {[...byType].map(([type, { count: n, severity }]) => (
        <button
          type="button"
          class={`type severity-${severity}`}
          aria-pressed={chosen === type}
          key={type}
          onClick={() => setParams({ type: chosen === type ? null : type })}
        >
          {words(type)} <strong>{count(n)}</strong>
        </button>
      ))}
    </div>
  )
}

const COLUMNS: readonly Column<Signal>[] = [
  {
    key: 'what',
    label: 'What',
    isMain: true,
    cell: (signal) => (
      <Link to={`/signals/${signal.signal_id}`} class="row-link" row>
        <SignalType type={signal.type} />
      </Link>
    ),
  },
  {
    key: 'severity',
    label: 'Severity',
    sort: 'severity',
    cell: (signal) => <Severity of={signal.severity} />,
  },
  {
    key: 'evidence',
    label: 'Evidence',
    isText: true,
    cell: (signal) => oneLine(summaryOf(signal.evidence), 110),
  },
  {
    key: 'value',
    label: 'Value',
    isNumber: true,
    cell: (signal) => (signal.value === null ? '' : exact(signal.value)),
  },
  {
    key: 'threshold',
    label: 'Threshold',
    isNumber: true,
    isWide: true,
    cell: (signal) => (
      <span class="muted">{signal.threshold === null ? '' : exact(signal.threshold)}</span>
    ),
  },
  { key: 'state', label: 'State', isWide: true, cell: (signal) => signal.status },
  { key: 'rule', label: 'Rule', isWide: true, isExtra: true, cell: (signal) => signal.rule },
  { key: 'when', label: 'When', sort: 'at', cell: (signal) => <Ago at={signal.at} /> },
  {
    key: 'trace',
    label: 'Trace',
    isWide: true,
    cell: (signal) =>
      signal.trace_id === null ? null : (
        <Link to={`/traces/${signal.trace_id}`} params={whereFound(signal)}>
          <code>{signal.trace_id.slice(0, 8)}</code>
        </Link>
      ),
  },
]

export function SignalsTable({
  rows,
  sorting = {},
}: {
  readonly rows: readonly Signal[]
  readonly sorting?: Partial<Sorting>
}): JSX.Element {
  return (
    <ListTable
      label="Occurrences"
      columns={useColumns('signals', COLUMNS)}
      rows={rows}
      idOf={(signal) => signal.signal_id}
      {...sorting}
    />
  )
}

const TELLING = ['error_message', 'error_type', 'name', 'tool_name', 'model', 'types', 'type']

/** Returns the most informative part of the evidence. */
export function summaryOf(evidence: unknown): string {
  if (typeof evidence !== 'object' || evidence === null) return ''
  const facts = Object.entries(evidence).filter(([key, value]) => value !== null && key !== 'unit')
  const rank = (key: string): number =>
    TELLING.includes(key) ? TELLING.indexOf(key) : TELLING.length
  return facts
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .slice(0, 3)
    .map(
      ([key, value]) =>
        `${words(key)}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    )
    .join(' · ')
}
