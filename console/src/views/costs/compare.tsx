// Compares two periods or two filters: the same figures side by side, what changed, and which models or routes changed most. Everything
// that is chosen is in the address.

import type { JSX } from 'preact'
import type { AnswerOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import {
  change,
  count,
  duration,
  exact,
  money,
  NONE,
  oneLine,
  percent,
} from '../../parts/format.ts'
import { Answered } from '../../parts/states.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import { type TimeRange, useTimeRange } from '../../state/time-range.ts'
import { type FilterField, Filters } from '../traces/filters.tsx'
import { DIMENSIONS } from './dimensions.ts'
import { previousOf } from './previous-range.ts'

type Comparison = AnswerOf<'GET /api/v1/analytics/compare'>
type Figures = Comparison['current']

const SIDES = [
  ['', 'These'],
  ['base_', 'Compared with'],
] as const
const FILTERED = ['model', 'route', 'service', 'environment'] as const

const fieldsOf = (prefix: string): readonly FilterField[] =>
  FILTERED.map((name) => ({
    name: `${prefix === '' ? 'now_' : prefix}${name}`,
    label: name,
    type: 'text',
    placeholder: name,
    isMain: true,
  }))

const DAY_MS = 86_400_000
const PERIODS = [
  ['before', 'the time before'],
  ['day', 'a day earlier'],
  ['week', 'a week earlier'],
  ['same', 'the same time'],
] as const

export function Compare(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const by = DIMENSIONS.find((d) => d === query.get('by')) ?? 'model'
  const period = PERIODS.find(([key]) => key === query.get('base'))?.[0] ?? 'before'
  const filters: Record<string, string | null> = {}
  for (const name of FILTERED) {
    filters[name] = query.get(`now_${name}`)
    filters[`base_${name}`] = query.get(`base_${name}`)
  }
  const answer = useApi<Comparison>(
    '/api/v1/analytics/compare',
    () => ({ ...range.bounds(), ...baseOf(range, period), ...filters, by, limit: 50 }),
    { key: [range.key, period, by, filters, query.get('project')] },
  )
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Compare</h2>
        <label class="field inline-field">
          <span>with</span>
          <select
            value={period}
            onChange={(event) => setParams({ base: event.currentTarget.value })}
          >
            {PERIODS.map(([key, label]) => (
              <option value={key} key={key}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      {SIDES.map(([prefix, label]) => (
        <div key={label} class="compare-side" role="group" aria-label={label}>
          <span class="muted">{label}</span>
          <Filters fields={fieldsOf(prefix)} />
        </div>
      ))}
      <Answered of={answer}>
        {(comparison) => (
          <>
            <FiguresTable now={comparison.current} base={comparison.base} />
            <GroupsTable comparison={comparison} by={by} />
          </>
        )}
      </Answered>
    </section>
  )
}

function baseOf(range: TimeRange, period: (typeof PERIODS)[number][0]) {
  const bounds = range.bounds()
  if (period === 'before') {
    const { from, to } = previousOf(bounds)
    return { base_from: from, base_to: to }
  }
  const byMs = period === 'same' ? 0 : period === 'day' ? DAY_MS : 7 * DAY_MS
  const earlier = (at: string): string => new Date(Math.max(0, Date.parse(at) - byMs)).toISOString()
  return { base_from: earlier(bounds.from), base_to: earlier(bounds.to) }
}

const ROWS: readonly (readonly [
  label: string,
  value: (figures: Figures) => number | null,
  format: (value: number | null) => string,
])[] = [
  ['Cost', (f) => f.cost_usd, money],
  ['Calls', (f) => f.calls, count],
  ['Cost of a call', (f) => (f.calls === 0 ? null : f.cost_usd / f.calls), money],
  ['Input tokens', (f) => f.input_tokens, count],
  ['Output tokens', (f) => f.output_tokens, count],
  ['Failed calls', (f) => f.call_errors, count],
  ['p50', (f) => f.p50_ms, duration],
  ['p95', (f) => f.p95_ms, duration],
  ['Without a price', (f) => f.unpriced, count],
]

function FiguresTable({
  now,
  base,
}: {
  readonly now: Figures
  readonly base: Figures
}): JSX.Element {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Figures compared">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Figure</th>
            {['These', 'Compared with', 'Change'].map((label) => (
              <th scope="col" class="number" key={label}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([label, value, format]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td class="number">{format(value(now))}</td>
              <td class="number">{format(value(base))}</td>
              <td class="number">{changeText(value(now), value(base))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function changeText(now: number | null, base: number | null): string {
  const ratio = change(now, base)
  if (ratio === null) return now !== null && now > 0 && base === 0 ? 'new' : NONE
  if (Math.abs(ratio) < 0.005) return 'as before'
  return `${ratio > 0 ? '+' : '−'}${exact(Math.round(Math.abs(ratio) * 100))} %`
}

function GroupsTable({
  comparison,
  by,
}: {
  readonly comparison: Comparison
  readonly by: string
}): JSX.Element {
  const rows = comparison.data
    .filter((row) => row.current.calls > 0)
    .map((row) => ({ ...row, difference: row.current.cost_usd - (row.base?.cost_usd ?? 0) }))
    .toSorted((a, b) => Math.abs(b.difference) - Math.abs(a.difference))
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label={`Compared by ${by}`}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{by}</th>
            {['Cost', 'Compared with', 'Difference', 'Calls', 'Compared with', 'Failed'].map(
              (label, i) => (
                <th scope="col" class="number" key={`${label} ${i}`}>
                  {label}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.by[by] ?? ''}>
              <th scope="row" class="main-cell" title={row.by[by] ?? ''}>
                {oneLine(row.by[by] ?? 'none', 48)}
              </th>
              <td class="number">{money(row.current.cost_usd)}</td>
              <td class="number">{row.base === null ? 'new' : money(row.base.cost_usd)}</td>
              <td class="number">
                {row.difference > 0 ? '+' : row.difference < 0 ? '−' : ''}
                {money(Math.abs(row.difference))}
              </td>
              <td class="number">{count(row.current.calls)}</td>
              <td class="number">{row.base === null ? NONE : count(row.base.calls)}</td>
              <td class="number">{percent(row.current.call_errors, row.current.calls)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
