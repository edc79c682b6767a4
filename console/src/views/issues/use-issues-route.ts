// Whether this instance groups signals into issues. One that does not leads the route of issues to that of signals.

import { apiAddress, credentialHeaders } from '../../api/client.ts'
import { useQuery } from '../../api/use-query.ts'

/** Null until it is known. */
export function useIssuesRoute(): boolean | null {
  const answer = useQuery<boolean>(['issues-route'], async (signal) => {
    const address = apiAddress('/api/v1/issues', { limit: 1 })
    const res = await fetch(address, { redirect: 'manual', signal, headers: credentialHeaders() })
    return res.type !== 'opaqueredirect'
  })
  // Without an answer the list says why there is none.
  return answer.data ?? (answer.error === null ? null : true)
}
