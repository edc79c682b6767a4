// Lists conversations, sessions or users with their totals. The most recently active ones come first.

import type { JSX } from 'preact'
import { apiAddress } from '../../api/client.ts'
import type { GroupRow } from '../../api/types.ts'
import { Ago, Badge, Link } from '../../parts/basics.tsx'
import { count, duration, many, money, NONE, oneLine } from '../../parts/format.ts'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { type FilterField, Filters } from '../traces/filters.tsx'
import { usePages } from '../traces/use-pages.ts'

export type GroupKind = 'conversations' | 'sessions' | 'users'

export const ID_OF = {
  conversations: 'conversation_id',
  sessions: 'session_id',
  users: 'user_id',
} as const
const TITLES = { conversations: 'Conversations', sessions: 'Sessions', users: 'Users' } as const
const HINTS = {
  conversations:
    'Set gen_ai.conversation.id on the spans, and their messages are read in order across traces.',
  sessions: 'Set session.id on the spans, and what belongs to one visit is found together.',
  users: 'Set user.id on the spans, and cost and errors are seen by user.',
} as const

const USER: FilterField = {
  name: 'user_id',
  label: 'User',
  type: 'text',
  placeholder: 'User id',
  isMain: true,
}
const SESSION: FilterField = {
  name: 'session_id',
  label: 'Session',
  type: 'text',
  placeholder: 'Session id',
  isMain: true,
}
const SHARED: readonly FilterField[] = [
  { name: 'model', label: 'Model', type: 'text', placeholder: 'Model', isMain: true },
  { name: 'errors', label: 'Errors', type: 'flag', isMain: true },
  { name: 'signals', label: 'Signals', type: 'flag', isMain: true },
  { name: 'min_cost_usd', label: 'Cost at least, USD', type: 'number', placeholder: '0.10' },
]
const FIELDS: Readonly<Record<GroupKind, readonly FilterField[]>> = {
  conversations: [USER, SESSION, ...SHARED],
  sessions: [USER, ...SHARED],
  users: SHARED,
}
const RELATIVE_MS = 30_000
const PAGE = 100

export function GroupsView({ kind }: { readonly kind: GroupKind }): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const fields = FIELDS[kind]
  const set = Object.fromEntries(fields.map(({ name }) => [name, query.get(name)]))
  const parameters = () => ({ ...set, ...range.bounds(), limit: PAGE })
  const pages = usePages<GroupRow>(
    `/api/v1/${kind}`,
    [range.key, query.get('project'), set],
    parameters,
    {
      everyMs: range.isRelative && RELATIVE_MS,
    },
  )
  const isFiltered = fields.some(({ name }) => query.has(name))
  return (
    <>
      <header class="view-head">
        <h1>{TITLES[kind]}</h1>
        <div class="view-actions">
          <a
            class="button"
            href={apiAddress(`/api/v1/${kind}`, { ...set, ...range.bounds(), format: 'csv' })}
            download={`${kind}.csv`}
          >
            CSV
          </a>
        </div>
      </header>
      <Filters fields={fields} />
      <Answered of={pages.answer} lines={10}>
        {() =>
          pages.rows.length === 0 ? (
            <Empty title={isFiltered ? 'None matches these filters' : `No ${kind} in this time`}>
              {isFiltered
                ? `Take one away, or choose a longer time than “${range.label}”.`
                : HINTS[kind]}
            </Empty>
          ) : (
            <>
              <GroupsTable kind={kind} rows={pages.rows} />
              <ListEnd pages={pages} noun={kind} />
            </>
          )
        }
      </Answered>
    </>
  )
}

function GroupsTable({
  kind,
  rows,
}: {
  readonly kind: GroupKind
  readonly rows: readonly GroupRow[]
}): JSX.Element {
  return (
    <div class="scroll-x" role="region" aria-label={TITLES[kind]} tabIndex={0}>
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">{TITLES[kind].slice(0, -1)}</th>
            {kind === 'conversations' ? <th scope="col">Last message</th> : null}
            {kind === 'users' ? null : <th scope="col">User</th>}
            <th scope="col">Last active</th>
            <th scope="col" class="number">
              Traces
            </th>
            <th scope="col" class="number">
              {kind === 'conversations' ? 'Messages' : 'Conversations'}
            </th>
            <th scope="col" class="number">
              Calls
            </th>
            <th scope="col" class="number">
              Tokens
            </th>
            <th scope="col" class="number">
              Cost
            </th>
            <th scope="col" class="number">
              Span of time
            </th>
            <th scope="col">Findings</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <GroupTableRow kind={kind} row={row} key={row[ID_OF[kind]] ?? ''} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function GroupTableRow({
  kind,
  row,
}: {
  readonly kind: GroupKind
  readonly row: GroupRow
}): JSX.Element {
  const id = row[ID_OF[kind]] ?? ''
  return (
    <tr>
      <td class="main-cell">
        <Link to={`/${kind}/${encodeURIComponent(id)}`} class="row-link" row title={id}>
          {oneLine(id, 48)}
        </Link>
      </td>
      {kind === 'conversations' ? (
        <td class="wide">{oneLine(row.last_message ?? NONE, 90)}</td>
      ) : null}
      {kind === 'users' ? null : <td>{oneLine(row.user_id ?? NONE, 40)}</td>}
      <td>
        <Ago at={row.last_at} />
      </td>
      <td class="number">{count(row.traces)}</td>
      <td class="number">
        {count(kind === 'conversations' ? row.message_count : row.conversations)}
      </td>
      <td class="number">{count(row.llm_calls)}</td>
      <td class="number">{count(row.total_tokens)}</td>
      <td class="number">{money(row.cost_usd)}</td>
      <td class="number">{duration(row.duration_ms)}</td>
      <td>
        <Findings row={row} />
      </td>
    </tr>
  )
}

export function Findings({
  row,
}: {
  readonly row: Pick<GroupRow, 'errors' | 'signals'>
}): JSX.Element {
  return (
    <span class="marks">
      {row.errors > 0 ? <Badge tone="bad">{many(row.errors, 'error')}</Badge> : null}
      {row.signals > 0 ? <Badge tone="warn">{many(row.signals, 'signal')}</Badge> : null}
      {row.errors + row.signals === 0 ? <span class="muted">{NONE}</span> : null}
    </span>
  )
}
