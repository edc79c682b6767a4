// The address bar as the one place of view state: path, filters, sort, time range, selected span. Every view reads it from here
// and writes it here, so that a link restores what somebody saw.

import { useSyncExternalStore } from './external-store.ts'

/** Where the console is mounted, with a slash at its end. The page's `<base>` says it, whatever prefix a proxy adds. */
export const BASE = new URL('.', document.baseURI).pathname

export interface Location {
  /** Below the mount, such as `/traces/abc`. */
  readonly path: string
  readonly query: URLSearchParams
}

/** Parameters that go along to every other view. */
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

/** Address of a view, with the time range and project of the present one. */
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

/** Goes to an address of `addressOf`. */
export function go(address: string, { isReplaced = false } = {}): void {
  if (isReplaced) window.history.replaceState(null, '', address)
  else window.history.pushState(null, '', address)
  changed()
}

/** Changes parameters of the present view. Typing replaces; what the back button should undo pushes. */
export function setParams(params: Params, { isReplaced = false } = {}): void {
  const query = new URLSearchParams(current.query)
  assign(query, params)
  const text = query.toString()
  const address = `${window.location.pathname}${text === '' ? '' : `?${text}`}`
  if (address !== window.location.pathname + window.location.search) go(address, { isReplaced })
}
