// Lists and changes the API keys of the tenant. A new key is shown once. Revoking and rotating take effect within seconds.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AnswerOf, RowOf } from '../../api/operations.ts'
import type { Page } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Ago, Badge, CopyButton, Time } from '../../parts/basics.tsx'
import { NONE, oneLine } from '../../parts/format.ts'
import { Outcome, TextField } from '../../parts/forms.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import {
  type Column,
  ColumnChoice,
  ListTable,
  useColumns,
  useSorting,
} from '../../parts/list-table.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { usePages } from '../traces/use-pages.ts'
import { type Change, useChange } from './use-change.ts'

type ApiKey = RowOf<'GET /api/v1/keys'>
type Project = RowOf<'GET /api/v1/projects'>
/** The response to a created or rotated key. Only it contains the key itself. */
type MadeKey = AnswerOf<'POST /api/v1/keys'>

const PAGE = 100

export function Keys(): JSX.Element {
  const sorting = useSorting('-created_at')
  const columns = useColumns('keys', COLUMNS)
  const keys = usePages<ApiKey>('/api/v1/keys', [sorting.sort], () => ({
    sort: sorting.sort,
    limit: PAGE,
  }))
  const change = useChange()
  const [made, setMade] = useState<MadeKey | null>(null)
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Keys</h2>
        <div class="push">
          <ColumnChoice list="keys" columns={COLUMNS} />
        </div>
      </div>
      <NewKey change={change} onMade={setMade} />
      <Outcome of={change} />
      {made === null ? null : (
        <div class="made-key" role="status">
          <p>
            <strong>This is the only time the key is shown.</strong>
          </p>
          <p>
            <code>{made.key}</code> <CopyButton label="Copy" text={made.key} />
            <button type="button" class="button small" onClick={() => setMade(null)}>
              I have it
            </button>
          </p>
        </div>
      )}
      <Answered of={keys.answer}>
        {() =>
          keys.rows.length === 0 ? (
            <Empty title="No keys">
              Where this instance asks for a key, one is needed to send and to read.
            </Empty>
          ) : (
            <>
              <ListTable
                label="Keys"
                columns={columns}
                rows={keys.rows}
                idOf={(row) => row.key_id}
                end={{
                  label: 'Actions',
                  cell: (row) =>
                    row.state === 'active' ? (
                      <KeyActions row={row} change={change} onMade={setMade} />
                    ) : null,
                }}
                {...sorting}
              />
              <ListEnd pages={keys} noun="keys" />
            </>
          )
        }
      </Answered>
    </section>
  )
}

function NewKey({
  change,
  onMade,
}: {
  readonly change: Change
  readonly onMade: (key: MadeKey) => void
}): JSX.Element {
  const projects = useApi<Page<Project>>('/api/v1/projects', { limit: 200 })
  const [name, setName] = useState('')
  const [project, setProject] = useState('')
  const [scopes, setScopes] = useState('')
  const rows = projects.data?.data ?? []
  const make = async (): Promise<void> => {
    const known = rows.find((row) => row.project_id === project) ?? rows[0]
    const chosen =
      known ??
      (await change.run<Project>('/api/v1/projects', {
        method: 'POST',
        body: { name: 'first project' },
      }))
    if (chosen === null) return
    const body = {
      project_id: chosen.project_id,
      kind: 'secret',
      // If no scope is selected, the key gets the default scopes of the API: sending, and reading everything.
      ...(scopes === '' ? {} : { scopes: scopes.split(',') }),
      ...(name.trim() === '' ? {} : { name: name.trim() }),
    }
    const done = await change.run<MadeKey>('/api/v1/keys', { method: 'POST', body })
    if (done === null) return
    onMade(done)
    setName('')
  }
  return (
    <form
      class="form-row"
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <TextField
        label="Name"
        value={name}
        maxLength={100}
        placeholder="checkout service"
        onText={setName}
      />
      <label class="field tall">
        <span>Project</span>
        <select
          value={project === '' ? rows[0]?.project_id : project}
          onChange={(e) => setProject(e.currentTarget.value)}
        >
          {rows.length === 0 ? <option value="">a first project</option> : null}
          {rows.map((row) => (
            <option value={row.project_id} key={row.project_id}>
              {row.name}
            </option>
          ))}
        </select>
      </label>
      <label class="field tall">
        <span>May</span>
        <select value={scopes} onChange={(e) => setScopes(e.currentTarget.value)}>
          <option value="ingest">send</option>
          <option value="query,content">read</option>
          <option value="query">read, without prompts and answers</option>
          <option value="">send and read</option>
        </select>
      </label>
      <button
        type="submit"
        class="button primary"
        disabled={change.isBusy || projects.data === undefined}
      >
        Make a key
      </button>
    </form>
  )
}

