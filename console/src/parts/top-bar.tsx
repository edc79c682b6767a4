// The bar above every view: project, time range, refresh, time zone, theme and keyboard shortcuts.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { keyNow } from '../api/client.ts'
import type { RowOf } from '../api/operations.ts'
import type { Page } from '../api/types.ts'
import { queries, useApi } from '../api/use-query.ts'
import { setParams, useLocation } from '../state/location.ts'
import { setPreferences, usePreferences } from '../state/preferences.ts'
import { RANGES, useTimeRange } from '../state/time-range.ts'
import { oneLine, zoneName } from './format.ts'
import { Icon } from './icons.tsx'

export function TopBar({
  hasTime,
  onHelp,
  onPalette,
}: {
  readonly hasTime: boolean
  readonly onHelp: () => void
  readonly onPalette: () => void
}): JSX.Element {
  const { theme, zone } = usePreferences()
  const isDark =
    theme === 'dark' ||
    (theme === 'system' && window.matchMedia('(prefers-color-scheme: dark)').matches)
  return (
    <div class="top-bar" role="region" aria-label="Project, time and settings">
      <Projects />
      {hasTime ? <TimeChoice /> : null}
      <span class="top-space" />
      <button type="button" class="button ghost wide-only" onClick={onPalette}>
        <Icon name="search" /> Go to <kbd>Ctrl K</kbd>
      </button>
      <button
        type="button"
        class="button ghost"
        title={`Times are shown in ${zoneName()}`}
        onClick={() => setPreferences({ zone: zone === 'utc' ? 'local' : 'utc' })}
      >
        {zone === 'utc' ? 'UTC' : 'Local time'}
      </button>
      <button
        type="button"
        class="button ghost"
        aria-label={isDark ? 'Light theme' : 'Dark theme'}
        onClick={() => setPreferences({ theme: isDark ? 'light' : 'dark' })}
      >
        <Icon name={isDark ? 'sun' : 'moon'} />
      </button>
      <button type="button" class="button ghost wide-only" aria-label="Keys" onClick={onHelp}>
        <Icon name="keyboard" />
      </button>
      <button
        type="button"
        class="button ghost"
        aria-label="Load again"
        onClick={() => void queries.invalidateQueries()}
      >
        <Icon name="refresh" />
      </button>
    </div>
  )
}

/** Says so when the range of a link is none, because what is shown then is not what the link was about. */
export function BadRange(): JSX.Element | null {
  const { problem, label } = useTimeRange()
  if (problem === null) return null
  return (
    <p class="stale" role="alert">
      The time in the address is not valid: {oneLine(problem, 120)}. Shown is: {label.toLowerCase()}
      .{' '}
      <button
        type="button"
        class="link"
        onClick={() => setParams({ range: null, from: null, to: null })}
      >
        Take it out of the address
      </button>
    </p>
  )
}

/** The selection of the project. Only a signed-in person has several projects; an API key and an instance without keys have one. */
function Projects(): JSX.Element | null {
  const { query } = useLocation()
  const answer = useApi<Page<RowOf<'GET /api/v1/projects'>>>(
    '/api/v1/projects',
    {},
    { isEnabled: keyNow() === null },
  )
  const projects = answer.data?.data ?? []
  if (projects.length < 2) return null
  return (
    <label class="field">
      <span class="unseen">Project</span>
      <select
        value={query.get('project') ?? ''}
        onChange={(event) => changeProject(event.currentTarget.value)}
      >
        <option value="">First project</option>
        {projects.map((project) => (
          <option value={project.project_id} key={project.project_id}>
            {project.name}
          </option>
        ))}
      </select>
    </label>
  )
}

function changeProject(project: string): void {
  setParams({ project })
  void queries.resetQueries()
}

const CUSTOM = 'custom'

function TimeChoice(): JSX.Element {
  const range = useTimeRange()
  const [isCustom, setCustom] = useState(false)
  const choose = (key: string): void => {
    setCustom(key === CUSTOM)
    if (key !== CUSTOM) setParams({ range: key, from: null, to: null })
  }
  return (
    <>
      <label class="field">
        <span class="unseen">Time range</span>
        <select
          value={range.isRelative && !isCustom ? range.key : CUSTOM}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          {RANGES.map(([key, label]) => (
            <option value={key} key={key}>
              {label}
            </option>
          ))}
          <option value={CUSTOM}>{range.isRelative ? 'From … to …' : range.label}</option>
        </select>
      </label>
      {isCustom ? <CustomTime onDone={() => setCustom(false)} /> : null}
    </>
  )
}

function CustomTime({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const now = Date.now()
  const [from, setFrom] = useState(textOf(now - 86_400_000))
  const [to, setTo] = useState(textOf(now))
  const take = (event: Event): void => {
    event.preventDefault()
    const [a, b] = [Date.parse(`${from}Z`), Date.parse(`${to}Z`)]
    if (!(a < b)) return
    setParams({ range: null, from: new Date(a).toISOString(), to: new Date(b).toISOString() })
    onDone()
  }
  return (
    <form class="custom-time" onSubmit={take}>
      <label>
        From (UTC){' '}
        <input type="datetime-local" value={from} onInput={(e) => setFrom(e.currentTarget.value)} />
      </label>
      <label>
        to <input type="datetime-local" value={to} onInput={(e) => setTo(e.currentTarget.value)} />
      </label>
      <button type="submit" class="button small">
        Show
      </button>
    </form>
  )
}

const textOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16)
