// How long what is stored stays: of the tenant, and of each project that says something else.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { BodyOf, RowOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { oneLine } from '../../parts/format.ts'
import { Outcome } from '../../parts/forms.tsx'
import { Answered } from '../../parts/states.tsx'
import { useChange } from './use-change.ts'

type Retention = RowOf<'GET /api/v1/retention'>
type Project = RowOf<'GET /api/v1/projects'>
type Change = NonNullable<BodyOf<'PUT /api/v1/retention'>>

const PATH = '/api/v1/retention'

const KINDS = [
  ['content_days', 'Prompts and answers'],
  ['events_days', 'Events and traces'],
  ['figures_days', 'Sums of usage'],
  ['signals_days', 'Signals and issues'],
  ['metrics_days', 'Points of metrics'],
] as const

/** A project without a row follows the tenant in everything. */
const NOTHING_SAID: Retention['own'] = {
  content_days: null,
  events_days: null,
  figures_days: null,
  signals_days: null,
  metrics_days: null,
  archive: null,
}

export function RetentionOfProjects(): JSX.Element {
  const answer = useApi<{ readonly data: readonly Retention[] }>(PATH)
  const projects = useApi<{ readonly data: readonly Project[] }>('/api/v1/projects', { limit: 200 })
  return (
    <Answered of={answer}>
      {({ data }) => {
        const tenant = data.find((row) => row.project_id === null)
        const said = new Set(data.map((row) => row.project_id))
        const names = new Map(projects.data?.data.map((p) => [p.project_id, p.name]))
        const silent = (projects.data?.data ?? []).filter((p) => !said.has(p.project_id))
        return (
          <>
            <p class="muted">
              Days from receipt. An empty field follows the tenant, and of the tenant the
              configuration; where nothing says a time, it is kept for ever.
            </p>
            {data.map((row) => (
              <Kept
                key={row.project_id ?? ''}
                title={
                  row.project_id === null ? 'Tenant' : (names.get(row.project_id) ?? row.project_id)
                }
                row={row}
              />
            ))}
            {tenant === undefined
              ? null
              : silent.map((project) => (
                  <Kept
                    key={project.project_id}
                    title={project.name}
                    row={{ project_id: project.project_id, own: NOTHING_SAID, kept: tenant.kept }}
                  />
                ))}
          </>
        )
      }}
    </Answered>
  )
}

function Kept({ title, row }: { readonly title: string; readonly row: Retention }): JSX.Element {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const [isSaved, setSaved] = useState(false)
  const change = useChange()
  const save = async (event: Event): Promise<void> => {
    event.preventDefault()
    const days = Object.fromEntries(
      Object.entries(values).map(([name, text]) => [name, text === '' ? null : Number(text)]),
    )
    const body: Change = {
      ...(row.project_id === null ? {} : { project_id: row.project_id }),
      ...days,
    }
    if ((await change.run(PATH, { method: 'PUT', body })) === null) return
    setValues({})
    setSaved(true)
  }
  return (
    <section class="panel">
      <h2>{oneLine(title, 60)}</h2>
      <form class="form-row quota-limits" onSubmit={(event) => void save(event)}>
        {KINDS.map(([name, label]) => (
          <label class="stacked" key={name}>
            <span>{label}</span>
            <input
              type="number"
              min="1"
              step="1"
              placeholder={
                row.kept[name] === null ? 'for ever' : `${row.kept[name]} days, not its own`
              }
              value={values[name] ?? row.own[name] ?? ''}
              onInput={(event) => {
                setSaved(false)
                setValues({ ...values, [name]: event.currentTarget.value })
              }}
            />
          </label>
        ))}
        <button
          type="submit"
          class="button"
          disabled={change.isBusy || Object.keys(values).length === 0}
        >
          Save days
        </button>
        {isSaved ? <span role="status">Saved.</span> : null}
      </form>
      <Outcome of={change} />
    </section>
  )
}
