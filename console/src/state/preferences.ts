// The preferences of the user, which are not part of links: theme, time zone, columns and single-letter shortcuts. They are stored in the
// browser.

import { useSyncExternalStore } from './external-store.ts'

export interface Preferences {
  readonly theme: 'system' | 'light' | 'dark'
  readonly zone: 'local' | 'utc'
  /** True if single-letter shortcuts are enabled. Users of speech input disable them. */
  readonly keys: boolean
  /** The columns of lists, by the name of the list. A list that is not here has its usual ones. */
  readonly columns: Readonly<Record<string, readonly string[]>>
}

const KEY = 'observa.preferences'
const INITIAL: Preferences = {
  theme: 'system',
  zone: 'local',
  keys: true,
  columns: {},
}

const listeners = new Set<() => void>()
let current = load()

function load(): Preferences {
  try {
    const kept: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? '{}')
    if (typeof kept !== 'object' || kept === null) return INITIAL
    return { ...INITIAL, ...kept, columns: columnsOf('columns' in kept ? kept.columns : null) }
  } catch {
    // The browser has no storage, or the stored value is not valid. The console then uses the defaults.
    return INITIAL
  }
}

/** Before the lists had columns of their own, those of the list of traces were kept as an array. */
function columnsOf(kept: unknown): Preferences['columns'] {
  if (Array.isArray(kept)) return { traces: textsOf(kept) }
  if (typeof kept !== 'object' || kept === null) return {}
  return Object.fromEntries(Object.entries(kept).map(([list, keys]) => [list, textsOf(keys)]))
}

function textsOf(keys: unknown): readonly string[] {
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : []
}

export const preferencesNow = (): Preferences => current

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell)
      return () => listeners.delete(tell)
    },
    () => current,
  )
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change }
  try {
    window.localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // The storage is full or disabled. The change then lasts until the page is closed.
  }
  applyTheme()
  for (const tell of listeners) tell()
}

export function applyTheme(): void {
  const { theme } = current
  if (theme === 'system') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.setAttribute('data-theme', theme)
}
