// Lists the members of the tenant with their roles, and invites new members.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AnswerOf, RowOf } from '../../api/operations.ts'
import { Ago, CopyButton } from '../../parts/basics.tsx'
import { NONE, oneLine } from '../../parts/format.ts'
import { Outcome, TextField } from '../../parts/forms.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import { type Column, ListTable, useSorting } from '../../parts/list-table.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { usePages } from '../traces/use-pages.ts'
import { type Change, useChange } from './use-change.ts'

const ROLES = ['owner', 'admin', 'member', 'viewer'] as const

type Member = RowOf<'GET /api/v1/members'>

const PAGE = 100

const COLUMNS: readonly Column<Member>[] = [
  {
    key: 'email',
    label: 'E-mail address',
    isMain: true,
    isName: true,
    sort: 'email',
    cell: (row) => oneLine(row.email, 80),
  },
  {
    key: 'name',
    label: 'Name',
    isName: true,
    sort: 'name',
    cell: (row) => oneLine(row.name ?? NONE, 60),
  },
  {
    key: 'since',
    label: 'Since',
    isWide: true,
    sort: 'created_at',
    cell: (row) => <Ago at={row.created_at} />,
  },
]

/** The column in which a role is changed. */
const roleOf = (change: Change): Column<Member> => ({
  key: 'role',
  label: 'Role',
  isName: true,
  sort: 'role',
  cell: (row) => (
    <select
      aria-label={`Role of ${row.email}`}
      value={row.role}
      disabled={change.isBusy}
      onChange={(e) =>
        void change.run(`/api/v1/members/${row.user_id}`, {
          method: 'PATCH',
          body: { role: e.currentTarget.value },
        })
      }
    >
      {ROLES.map((role) => (
        <option value={role} key={role}>
          {role}
        </option>
      ))}
    </select>
  ),
})

export function Members(): JSX.Element {
  const sorting = useSorting('-created_at')
  const members = usePages<Member>('/api/v1/members', [sorting.sort], () => ({
    sort: sorting.sort,
    limit: PAGE,
  }))
  const change = useChange()
  return (
    <section class="panel">
      <h2>Members</h2>
      <Invite />
      <Outcome of={change} />
      <Answered of={members.answer}>
        {() =>
          members.rows.length === 0 ? (
            <Empty title="No members">
              The first account is made with <code>observa users create</code>, or by signing up
              where that is open.
            </Empty>
          ) : (
            <>
              <ListTable
                label="Members"
                columns={[...COLUMNS, roleOf(change)]}
                rows={members.rows}
                idOf={(row) => row.user_id}
                {...sorting}
              />
              <ListEnd pages={members} noun="members" />
            </>
          )
        }
      </Answered>
    </section>
  )
}

type Invitation = AnswerOf<'POST /api/v1/invitations'>

function Invite(): JSX.Element {
  const change = useChange()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState('member')
  const [made, setMade] = useState<Invitation | null>(null)
  const invite = async (): Promise<void> => {
    const done = await change.run<Invitation>('/api/v1/invitations', {
      method: 'POST',
      body: { email, role },
    })
    if (done === null) return
    setMade(done)
    setEmail('')
  }
  return (
    <>
      <form
        class="form-row"
        onSubmit={(event) => {
          event.preventDefault()
          void invite()
        }}
      >
        <TextField
          label="Invite, by e-mail address"
          type="email"
          required
          value={email}
          onText={setEmail}
        />
        <label class="field tall">
          <span>Role</span>
          <select value={role} onChange={(e) => setRole(e.currentTarget.value)}>
            {ROLES.slice(1).map((r) => (
              <option value={r} key={r}>
                {r}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="button primary" disabled={change.isBusy}>
          Invite
        </button>
      </form>
      <Outcome of={change} />
      {made === null ? null : (
        <p class="made-key" role="status">
          Hand this to {made.email}; it is shown this once and is good for 7 days:{' '}
          <code>{made.token}</code> <CopyButton label="Copy" text={made.token} />
        </p>
      )}
    </>
  )
}
