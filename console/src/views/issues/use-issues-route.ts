// Determines whether this instance groups signals into issues. If not, the route of issues shows the signals.

import { isRedirected } from '../../api/client.ts'
import { useQuery } from '../../api/use-query.ts'

/** Returns null until the answer is known. */
export function useIssuesRoute(): boolean | null {
  const answer = useQuery<boolean>(
    ['issues-route'],
    async (signal) => !(await isRedirected('/api/v1/issues', { limit: 1 }, signal)),
  )
  // If the request failed, the list shows the error.
  return answer.data ?? (answer.error === null ? null : true)
}
