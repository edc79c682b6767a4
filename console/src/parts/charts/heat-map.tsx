// The heat map of latency: the horizontal axis is time, the vertical axis is the duration in powers of two, and the colour is the number of
// traces. Every cell is a link to its traces. Arrow keys move between cells, and a table below has the same values.

import type { JSX } from 'preact'
import { useMemo, useRef, useState } from 'preact/hooks'
import type { AnswerOf } from '../../api/operations.ts'
import { Link } from '../basics.tsx'
import { duration, exact, many, time } from '../format.ts'
import { ValuesOf } from './values-of.tsx'

export type Heatmap = AnswerOf<'GET /api/v1/analytics/heatmap'>
type Cell = Heatmap['data'][number]

/** Returns the filters of the list of traces for a cell. Both limits are inclusive, so the longest duration is a microsecond less. */
const paramsOf = (cell: Cell, stepS: number) => ({
  range: null,
  from: cell.at,
  to: new Date(Date.parse(cell.at) + stepS * 1000).toISOString(),
  min_duration_ms: cell.min_duration_ms === 0 ? null : cell.min_duration_ms,
  max_duration_ms: cell.max_duration_ms - 0.001,
})

const spanOf = (cell: Cell): string =>
  `${duration(cell.min_duration_ms)} to ${duration(cell.max_duration_ms)}`

const saidOf = (cell: Cell): string =>
  `${time(cell.at)}, ${spanOf(cell)}: ${many(cell.traces, 'trace')}${cell.errors === 0 ? '' : `, ${exact(cell.errors)} with errors`}`

export function HeatMap({
  map,
  title,
}: {
  readonly map: Heatmap
  readonly title: string
}): JSX.Element {
  const drawn = useMemo(() => placed(map), [map])
  return (
    <figure class="chart heat">
      <figcaption>
        <span>{title}</span>
        <span class="legend">
          fewer <i class="heat-scale" /> more
        </span>
      </figcaption>
      {drawn.cells.length === 0 ? (
        <p class="muted">No trace in this time.</p>
      ) : (
        <>
          <Grid drawn={drawn} stepS={map.step_s} />
          {map.is_cut && map.counted_from !== null ? (
            <p class="muted">
              The newest {exact(map.traces)} traces, since {time(map.counted_from)}.
            </p>
          ) : null}
          <Values map={map} title={title} />
        </>
      )}
    </figure>
  )
}

interface Placed {
  readonly cell: Cell
  /** The grid column. CSS counts columns from 1. */
  readonly column: number
  readonly row: number
  readonly heat: number
}

interface Drawn {
  readonly cells: readonly Placed[]
  readonly columns: number
  /** The lower limits of the rows, with the longest duration first. */
  readonly rows: readonly number[]
  readonly times: readonly string[]
}

const powerOf = (cell: Cell): number => Math.round(Math.log2(cell.max_duration_ms))
const HEAT_MIN = 0.16

function placed(map: Heatmap): Drawn {
  const stepMs = map.step_s * 1000
  const first = Math.floor(Date.parse(map.from) / stepMs)
  const columns = Math.max(1, Math.ceil(Date.parse(map.to) / stepMs) - first)
  const powers = map.data.map(powerOf)
  const high = Math.max(...powers)
  const low = Math.min(...powers)
  const most = Math.log1p(Math.max(0, ...map.data.map((cell) => cell.traces)))
  const cells = map.data.map((cell) => ({
    cell,
    column: Math.round(Date.parse(cell.at) / stepMs) - first + 1,
    row: high - powerOf(cell) + 1,
    heat: HEAT_MIN + (1 - HEAT_MIN) * (most === 0 ? 1 : Math.log1p(cell.traces) / most),
  }))
  const rows = cells.length === 0 ? [] : Array.from({ length: high - low + 1 }, (_, i) => high - i)
  return {
    cells,
    columns,
    rows: rows.map((power) => (power <= 1 ? 0 : 2 ** (power - 1))),
    times: [
      map.from,
      new Date((Date.parse(map.from) + Date.parse(map.to)) / 2).toISOString(),
      map.to,
    ],
  }
}

function Grid({ drawn, stepS }: { readonly drawn: Drawn; readonly stepS: number }): JSX.Element {
  const [at, setAt] = useState(0)
  const group = useRef<HTMLDivElement>(null)
  const move = (event: KeyboardEvent): void => {
    const to = neighbour(drawn.cells, Math.min(at, drawn.cells.length - 1), event.key)
    if (to === null) return
    event.preventDefault()
    event.stopPropagation()
    setAt(to)
    group.current?.querySelectorAll('a')[to]?.focus()
  }
  return (
    <div class="heat-body">
      <div class="heat-rows" aria-hidden="true">
        {drawn.rows.map((ms) => (
          <span key={ms}>{duration(ms)}</span>
        ))}
      </div>
      <div
        class="heat-grid"
        ref={group}
        role="group"
        aria-label="Traces by time and duration; arrow keys move"
        style={{
          gridTemplateColumns: `repeat(${drawn.columns}, minmax(0, 1fr))`,
          gridTemplateRows: `repeat(${drawn.rows.length}, 1fr)`,
        }}
        onKeyDown={move}
      >
        {drawn.cells.map(({ cell, column, row, heat }, i) => (
          <span
            key={`${column} ${row}`}
            class="heat-cell"
            style={{ gridColumn: column, gridRow: row, '--heat': `${Math.round(heat * 100)}%` }}
          >
            <Link
              to="/traces"
              params={paramsOf(cell, stepS)}
              class={cell.errors > 0 ? 'has-errors' : ''}
              title={saidOf(cell)}
              label={saidOf(cell)}
              tabIndex={i === Math.min(at, drawn.cells.length - 1) ? 0 : -1}
            >
              {''}
            </Link>
          </span>
        ))}
      </div>
      <div class="heat-times" aria-hidden="true">
        {drawn.times.map((of) => (
          <span key={of}>{time(of)}</span>
        ))}
      </div>
    </div>
  )
}

const WAYS: Readonly<Record<string, readonly [across: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** Finds the nearest cell in the direction of an arrow key. */
function neighbour(cells: readonly Placed[], from: number, key: string): number | null {
  const way = WAYS[key]
  const here = cells[from]
  if (way === undefined || here === undefined) return null
  const [across, down] = way
  let best: number | null = null
  let least = Number.POSITIVE_INFINITY
  for (const [i, { column, row }] of cells.entries()) {
    const ahead = (column - here.column) * across + (row - here.row) * down
    const aside = Math.abs((column - here.column) * down) + Math.abs((row - here.row) * across)
    const far = ahead + 3 * aside
    if (ahead <= 0 || far >= least) continue
    best = i
    least = far
  }
  return best
}

const ROWS_MAX = 500

function Values({ map, title }: { readonly map: Heatmap; readonly title: string }): JSX.Element {
  return (
    <ValuesOf title={title}>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Duration</th>
          <th scope="col" class="number">
            Traces
          </th>
          <th scope="col" class="number">
            With errors
          </th>
        </tr>
      </thead>
      <tbody>
        {map.data.slice(-ROWS_MAX).map((cell) => (
          <tr key={`${cell.at} ${cell.min_duration_ms}`}>
            <th scope="row">{time(cell.at)}</th>
            <td>
              <Link to="/traces" params={paramsOf(cell, map.step_s)}>
                {spanOf(cell)}
              </Link>
            </td>
            <td class="number">{exact(cell.traces)}</td>
            <td class="number">{exact(cell.errors)}</td>
          </tr>
        ))}
      </tbody>
    </ValuesOf>
  )
}
