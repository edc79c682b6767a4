// Tells when something takes longer than people wait without wondering.

import { useEffect, useState } from 'preact/hooks'

const SLOW_MS = 5000

/** True once `isWaiting` has been true for five seconds. */
export function useSlow(isWaiting: boolean): boolean {
  const [isSlow, setSlow] = useState(false)
  useEffect(() => {
    setSlow(false)
    if (!isWaiting) return
    const timer = setTimeout(() => setSlow(true), SLOW_MS)
    return () => clearTimeout(timer)
  }, [isWaiting])
  return isSlow
}
