// A hook for values outside of components, such as the location or the preferences. Components re-render when the value changes.

import { useLayoutEffect, useState } from 'preact/hooks'

/** Returns the value of `read`, and reads it again after each call of the listener that `subscribe` was given. */
export function useSyncExternalStore<T>(
  subscribe: (tell: () => void) => () => unknown,
  read: () => T,
): T {
  const [value, setValue] = useState(() => ({ of: read() }))
  useLayoutEffect(() => {
    const tell = (): void => {
      const next = read()
      setValue((known) => (Object.is(known.of, next) ? known : { of: next }))
    }
    // The value may have changed between the first rendering and now.
    tell()
    const end = subscribe(tell)
    return () => void end()
  }, [])
  return value.of
}
