// Views that somebody gave a name: the address of a list, kept in this browser.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { BASE, go } from '../../state/location.ts'
import { setPreferences, usePreferences } from '../../state/preferences.ts'

const VIEWS_MAX = 50

export function SavedViews({ path }: { readonly path: string }): JSX.Element {
  const { views } = usePreferences()
  const [name, setName] = useState('')
  const save = (event: Event): void => {
    event.preventDefault()
    const text = name.trim()
    if (text === '') return
    const others = views.filter((view) => view.name !== text)
    setPreferences({
      views: [{ name: text, query: window.location.search }, ...others].slice(0, VIEWS_MAX),
    })
    setName('')
  }
  return (
    <details class="menu">
      <summary class="button">Views{views.length === 0 ? '' : ` · ${views.length}`}</summary>
      <div class="popup">
        {views.map((view) => (
          <div class="menu-row" key={view.name}>
            <button
              type="button"
              class="link"
              onClick={() => go(`${BASE}${path.slice(1)}${view.query}`)}
            >
              {view.name}
            </button>
            <button
              type="button"
              class="link muted"
              aria-label={`Delete view ${view.name}`}
              onClick={() => setPreferences({ views: views.filter((v) => v.name !== view.name) })}
            >
              delete
            </button>
          </div>
        ))}
        {views.length === 0 ? (
          <p class="muted">Filters and time that you save under a name appear here.</p>
        ) : null}
        <form class="menu-row" onSubmit={save}>
          <label>
            <span class="unseen">Name of the view</span>
            <input
              placeholder="Name of this view"
              value={name}
              maxLength={60}
              onInput={(e) => setName(e.currentTarget.value)}
            />
          </label>
          <button type="submit" class="button small">
            Save
          </button>
        </form>
      </div>
    </details>
  )
}
