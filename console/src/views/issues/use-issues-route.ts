// Determines whether this instance groups signals into issues. If not, the route of issues shows the signals.

import { apiAddress, credentialHeaders } from '../../api/client.ts'
import { useQuery } from '../../api/use-query.ts'

/** Returns null until the answer is known. */
export function useIssuesRoute(): boolean | null {
  const answer = useQuery<boolean>(['issues-route'], async (signal) => {
    const address = apiAddress('/api/v1/issues', { limit: 1 })
    const res = await fetch(address, { redirect: 'manual', signal, headers: credentialHeaders() })
    // A body that nobody reads would hold one of the browser's few connections.
    await res.body?.cancel()
    return res.type !== 'opaqueredirect'
  })
  // If the request failed, the list shows the error.
  return answer.data ?? (answer.error === null ? null : true)
}
