// The table of a list whose rows are views of their own: columns that people choose, and headings that sort. What a list is sorted by
// is in the URL, which columns it has belongs to the person.

import type { ComponentChildren, JSX } from 'preact'
import { setParams, useLocation } from '../state/location.ts'
import { setPreferences, usePreferences } from '../state/preferences.ts'

export interface Column<Row> {
  readonly key: string
  readonly label: string
  readonly isNumber?: boolean
  /** Words, which may break into lines. */
  readonly isText?: boolean
  /** Not shown on a narrow screen. */
  readonly isWide?: boolean
  /** The first column, which names the row and is always shown. */
  readonly isMain?: boolean
  /** Shown only when somebody chooses it. */
  readonly isExtra?: boolean
  /** What the list is sorted by when its heading is clicked; absent if it cannot be. */
  readonly sort?: string
  /** The first click sorts names from A, and everything else from the largest. */
  readonly isName?: boolean
  readonly cell: (row: Row, rows: readonly Row[]) => ComponentChildren
}

/** The columns of a list that are shown, in their order. */
export function useColumns<Row>(
  list: string,
  columns: readonly Column<Row>[],
): readonly Column<Row>[] {
  const chosen = usePreferences().columns[list]
  return columns.filter((c) => c.isMain === true || (chosen?.includes(c.key) ?? c.isExtra !== true))
}

export interface Sorting {
  readonly sort: string
  readonly onSort: (sort: string) => void
}

/** The order of a list, which is in the URL unless it is the usual one. */
export function useSorting(usual: string): Sorting {
  const sort = useLocation().query.get('sort') ?? usual
  return { sort, onSort: (to) => setParams({ sort: to === usual ? null : to }) }
}

interface ListTableProps<Row> extends Partial<Sorting> {
  readonly label: string
  /** As `useColumns` returns them. */
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly idOf: (row: Row) => string
  /** A cell before all others, such as a box to choose the row. */
  readonly lead?: { readonly label: string; readonly cell: (row: Row) => ComponentChildren }
  /** A cell behind all others, such as what can be done with the row. */
  readonly end?: { readonly label: string; readonly cell: (row: Row) => ComponentChildren }
  readonly foot?: ComponentChildren
}

export function ListTable<Row>({
  label,
  columns,
  rows,
  idOf,
  sort,
  onSort,
  lead,
  end,
  foot,
}: ListTableProps<Row>): JSX.Element {
  return (
    <div class="scroll-x" role="region" aria-label={label} tabIndex={0}>
      <table class="table rows">
        <thead>
          <tr>
            {lead === undefined ? null : (
              <th scope="col">
                <span class="unseen">{lead.label}</span>
              </th>
            )}
            {columns.map((column) => (
              <Heading column={column} sort={sort} onSort={onSort} key={column.key} />
            ))}
            {end === undefined ? null : <th scope="col">{end.label}</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={idOf(row)} data-id={idOf(row)}>
              {lead === undefined ? null : <td>{lead.cell(row)}</td>}
              {columns.map((column) => (
                <td class={classOf(column)} key={column.key}>
                  {column.cell(row, rows)}
                </td>
              ))}
              {end === undefined ? null : <td>{end.cell(row)}</td>}
            </tr>
          ))}
        </tbody>
        {foot === undefined ? null : <tfoot>{foot}</tfoot>}
      </table>
    </div>
  )
}

interface Look {
  readonly isNumber?: boolean
  readonly isWide?: boolean
  readonly isMain?: boolean
  readonly isText?: boolean
}

const classOf = ({ isNumber, isWide, isMain, isText }: Look): string =>
  [
    isNumber === true ? 'number' : '',
    isWide === true ? 'wide-cell' : '',
    isMain === true ? 'main-cell' : '',
    isText === true ? 'wide' : '',
  ]
    .filter((name) => name !== '')
    .join(' ')

function Heading<Row>({
  column,
  sort,
  onSort,
}: {
  readonly column: Column<Row>
  readonly sort: string | undefined
  readonly onSort: ((sort: string) => void) | undefined
}): JSX.Element {
  const { label, sort: by, isNumber, isWide } = column
  const look = classOf({ isNumber: isNumber === true, isWide: isWide === true })
  if (by === undefined || onSort === undefined)
    return (
      <th scope="col" class={look}>
        {label}
      </th>
    )
  const state = sort === `-${by}` ? 'descending' : sort === by ? 'ascending' : undefined
  const next =
    state === undefined
      ? column.isName === true
        ? by
        : `-${by}`
      : state === 'descending'
        ? by
        : `-${by}`
  return (
    <th scope="col" class={look} aria-sort={state}>
      <button
        type="button"
        class="sort"
        title={`Sort by ${label.toLowerCase()}`}
        onClick={() => onSort(next)}
      >
        {label}
        <span aria-hidden="true">
          {state === undefined ? '' : state === 'descending' ? ' ▾' : ' ▴'}
        </span>
      </button>
    </th>
  )
}

/** The menu in which columns are chosen. */
export function ColumnChoice<Row>({
  list,
  columns,
}: {
  readonly list: string
  readonly columns: readonly Column<Row>[]
}): JSX.Element {
  const { columns: all } = usePreferences()
  const shown = useColumns(list, columns)
    .filter((c) => c.isMain !== true)
    .map((c) => c.key)
  const choose = (keys: readonly string[] | undefined): void => {
    const { [list]: _, ...others } = all
    setPreferences({ columns: keys === undefined ? others : { ...others, [list]: keys } })
  }
  return (
    <details class="menu">
      <summary class="button">Columns</summary>
      <div class="popup">
        {columns
          .filter((c) => c.isMain !== true)
          .map(({ key, label }) => (
            <label class="check" key={key}>
              <input
                type="checkbox"
                checked={shown.includes(key)}
                onChange={(event) =>
                  choose(
                    event.currentTarget.checked
                      ? [...shown, key]
                      : shown.filter((other) => other !== key),
                  )
                }
              />
              {label}
            </label>
          ))}
        <button type="button" class="link" onClick={() => choose(undefined)}>
          Back to the usual ones
        </button>
      </div>
    </details>
  )
}
