// Search in what was asked and answered: by words in all of it, or by meaning in the sample that was embedded.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { RowOf } from '../../api/operations.ts'
import type { Page } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Badge, KindMark, Link, Tabs, Time } from '../../parts/basics.tsx'
import { NONE, oneLine } from '../../parts/format.ts'
import { Icon } from '../../parts/icons.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { tabsOf } from '../../view-names.ts'
import { NearTable } from './near-table.tsx'

type Found = RowOf<'GET /api/v1/search'>
type Near = Extract<Found, { readonly similarity: number }>
type Hit = Exclude<Found, Near>

const LIMIT = 50
export function SearchView(): JSX.Element {
  const { query } = useLocation()
  const mode = query.get('mode') === 'words' ? 'words' : 'semantic'
  const asked = query.get('q') ?? ''
  return (
    <>
      <header class="view-head">
        <h1>Search</h1>
      </header>
      <SearchForm asked={asked} key={asked} />
      <Tabs
        label="How to search"
        tabs={tabsOf('search', { semantic: 'By meaning', words: 'By words' })}
        selected={mode}
        onSelect={(key) => setParams({ mode: key === 'words' ? 'words' : null })}
      />
      {asked === '' ? (
        <Empty title="What do you look for?">
          By meaning a sentence finds exchanges about the same thing in other words, in the sample
          that was embedded. By words every stored message is looked at.
        </Empty>
      ) : (
        <Results asked={asked} mode={mode} />
      )}
    </>
  )
}

function SearchForm({ asked }: { readonly asked: string }): JSX.Element {
  const [text, setText] = useState(asked)
  return (
    <form
      class="form-row"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        setParams({ q: text.trim() })
      }}
    >
      <label class="search">
        <Icon name="search" />
        <span class="unseen">Text</span>
        <input
          type="search"
          data-search=""
          maxLength={200}
          placeholder="customers who want their money back"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur()
          }}
        />
      </label>
      <button type="submit" class="button primary">
        Search
      </button>
    </form>
  )
}

function Results({
  asked,
  mode,
}: {
  readonly asked: string
  readonly mode: 'words' | 'semantic'
}): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const answer = useApi<Page<Found>>(
    '/api/v1/search',
    () => ({ ...range.bounds(), q: asked, mode, limit: LIMIT }),
    { key: [range.key, query.get('project'), asked, mode], keepsPrevious: false },
  )
  return (
    <Answered of={answer}>
      {({ data }) => {
        if (data.length === 0)
          return <Empty title="Nothing found">Nothing that matches is in “{range.label}”.</Empty>
        const near = data.filter((row): row is Near => 'similarity' in row)
        const hits = data.filter((row): row is Hit => !('similarity' in row))
        return near.length > 0 ? (
          <NearTable rows={near} label="What was found by meaning" />
        ) : (
          <HitsTable rows={hits} />
        )
      }}
    </Answered>
  )
}

function HitsTable({ rows }: { readonly rows: readonly Hit[] }): JSX.Element {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="What was found by words">
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">Text</th>
            <th scope="col">Said by</th>
            <th scope="col">Span</th>
            <th scope="col">Model</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.event_id} ${row.field}`}>
              <td class="main-cell wide">
                {row.trace_id === null ? (
                  oneLine(row.snippet, 160)
                ) : (
                  <Link
                    to={`/traces/${row.trace_id}`}
                    params={{ span: row.span_id }}
                    row
                    class="row-link"
                  >
                    {oneLine(row.snippet, 160)}
                  </Link>
                )}
              </td>
              <td>
                <Badge>{oneLine(row.role, 30)}</Badge>
              </td>
              <td>
                <KindMark kind={row.kind} isPlain /> {oneLine(row.name ?? NONE, 60)}
              </td>
              <td>{oneLine(row.model ?? NONE, 40)}</td>
              <td>{row.start_time === null ? NONE : <Time at={row.start_time} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
