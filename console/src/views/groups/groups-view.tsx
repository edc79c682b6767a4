// Lists conversations, sessions or users with their totals. Unless sorted otherwise, the most recently active ones come first.

import type { JSX } from 'preact'
import { apiAddress } from '../../api/client.ts'
import type { GroupRow } from '../../api/types.ts'
import { ListEnd } from '../../parts/list-end.tsx'
import { ColumnChoice, ListTable, useColumns, useSorting } from '../../parts/list-table.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { type FilterField, Filters } from '../traces/filters.tsx'
import { usePages } from '../traces/use-pages.ts'
import { columnsOf, type GroupKind, ID_OF } from './group-columns.tsx'

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
const CONVERSATION: FilterField = {
  name: 'conversation_id',
  label: 'Conversation',
  type: 'text',
  placeholder: 'Conversation id',
  isMain: true,
}
const SHARED: readonly FilterField[] = [
  { name: 'model', label: 'Model', type: 'text', placeholder: 'Model', isMain: true },
  { name: 'errors', label: 'Errors', type: 'flag', isMain: true },
  { name: 'signals', label: 'Signals', type: 'flag', isMain: true },
  { name: 'min_cost_usd', label: 'Cost at least, USD', type: 'number', placeholder: '0.10' },
]
const FIELDS: Readonly<Record<GroupKind, readonly FilterField[]>> = {
  conversations: [CONVERSATION, SESSION, USER, ...SHARED],
  sessions: [SESSION, USER, ...SHARED],
  users: [USER, ...SHARED],
}
const RELATIVE_MS = 30_000
const PAGE = 100

export function GroupsView({ kind }: { readonly kind: GroupKind }): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const fields = FIELDS[kind]
  const sorting = useSorting('-last_at')
  const columns = columnsOf(kind)
  const shown = useColumns(kind, columns)
  const set = Object.fromEntries(
    [...fields.map(({ name }) => name), 'sort'].map((name) => [name, query.get(name)]),
  )
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
          <ColumnChoice list={kind} columns={columns} />
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
              <ListTable
                label={TITLES[kind]}
                columns={shown}
                rows={pages.rows}
                idOf={(row) => row[ID_OF[kind]] ?? ''}
                {...sorting}
              />
              <ListEnd pages={pages} noun={kind} />
            </>
          )
        }
      </Answered>
    </>
  )
}
