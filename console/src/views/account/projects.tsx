// Lists the projects of the tenant, and creates new ones.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Page } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Ago, Badge } from '../../parts/basics.tsx'
import { oneLine } from '../../parts/format.ts'
import { Answered } from '../../parts/states.tsx'
import { useChange } from './use-change.ts'

interface ProjectRow {
  readonly project_id: string
  readonly name: string
  readonly created_at: string
  readonly archived_at: string | null
}

export function Projects(): JSX.Element {
  const projects = useApi<Page<ProjectRow>>('/api/v1/projects', { limit: 200 })
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
        <label class="field tall">
          <span>Name of a new project</span>
          <input
            value={name}
            required
            maxLength={100}
            onInput={(e) => setName(e.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button primary" disabled={change.isBusy}>
          Make a project
        </button>
      </form>
      {change.error === null ? null : (
        <p class="form-error" role="alert">
          {change.error}
        </p>
      )}
      <Answered of={projects}>
        {({ data }) => (
          <div class="scroll-x" tabIndex={0} role="region" aria-label="Projects">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Id</th>
                  <th scope="col">State</th>
                  <th scope="col">Made</th>
                </tr>
              </thead>
              <tbody>
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
              </tbody>
            </table>
          </div>
        )}
      </Answered>
    </section>
  )
}
