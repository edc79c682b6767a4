// Scores over time: the mean of each name that checks, judges, SDKs and people gave.

import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { AnswerOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { Chart } from '../../parts/charts/chart.tsx'
import { oneLine } from '../../parts/format.ts'
import { useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'

type Series = AnswerOf<'GET /api/v1/analytics/scores'>

const EVERY_MS = 60_000
const COLORS = ['--chart-1', '--chart-2', '--chart-3', '--chart-4', '--chart-5'] as const

/** Draws nothing where nobody gave a score that is a number. */
export function Scores(): JSX.Element | null {
  const { query } = useLocation()
  const range = useTimeRange()
  const answer = useApi<Series>('/api/v1/analytics/scores', () => range.bounds(), {
    key: [range.key, query.get('project')],
    everyMs: range.isRelative && EVERY_MS,
  })
  const drawn = useMemo(
    () => (answer.data === undefined ? null : seriesOf(answer.data)),
    [answer.data],
  )
  if (drawn === null || drawn.series.length === 0) return null
  return (
    <Chart
      title="Scores, mean"
      at={drawn.at}
      series={drawn.series}
      format={(value) => String(Math.round(value * 100) / 100)}
    />
  )
}

function seriesOf(answer: Series) {
  const stepMs = answer.bucket_s * 1000
  const first = Math.floor(Date.parse(answer.from) / stepMs) * stepMs
  const steps = Math.ceil((Date.parse(answer.to) - first) / stepMs)
  const at = Array.from({ length: steps }, (_, i) => first + i * stepMs)
  const named = Map.groupBy(
    answer.data.filter((point) => point.mean !== null),
    (point) => `${point.name} · ${point.source}`,
  )
  const series = [...named].slice(0, COLORS.length).map(([name, points], i) => {
    const means = new Map(points.map((point) => [Date.parse(point.at), point.mean]))
    return {
      label: oneLine(name, 40),
      color: COLORS[i] ?? '--chart-1',
      values: at.map((ms) => means.get(ms) ?? null),
      hasPoints: true,
    }
  })
  return { at, series }
}
