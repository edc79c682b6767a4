// Queries of components over the shared cache: an answer is kept while it is shown, the one before stays in sight while the next loads,
// what nobody shows any more is cancelled.

import {
  keepPreviousData,
  QueryClient,
  QueryObserver,
  type QueryObserverOptions,
  type QueryObserverResult,
} from '@tanstack/query-core'
import { useEffect, useState } from 'preact/hooks'
import { ApiFault, call, type Parameters } from './client.ts'

const RETRIES = 2
const STALE_MS = 5000
/** Answers that nobody shows are dropped after this. */
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
  error instanceof ApiFault && (error.status === 0 || error.status === 502)

export type Answer<T> = QueryObserverResult<T, Error>

export interface QueryOptions {
  readonly isEnabled?: boolean
  /** Asks again after this time, while the page is in sight. */
  readonly everyMs?: number | false
  /** Shows the answer to the former question until the new one is there. */
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
    refetchInterval: everyMs,
    ...(keepsPrevious ? { placeholderData: keepPreviousData } : {}),
  }
  const [observer] = useState(() => new QueryObserver<T, Error>(queries, options))
  const [, redraw] = useState(0)
  useEffect(() => observer.subscribe(() => redraw((n) => n + 1)), [observer])
  useEffect(() => observer.setOptions(options))
  return observer.getOptimisticResult(queries.defaultQueryOptions(options) as never)
}

/** A GET of the API. `parameters` may be made at each call, for a time range that moves. */
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
