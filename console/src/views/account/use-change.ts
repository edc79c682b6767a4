// A hook for changes of the control plane. It tells whether a change is running and why it was refused, and reloads the lists afterwards.

import { useState } from 'preact/hooks'
import { type Call, call } from '../../api/client.ts'
import { queries } from '../../api/use-query.ts'

export interface Change {
  readonly isBusy: boolean
  readonly error: Error | null
  readonly run: <T>(path: string, options: Call) => Promise<T | null>
}

export function useChange(): Change {
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  const run = async <T>(path: string, options: Call): Promise<T | null> => {
    setBusy(true)
    setError(null)
    try {
      const done = await call<T>(path, options)
      await queries.invalidateQueries()
      return done
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)))
      return null
    } finally {
      setBusy(false)
    }
  }
  return { isBusy, error, run }
}
