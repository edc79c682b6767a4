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

const listeners = new Set<() => void>()
let current = read()

function read(): Location {
  const { pathname, search } = window.location
  const below = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : ''
  return { path: `/${below.replace(/\/+$/, '')}`, query: new URLSearchParams(search) }
}

function changed(): void {
  current = read()
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