const COLUMNS: readonly Column<ApiKey>[] = [
  {
    key: 'key',
    label: 'Key',
    isMain: true,
    cell: (row) => (
      <code>
        {row.key_id}…{row.last4}
      </code>
    ),
  },
  {
    key: 'name',
    label: 'Name',
    sort: 'name',
    isName: true,
    cell: (row) => oneLine(row.name ?? NONE, 60),
  },
  { key: 'may', label: 'May', isWide: true, cell: (row) => row.scopes.join(', ') },
  {
    key: 'project',
    label: 'Project',
    isWide: true,
    cell: (row) => <span title={row.project_id}>{oneLine(row.project_id, 24)}</span>,
  },
  {
    key: 'state',
    label: 'State',
    cell: (row) => (
      <>
        <Badge tone={row.state === 'active' ? 'good' : 'neutral'}>{row.state}</Badge>
        {row.is_unused ? <Badge tone="warn">unused for 90 days</Badge> : null}
      </>
    ),
  },
  {
    key: 'used',
    label: 'Last used',
    isWide: true,
    sort: 'last_used_at',
    cell: (row) => (row.last_used_at === null ? 'never' : <Ago at={row.last_used_at} />),
  },
  {
    key: 'made',
    label: 'Made',
    isWide: true,
    sort: 'created_at',
    cell: (row) => <Ago at={row.created_at} />,
  },
  {
    key: 'expires',
    label: 'Expires',
    isWide: true,
    isExtra: true,
    cell: (row) => (row.expires_at === null ? 'never' : <Time at={row.expires_at} />),
  },
  {
    key: 'origins',
    label: 'Origins',
    isWide: true,
    isExtra: true,
    cell: (row) => oneLine(row.origins.join(', '), 80),
  },
  {
    key: 'maker',
    label: 'Made by',
    isWide: true,
    isExtra: true,
    cell: (row) => oneLine(row.created_by, 60),
  },
]

function KeyActions({
  row,
  change,
  onMade,
}: {
  readonly row: ApiKey
  readonly change: Change
  readonly onMade: (key: MadeKey) => void
}): JSX.Element {
  const [isAsking, setAsking] = useState(false)
  const rotate = async (): Promise<void> => {
    const done = await change.run<MadeKey>(`/api/v1/keys/${row.key_id}/rotate`, {
      method: 'POST',
      body: {},
    })
    if (done !== null) onMade(done)
  }
  const revoke = async (): Promise<void> => {
    await change.run(`/api/v1/keys/${row.key_id}`, { method: 'DELETE' })
    setAsking(false)
  }
  if (isAsking)
    return (
      <span class="row-actions">
        <button
          type="button"
          class="button small danger"
          disabled={change.isBusy}
          onClick={() => void revoke()}
        >
          Revoke for good
        </button>
        <button type="button" class="button small" onClick={() => setAsking(false)}>
          Keep
        </button>
      </span>
    )
  return (
    <span class="row-actions">
      <button
        type="button"
        class="button small"
        disabled={change.isBusy}
        onClick={() => void rotate()}
      >
        Rotate
      </button>
      <button type="button" class="button small" onClick={() => setAsking(true)}>
        Revoke
      </button>
    </span>
  )
}
