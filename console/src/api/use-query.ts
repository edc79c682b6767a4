// The hook for queries of components. They share one cache. A response is kept while a component shows it, the previous response stays
// visible while the next one loads, and a query that no component shows any more is cancelled.

import {
  keepPreviousData,
  QueryClient,
  QueryObserver,
  type QueryObserverOptions,
  type QueryObserverResult,
} from '@tanstack/query-core'
import { useEffect, useState } from 'preact/hooks'
import { ApiFault, call, isForbidden, type Parameters, TIMED_OUT } from './client.ts'

const RETRIES = 2
const STALE_MS = 5000
/** A response that no component shows is dropped after this time. */
const KEPT_MS = 120_000

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_MS,
      gcTime: KEPT_MS,
      networkMode: 'always',
      retry: (failures, error) => isTransient(error) && failures < RETRIES,
      retryDelay: (attempt) => 400 * 2 ** attempt,
      refetchOnWindowFocus: true,
    },
  },
})

const isTransient = (error: unknown): boolean =>
  error instanceof ApiFault &&
  error.code !== TIMED_OUT &&
  (error.status === 0 || error.status === 502)

export type Answer<T> = QueryObserverResult<T, Error>

export interface QueryOptions {
  readonly isEnabled?: boolean
  /** The query is repeated after this time while the page is visible. */
  readonly everyMs?: number | false
  /** Shows the response of the previous query until the new one arrives. */
  readonly keepsPrevious?: boolean
}

export function useQuery<T>(
  key: readonly unknown[],
  ask: (signal: AbortSignal) => Promise<T>,
  { isEnabled = true, everyMs = false, keepsPrevious = true }: QueryOptions = {},
): Answer<T> {
  const options: QueryObserverOptions<T, Error> = {
    queryKey: [...key],
    queryFn: async ({ signal }) => await ask(signal),
    enabled: isEnabled,
    // What somebody may not see is not asked for again and again.
    refetchInterval: ({ state }) => !isForbidden(state.error) && everyMs,
    ...(keepsPrevious ? { placeholderData: keepPreviousData } : {}),
  }
  const [observer] = useState(() => new QueryObserver<T, Error>(queries, options))
  const [, redraw] = useState(0)
  useEffect(() => observer.subscribe(() => redraw((n) => n + 1)), [observer])
  useEffect(() => observer.setOptions(options))
  return observer.getOptimisticResult(queries.defaultQueryOptions(options) as never)
}

/** Runs a GET request. `parameters` may be a function, which is called for each request, because a relative time range moves. */
export function useApi<T>(
  path: string,
  parameters: Parameters | (() => Parameters) = {},
  { key = [], ...options }: QueryOptions & { readonly key?: readonly unknown[] } = {},
): Answer<T> {
  const isMoving = typeof parameters === 'function'
  return useQuery<T>(
    [path, ...key, isMoving ? null : parameters],
    (signal) => call<T>(path, { parameters: isMoving ? parameters() : parameters, signal }),
    options,
  )
}
