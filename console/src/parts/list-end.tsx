// The end of a list: a button for more rows, a note that there are no more, or the error of the last request.

import type { JSX } from 'preact'
import { type Pages, ROWS_MAX } from '../views/traces/use-pages.ts'
import { exact } from './format.ts'

/** Returns the singular of a noun. */
const singular = (noun: string): string => noun.replace(/ies$/, 'y').replace(/s$/, '')

export function ListEnd<T>({
  pages,
  noun,
}: {
  readonly pages: Pages<T>
  readonly noun: string
}): JSX.Element {
  return (
    <div class="list-end">
      <span class="muted">
        {exact(pages.rows.length)} {pages.rows.length === 1 ? singular(noun) : noun}
        {pages.next === null ? '' : ' so far'}
        {pages.rows.length >= ROWS_MAX ? '; filters or a shorter time show others' : ''}
      </span>
      {pages.next === null ? null : (
        <button type="button" class="button" aria-busy={pages.isMore} onClick={pages.more}>
          {pages.isMore ? 'Loading…' : 'Load more'}
        </button>
      )}
      {pages.moreError === null ? null : <span role="alert">{pages.moreError.message}</span>}
    </div>
  )
}
