// Lists the projects of the tenant, and creates new ones.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { RowOf } from '../../api/operations.ts'
import type { Page } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Ago, Badge } from '../../parts/basics.tsx'
import { oneLine } from '../../parts/format.ts'
import { FormError, TextField } from '../../parts/forms.tsx'
import { Answered } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { useChange } from './use-change.ts'

type Project = RowOf<'GET /api/v1/projects'>

export function Projects(): JSX.Element {
  const projects = useApi<Page<Project>>('/api/v1/projects', { limit: 200 })
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
      <FormError message={change.error} />
      <Answered of={projects}>
        {({ data }) => (
          <Table label="Projects" columns={['Name', 'Id', 'State', 'Made']}>
            {data.map((row) => (
              <tr key={row.project_id}>
                <th scope="row">{oneLine(row.name, 80)}</th>
                <td>
                  <code>{row.project_id}</code>
                </td>
                <td>
                  <Badge tone={row.archived_at === null ? 'good' : 'neutral'}>
                    {row.archived_at === null ? 'active' : 'archived'}
                  </Badge>
                </td>
                <td>
                  <Ago at={row.created_at} />
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Answered>
    </section>
  )
}
