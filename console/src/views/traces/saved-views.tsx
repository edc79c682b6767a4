// Saved views: named combinations of filters, sort order and time range. The instance stores them for one user or for the whole project.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { RowOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { oneLine } from '../../parts/format.ts'
import { Outcome } from '../../parts/forms.tsx'
import { BASE, go, locationNow } from '../../state/location.ts'
import { useChange } from '../account/use-change.ts'

type View = RowOf<'GET /api/v1/views'>

const PATH = '/api/v1/views'
/** The URL parameters that are not part of a saved view. */
const NOT_KEPT: ReadonlySet<string> = new Set(['project', 'live'])

export function SavedViews({ page }: { readonly page: 'traces' | 'issues' }): JSX.Element {
  const answer = useApi<{ readonly data: readonly View[] }>(PATH, { page, limit: 100 })
  const views = answer.data?.data ?? []
  const [name, setName] = useState('')
  const [isShared, setShared] = useState(false)
  const change = useChange()
  const save = async (event: Event): Promise<void> => {
    event.preventDefault()
    const text = name.trim()
    if (text === '') return
    const entries = [...locationNow().query].filter(([key]) => !NOT_KEPT.has(key))
    const body = { name: text, page, query: Object.fromEntries(entries), is_shared: isShared }
    if ((await change.run(PATH, { method: 'POST', body })) !== null) setName('')
  }
  const open = (view: View): void => {
    const query = new URLSearchParams(view.query)
    const project = locationNow().query.get('project')
    if (project !== null) query.set('project', project)
    go(`${BASE}${page}?${query.toString()}`)
  }
  return (
    <details class="menu">
      <summary class="button">Views{views.length === 0 ? '' : ` · ${views.length}`}</summary>
      <div class="popup">
        {views.map((view) => (
          <div class="menu-row" key={view.view_id}>
            <button type="button" class="link" onClick={() => open(view)}>
              {oneLine(view.name, 60)}
            </button>
            {view.is_shared ? <span class="muted">shared</span> : null}
            {view.is_own ? (
              <button
                type="button"
                class="link muted"
                aria-label={`Delete view ${view.name}`}
                onClick={() =>
                  void change.run(`${PATH}/${encodeURIComponent(view.view_id)}`, {
                    method: 'DELETE',
                  })
                }
              >
                delete
              </button>
            ) : null}
          </div>
        ))}
        {views.length === 0 ? (
          <p class="muted">Filters, order and time that you save under a name appear here.</p>
        ) : null}
        <Outcome of={change} />
        <form class="menu-row" onSubmit={(event) => void save(event)}>
          <label>
            <span class="unseen">Name of the view</span>
            <input
              placeholder="Name of this view"
              value={name}
              maxLength={60}
              onInput={(e) => setName(e.currentTarget.value)}
            />
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={isShared}
              onChange={(e) => setShared(e.currentTarget.checked)}
            />
            for all
          </label>
          <button type="submit" class="button small" disabled={change.isBusy}>
            Save
          </button>
        </form>
      </div>
    </details>
  )
}
