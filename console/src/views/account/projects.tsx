// Lists the projects of the tenant, and creates new ones.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { RowOf } from '../../api/operations.ts'
import { Ago, Badge } from '../../parts/basics.tsx'
import { oneLine } from '../../parts/format.ts'
import { Outcome, TextField } from '../../parts/forms.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import { type Column, ListTable, useSorting } from '../../parts/list-table.tsx'
import { Answered } from '../../parts/states.tsx'
import { usePages } from '../traces/use-pages.ts'
import { useChange } from './use-change.ts'

type Project = RowOf<'GET /api/v1/projects'>

const PAGE = 100

const COLUMNS: readonly Column<Project>[] = [
  {
    key: 'name',
    label: 'Name',
    isMain: true,
    isName: true,
    sort: 'name',
    cell: (row) => oneLine(row.name, 80),
  },
  { key: 'id', label: 'Id', isWide: true, cell: (row) => <code>{row.project_id}</code> },
  {
    key: 'state',
    label: 'State',
    cell: (row) => (
      <Badge tone={row.archived_at === null ? 'good' : 'neutral'}>
        {row.archived_at === null ? 'active' : 'archived'}
      </Badge>
    ),
  },
  {
    key: 'made',
    label: 'Made',
    sort: 'created_at',
    cell: (row) => <Ago at={row.created_at} />,
  },
]

export function Projects(): JSX.Element {
  const sorting = useSorting('-created_at')
  const projects = usePages<Project>('/api/v1/projects', [sorting.sort], () => ({
    sort: sorting.sort,
    limit: PAGE,
  }))
  const change = useChange()
  const [name, setName] = useState('')
  const make = async (): Promise<void> => {
    const done = await change.run('/api/v1/projects', {
      method: 'POST',
      body: { name: name.trim() },
    })
    if (done !== null) setName('')
  }
  return (
    <section class="panel">
      <h2>Projects</h2>
      <form
        class="form-row"
        onSubmit={(event) => {
          event.preventDefault()
          void make()
        }}
      >
        <TextField
          label="Name of a new project"
          value={name}
          required
          maxLength={100}
          onText={setName}
        />
        <button type="submit" class="button primary" disabled={change.isBusy}>
          Make a project
        </button>
      </form>
      <Outcome of={change} />
      <Answered of={projects.answer}>
        {() => (
          <>
            <ListTable
              label="Projects"
              columns={COLUMNS}
              rows={projects.rows}
              idOf={(row) => row.project_id}
              {...sorting}
            />
            <ListEnd pages={projects} noun="projects" />
          </>
        )}
      </Answered>
    </section>
  )
}
