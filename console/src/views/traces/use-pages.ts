// A hook that loads a list page by page with the cursor of the API. With live updates the first page is requested at intervals.

import { useEffect, useState } from 'preact/hooks'
import { call, type Parameters } from '../../api/client.ts'
import type { Page } from '../../api/types.ts'
import { type Answer, useQuery } from '../../api/use-query.ts'

/** The most rows that are kept. Users find other rows with filters and the time range. */
export const ROWS_MAX = 2000

export interface Pages<T> {
  readonly answer: Answer<Page<T>>
  readonly rows: readonly T[]
  readonly next: string | null
  readonly isMore: boolean
  readonly more: () => void
  readonly moreError: Error | null
}

interface Further<T> {
  readonly key: string
  readonly rows: readonly T[]
  readonly next: string | null
}

export function usePages<T>(
  path: string,
  key: readonly unknown[],
  parameters: () => Parameters,
  { everyMs = false as number | false, isEnabled = true } = {},
): Pages<T> {
  const keyText = JSON.stringify(key)
  const answer = useQuery<Page<T>>(
    [path, 'first', ...key],
    (signal) => call<Page<T>>(path, { parameters: parameters(), signal }),
    { everyMs, isEnabled },
  )
  const [further, setFurther] = useState<Further<T> | null>(null)
  const [isMore, setMore] = useState(false)
  const [moreError, setMoreError] = useState<Error | null>(null)
  useEffect(() => {
    setFurther(null)
    setMoreError(null)
  }, [keyText])
  const own = further?.key === keyText ? further : null
  const rows = [...(answer.data?.data ?? []), ...(own?.rows ?? [])].slice(0, ROWS_MAX)
  const next =
    rows.length >= ROWS_MAX ? null : own === null ? (answer.data?.next_cursor ?? null) : own.next
  const more = async (): Promise<void> => {
    if (next === null || isMore) return
    setMore(true)
    setMoreError(null)
    try {
      const page = await call<Page<T>>(path, { parameters: { ...parameters(), cursor: next } })
      setFurther({
        key: keyText,
        rows: [...(own?.rows ?? []), ...page.data],
        next: page.next_cursor,
      })
    } catch (thrown) {
      setMoreError(thrown instanceof Error ? thrown : new Error(String(thrown)))
    } finally {
      setMore(false)
    }
  }
  return { answer, rows, next, isMore, more: () => void more(), moreError }
}
