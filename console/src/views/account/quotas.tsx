// Shows and changes the monthly quotas of each project, with the present usage.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AnswerOf, BodyOf, RowOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { Badge, Time } from '../../parts/basics.tsx'
import { count, oneLine } from '../../parts/format.ts'
import { Outcome } from '../../parts/forms.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { usePages } from '../traces/use-pages.ts'
import { useChange } from './use-change.ts'

type Project = RowOf<'GET /api/v1/projects'>
type Quota = AnswerOf<'GET /api/v1/projects/{id}/quota'>
type Limits = NonNullable<BodyOf<'PUT /api/v1/projects/{id}/quota'>>

const LIMITS = [
  ['events_per_month', 'Events a month'],
  ['bytes_per_month', 'Bytes a month'],
  ['usd_per_month', 'USD a month'],
  ['events_per_second', 'Events a second'],
] as const

/** Each project asks for its quota. */
const PAGE = 25

export function Quotas(): JSX.Element {
  const pages = usePages<Project>('/api/v1/projects', [], () => ({ sort: 'name', limit: PAGE }))
  return (
    <Answered of={pages.answer}>
      {() =>
        pages.rows.length === 0 ? (
          <Empty title="No projects yet">A quota belongs to a project.</Empty>
        ) : (
          <>
            {pages.rows.map((project) => (
              <ProjectQuota project={project} key={project.project_id} />
            ))}
            <ListEnd pages={pages} noun="projects" />
          </>
        )
      }
    </Answered>
  )
}

const pathOf = (id: string): string => `/api/v1/projects/${encodeURIComponent(id)}/quota`

function ProjectQuota({ project }: { readonly project: Project }): JSX.Element {
  const answer = useApi<Quota>(pathOf(project.project_id))
  return (
    <section class="panel">
      <h2>{oneLine(project.name, 60)}</h2>
      <Answered of={answer} lines={3}>
        {(quota) => <QuotaForm id={project.project_id} quota={quota} />}
      </Answered>
    </section>
  )
}

function QuotaForm({ id, quota }: { readonly id: string; readonly quota: Quota }): JSX.Element {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const change = useChange()
  const shown = (name: keyof Limits): string => values[name] ?? String(quota[name] ?? '')
  const save = (event: Event): void => {
    event.preventDefault()
    // An empty field removes the limit.
    const body: Limits = Object.fromEntries(
      LIMITS.map(([name]) => [name, shown(name) === '' ? null : Number(shown(name))]),
    )
    void change.run(pathOf(id), { method: 'PUT', body })
  }
  return (
    <form onSubmit={save}>
      <p class="facts">
        <Used label="events" used={quota.used.events} limit={quota.events_per_month} />
        <Used label="bytes" used={quota.used.bytes} limit={quota.bytes_per_month} />
        <Used label="USD" used={quota.used.cost_usd} limit={quota.usd_per_month} />
        <span class="muted">
          until <Time at={quota.resets_at} />
        </span>
      </p>
      <p class="form-row quota-limits">
        {LIMITS.map(([name, label]) => (
          <label class="stacked" key={name}>
            <span>{label}</span>
            <input
              type="number"
              min="0"
              step="any"
              placeholder="no limit"
              value={shown(name)}
              onInput={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
            />
          </label>
        ))}
        <button type="submit" class="button" disabled={change.isBusy}>
          Save limits
        </button>
      </p>
      <Outcome of={change} />
    </form>
  )
}

function Used({
  label,
  used,
  limit,
}: {
  readonly label: string
  readonly used: number
  readonly limit: number | null
}): JSX.Element {
  const share = limit === null || limit === 0 ? 0 : used / limit
  const tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : 'neutral'
  return (
    <span>
      {count(used)} {label}{' '}
      {limit === null ? (
        <span class="muted">no limit</span>
      ) : (
        <Badge tone={tone}>
          {Math.round(share * 100)} % of {count(limit)}
        </Badge>
      )}
    </span>
  )
}
