// A value outside components that they follow, such as the address bar or the preferences.

import { useLayoutEffect, useState } from 'preact/hooks'

/** The value of `read`, again after every call of the listener that `subscribe` was given. */
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
    // It may have changed between the first drawing and now.
    tell()
    const end = subscribe(tell)
    return () => void end()
  }, [])
  return value.of
}
