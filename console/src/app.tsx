// The frame around every view: navigation, time range, and the global keyboard shortcuts.

import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Link } from './parts/basics.tsx'
import { oneLine } from './parts/format.ts'
import { Icon, type IconName } from './parts/icons.tsx'
import { KeysDialog } from './parts/keys-dialog.tsx'
import { Palette } from './parts/palette.tsx'
import { Boundary } from './parts/states.tsx'
import { BadRange, TopBar } from './parts/top-bar.tsx'
import { viewOf } from './routes.tsx'
import { focusView } from './state/focus.ts'
import { moveRow, useKeys } from './state/keyboard.ts'
import { addressOf, addressOfList, go, locationNow, useLocation } from './state/location.ts'
import { usePreferences } from './state/preferences.ts'
import { setViewTitle } from './state/title.ts'

interface Destination {
  readonly path: string
  readonly label: string
  readonly icon: IconName
  /** The second key of the shortcuts that start with `g`. */
  readonly key: string
}

const DESTINATIONS: readonly (readonly Destination[])[] = [
  [
    { path: '/', label: 'Overview', icon: 'overview', key: 'o' },
    { path: '/traces', label: 'Traces', icon: 'traces', key: 't' },
    { path: '/search', label: 'Search', icon: 'search', key: 'f' },
    { path: '/topics', label: 'Topics', icon: 'topics', key: 'm' },
    { path: '/issues', label: 'Issues', icon: 'issues', key: 'i' },
    { path: '/costs', label: 'Costs', icon: 'costs', key: 'c' },
  ],
  [
    { path: '/conversations', label: 'Conversations', icon: 'conversations', key: 'v' },
    { path: '/sessions', label: 'Sessions', icon: 'sessions', key: 's' },
    { path: '/users', label: 'Users', icon: 'users', key: 'u' },
  ],
  [
    { path: '/set-up', label: 'Set up', icon: 'setup', key: 'n' },
    { path: '/try', label: 'Try it', icon: 'try', key: 'y' },
    { path: '/operations', label: 'Operations', icon: 'operations', key: 'p' },
    { path: '/account', label: 'Account', icon: 'account', key: 'a' },
  ],
]

export function App(): JSX.Element {
  const { path } = useLocation()
  const { zone } = usePreferences()
  const [isHelp, setHelp] = useState(false)
  const [isPalette, setPalette] = useState(false)
  const main = useRef<HTMLElement>(null)
  document.documentElement.dataset['zone'] = zone
  useKeys([
    { keys: 'j', says: 'Next row', run: () => moveRow(1) },
    { keys: 'k', says: 'Row before', run: () => moveRow(-1) },
    { keys: '/', says: 'Search in this view', run: () => focusSearch() },
    { keys: '?', says: 'These keys', run: () => setHelp(true) },
    { keys: 'Ctrl-k', says: 'Go anywhere', run: () => setPalette(true) },
    { keys: 'Escape', says: 'Back to the list', run: () => goUp() },
    ...DESTINATIONS.flat().map((place) => ({
      keys: `g ${place.key}`,
      says: `Go to ${place.label.toLowerCase()}`,
      run: () => go(addressOf(place.path)),
    })),
  ])
  const view = viewOf(path)
  const before = useRef(window.location.pathname)
  // Before the effects of the view, which know its name.
  useLayoutEffect(() => setViewTitle(view?.title ?? 'Not found'), [path])
  useEffect(() => {
    const from = before.current
    before.current = window.location.pathname
    if (from === before.current) return
    main.current?.scrollTo(0, 0)
    focusView(main.current, path.lastIndexOf('/') === 0 ? from : null)
  }, [path])
  return (
    <div class="shell">
      <a
        class="skip"
        href="#main"
        onClick={(e) => {
          e.preventDefault()
          main.current?.focus()
        }}
      >
        To the content
      </a>
      <Navigation path={path} />
      <div class="page">
        <TopBar
          hasTime={view?.hasTime === true}
          onHelp={() => setHelp(true)}
          onPalette={() => setPalette(true)}
        />
        <main id="main" tabIndex={-1} ref={main}>
          {view?.hasTime === true ? <BadRange /> : null}
          <Boundary key={path}>{view === null ? <NotFound /> : view.draw()}</Boundary>
        </main>
      </div>
      {isHelp ? <KeysDialog onClose={() => setHelp(false)} /> : null}
      {isPalette ? (
        <Palette destinations={DESTINATIONS.flat()} onClose={() => setPalette(false)} />
      ) : null}
    </div>
  )
}

function focusSearch(): void {
  const search = document.querySelector<HTMLInputElement>('[data-search]')
  search?.focus()
  search?.select()
}

/** Maps a detail view to the list that contains it. */
function goUp(): void {
  const open = document.querySelector<HTMLDetailsElement>(
    'details.menu[open], details.more-filters[open]',
  )
  if (open !== null) {
    if (open.contains(document.activeElement)) open.querySelector('summary')?.focus()
    open.open = false
    return
  }
  if (locationNow().path.lastIndexOf('/') > 0) go(addressOfList())
}

function Navigation({ path }: { readonly path: string }): JSX.Element {
  const isAt = (place: string): boolean =>
    place === '/' ? path === '/' : path === place || path.startsWith(`${place}/`)
  return (
    <nav class="navigation" aria-label="Views">
      <Link to="/" class="brand" title="Overview">
        <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" class="brand-back" />
          <circle cx="16" cy="16" r="8.5" class="brand-ring" />
          <path d="M16 7.5a8.500 8.500 0 0 1 8.500 8.500" class="brand-arc" />
          <circle cx="16" cy="16" r="2.6" class="brand-dot" />
        </svg>
        <span>Observa</span>
      </Link>
      {DESTINATIONS.map((group, i) => (
        <ul key={i}>
          {group.map((place) => (
            <li key={place.path}>
              <Link to={place.path} current={isAt(place.path)} class="place">
                <Icon name={place.icon} size={18} />
                <span>{place.label}</span>
              </Link>
            </li>
          ))}
        </ul>
      ))}
    </nav>
  )
}

function NotFound(): ComponentChildren {
  return (
    <div class="state">
      <h1>There is no such page</h1>
      <div class="state-text">
        <p>
          Nothing is at <code>{oneLine(locationNow().path, 120)}</code>.
        </p>
        <Link to="/" class="button primary">
          Overview
        </Link>
      </div>
    </div>
  )
}
