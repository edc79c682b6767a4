// What belongs to a person and not to a link: theme, time zone, columns, single-letter keys. Kept in this browser.

import { useSyncExternalStore } from './external-store.ts'

export interface Preferences {
  readonly theme: 'system' | 'light' | 'dark'
  readonly zone: 'local' | 'utc'
  /** Single-letter keys; people who dictate turn them off. */
  readonly keys: boolean
  readonly columns: readonly string[] | null
}

const KEY = 'observa.preferences'
const INITIAL: Preferences = {
  theme: 'system',
  zone: 'local',
  keys: true,
  columns: null,
}

const listeners = new Set<() => void>()
let current = load()

function load(): Preferences {
  try {
    const kept: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? '{}')
    return typeof kept === 'object' && kept !== null ? { ...INITIAL, ...kept } : INITIAL
  } catch {
    // A browser without storage, or something else wrote there: the console works without.
    return INITIAL
  }
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
    // The storage is full or off; the change holds until the page is left.
  }
  applyTheme()
  for (const tell of listeners) tell()
}

export function applyTheme(): void {
  const { theme } = current
  if (theme === 'system') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.setAttribute('data-theme', theme)
}
