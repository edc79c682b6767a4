// The columns of the lists of conversations, sessions and users.

import type { GroupRow } from '../../api/types.ts'
import { Ago, Link } from '../../parts/basics.tsx'
import { Findings } from '../../parts/findings.tsx'
import { count, duration, exact, money, NONE, oneLine } from '../../parts/format.ts'
import type { Column } from '../../parts/list-table.tsx'

export type GroupKind = 'conversations' | 'sessions' | 'users'

export const ID_OF = {
  conversations: 'conversation_id',
  sessions: 'session_id',
  users: 'user_id',
} as const

const LABELS = { conversations: 'Conversation', sessions: 'Session', users: 'User' } as const

const nameOf = (kind: GroupKind): Column<GroupRow> => ({
  key: 'id',
  label: LABELS[kind],
  isMain: true,
  cell: (row) => {
    const id = row[ID_OF[kind]] ?? ''
    return (
      <Link to={`/${kind}/${encodeURIComponent(id)}`} class="row-link" row title={id}>
        {oneLine(id, 48)}
      </Link>
    )
  },
})

const LAST_MESSAGE: Column<GroupRow> = {
  key: 'last_message',
  label: 'Last message',
  isText: true,
  cell: (row) => oneLine(row.last_message ?? NONE, 90),
}
const USER: Column<GroupRow> = {
  key: 'user',
  label: 'User',
  isWide: true,
  cell: (row) => oneLine(row.user_id ?? NONE, 40),
}
const MESSAGES: Column<GroupRow> = {
  key: 'messages',
  label: 'Messages',
  isNumber: true,
  isWide: true,
  cell: (row) => count(row.message_count),
}
const CONVERSATIONS: Column<GroupRow> = {
  key: 'conversations',
  label: 'Conversations',
  isNumber: true,
  isWide: true,
  cell: (row) => count(row.conversations),
}

const SHARED: readonly Column<GroupRow>[] = [
  {
    key: 'last',
    label: 'Last active',
    sort: 'last_at',
    cell: (row) => <Ago at={row.last_at} />,
  },
  {
    key: 'first',
    label: 'First active',
    isWide: true,
    isExtra: true,
    sort: 'first_at',
    cell: (row) => <Ago at={row.first_at} />,
  },
  {
    key: 'traces',
    label: 'Traces',
    isNumber: true,
    isWide: true,
    cell: (row) => count(row.traces),
  },
  {
    key: 'spans',
    label: 'Spans',
    isNumber: true,
    isWide: true,
    isExtra: true,
    sort: 'events',
    cell: (row) => count(row.events),
  },
]

const FIGURES: readonly Column<GroupRow>[] = [
  {
    key: 'calls',
    label: 'Calls',
    isNumber: true,
    isWide: true,
    sort: 'llm_calls',
    cell: (row) => count(row.llm_calls),
  },
  {
    key: 'tokens',
    label: 'Tokens',
    isNumber: true,
    isWide: true,
    sort: 'total_tokens',
    cell: (row) => (
      <span
        title={`${exact(row.input_tokens)} in, ${exact(row.output_tokens)} out; each call once`}
      >
        {count(row.total_tokens)}
      </span>
    ),
  },
  {
    key: 'cost',
    label: 'Cost',
    isNumber: true,
    sort: 'cost_usd',
    cell: (row) => <span title={`${row.cost_usd} USD`}>{money(row.cost_usd)}</span>,
  },
  {
    key: 'duration',
    label: 'Span of time',
    isNumber: true,
    isWide: true,
    sort: 'duration_ms',
    cell: (row) => duration(row.duration_ms),
  },
  {
    key: 'models',
    label: 'Models',
    isWide: true,
    isExtra: true,
    cell: (row) => <span title={row.models.join('\n')}>{oneLine(row.models.join(', '), 60)}</span>,
  },
  {
    key: 'marks',
    label: 'Findings',
    sort: 'signals',
    cell: (row) => <Findings row={row} />,
  },
]

const COLUMNS: Readonly<Record<GroupKind, readonly Column<GroupRow>[]>> = {
  conversations: [nameOf('conversations'), LAST_MESSAGE, USER, ...SHARED, MESSAGES, ...FIGURES],
  sessions: [nameOf('sessions'), USER, ...SHARED, CONVERSATIONS, ...FIGURES],
  users: [nameOf('users'), ...SHARED, CONVERSATIONS, ...FIGURES],
}

export const columnsOf = (kind: GroupKind): readonly Column<GroupRow>[] => COLUMNS[kind]
