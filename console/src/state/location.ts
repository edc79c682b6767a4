// Keeps the state of views in the URL: path, filters, sort order, time range and selected span. All views read and change it through this
// file, so that a link restores what the user saw.

import { useSyncExternalStore } from './external-store.ts'

/** The base path of the console, with a slash at its end. It is read from the page's `<base>`, because a proxy may add a prefix. */
export const BASE = new URL('.', document.baseURI).pathname

export interface Location {
  /** The path below the base path, such as `/traces/abc`. */
  readonly path: string
  readonly query: URLSearchParams
}

/** The parameters that links to other views keep. */
const KEPT = ['range', 'from', 'to', 'project', 'environment', 'tz'] as const

/** The query of each list as it was shown last, by path. It lives as long as the tab. */
const SHOWN = 'observa.lists'
const shown = new Map<string, string>(shownBefore())

const listeners = new Set<() => void>()
let current = read()
remember()

function read(): Location {
  const { pathname, search } = window.location
  const below = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : ''
  return { path: `/${below.replace(/\/+$/, '')}`, query: new URLSearchParams(search) }
}

function shownBefore(): readonly (readonly [string, string])[] {
  try {
    const kept: unknown = JSON.parse(window.sessionStorage.getItem(SHOWN) ?? '{}')
    return Object.entries(Object(kept)).map(([path, query]) => [path, String(query)])
  } catch {
    // The browser has no storage, or somebody changed what is in it.
    return []
  }
}

function remember(): void {
  if (current.path.lastIndexOf('/') > 0) return
  shown.set(current.path, window.location.search)
  try {
    window.sessionStorage.setItem(SHOWN, JSON.stringify(Object.fromEntries(shown)))
  } catch {
    // The storage is full or disabled. The way back then lasts until the page is loaded again.
  }
}

function changed(): void {
  current = read()
  remember()
  for (const tell of listeners) tell()
}

window.addEventListener('popstate', changed)

export function useLocation(): Location {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell)
      return () => listeners.delete(tell)
    },
    () => current,
  )
}

export const locationNow = (): Location => current

export type Params = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Returns the URL of a view with the present time range and project. */
export function addressOf(path: string, params: Params = {}): string {
  const query = new URLSearchParams()
  for (const name of KEPT) {
    const value = current.query.get(name)
    if (value !== null) query.set(name, value)
  }
  assign(query, params)
  const text = query.toString()
  return `${BASE}${path.replace(/^\//, '')}${text === '' ? '' : `?${text}`}`
}

/** Returns the URL of the list that holds what is shown now: with its filters, tab and order, and the present time and project. */
export function addressOfList(): string {
  const first = current.path.split('/')[1] ?? ''
  // Signals have no list of their own.
  const path = first === 'signals' ? '/issues' : `/${first}`
  const query = new URLSearchParams(shown.get(path) ?? '')
  if (first === 'signals') query.set('list', 'signals')
  for (const name of KEPT) query.delete(name)
  return addressOf(path, Object.fromEntries(query))
}

/** Returns the URL that a link to the sign-in leads back to; without one the start page. Only paths of the console are taken. */
export function nextAddress(): string {
  const next = current.query.get('next') ?? ''
  return /^\/[\w%.~!$&'()*+,;=:@-]+(\/|\?|$)/.test(next)
    ? `${BASE}${next.slice(1)}`
    : addressOf('/')
}

function assign(query: URLSearchParams, params: Params): void {
  for (const [name, value] of Object.entries(params))
    if (value === null || value === undefined || value === '' || value === false) query.delete(name)
    else query.set(name, String(value))
}

/** Navigates to a URL that `addressOf` returned. */
export function go(address: string, { isReplaced = false } = {}): void {
  if (isReplaced) window.history.replaceState(null, '', address)
  else window.history.pushState(null, '', address)
  changed()
}

/** Changes parameters of the current view. Typing replaces the history entry; changes that the back button must undo add an entry. */
export function setParams(params: Params, { isReplaced = false } = {}): void {
  const query = new URLSearchParams(current.query)
  assign(query, params)
  const text = query.toString()
  const address = `${window.location.pathname}${text === '' ? '' : `?${text}`}`
  if (address !== window.location.pathname + window.location.search) go(address, { isReplaced })
}
