// Draws time series on a canvas with uPlot. The values are also available as a table, for users of screen readers or keyboards. Dragging
// over the chart selects a time range.

import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { setParams } from '../../state/location.ts'
import { usePreferences } from '../../state/preferences.ts'
import { NONE, time } from '../format.ts'
import { ValuesOf } from './values-of.tsx'

export interface Series {
  readonly label: string
  /** The name of a theme colour, such as `--chart-1`. */
  readonly color: string
  readonly values: readonly (number | null)[]
  readonly isFilled?: boolean
  readonly isDashed?: boolean
  /** Marks each value, for series with gaps between most of them. */
  readonly hasPoints?: boolean
}

export interface ChartProps {
  readonly title: string
  /** The times in ms since the epoch, in ascending order. */
  readonly at: readonly number[]
  readonly series: readonly Series[]
  readonly format: (value: number) => string
  readonly height?: number
  readonly kind?: 'line' | 'bars'
}

const ROWS_MAX = 200

export function Chart(props: ChartProps): JSX.Element {
  const { title, at, series, format, height = 168, kind = 'line' } = props
  const place = useRef<HTMLDivElement>(null)
  const { theme, zone } = usePreferences()
  useEffect(() => {
    const host = place.current
    if (host === null) return
    const chart = new uPlot(optionsOf(props, host, height, kind), dataOf(at, series, kind), host)
    const resized = new ResizeObserver(() => {
      if (host.clientWidth > 0) chart.setSize({ width: host.clientWidth, height })
    })
    resized.observe(host)
    const media = window.matchMedia('(prefers-color-scheme: dark)')
    const redraw = (): void => chart.redraw(false)
    media.addEventListener('change', redraw)
    return () => {
      resized.disconnect()
      media.removeEventListener('change', redraw)
      chart.destroy()
    }
  }, [at, series, theme, zone, height, kind])
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        <span class="legend">
          {series.map((s, i) => (
            <span key={s.label}>
              <i
                class={`swatch ${s.color.slice(2)}${i > 0 && s.isDashed === true ? ' dashed' : ''}`}
              />
              {s.label}
            </span>
          ))}
        </span>
      </figcaption>
      <div
        class="chart-canvas"
        ref={place}
        role="img"
        aria-label={summaryOf(title, series, format)}
      />
      <ValuesTable {...props} />
    </figure>
  )
}

function summaryOf(
  title: string,
  series: readonly Series[],
  format: (n: number) => string,
): string {
  const parts = series.map((s) => {
    const known = s.values.filter((v) => v !== null)
    if (known.length === 0) return `${s.label}: no values`
    return `${s.label}: from ${format(Math.min(...known))} to ${format(Math.max(...known))}`
  })
  return `${title}. ${parts.join('; ')}.`
}

function ValuesTable({ title, at, series, format }: ChartProps): JSX.Element {
  return (
    <ValuesOf title={title}>
      <thead>
        <tr>
          <th scope="col">Time</th>
          {series.map((s) => (
            <th scope="col" class="number" key={s.label}>
              {s.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {at.slice(-ROWS_MAX).map((ms, i) => {
          const index = Math.max(0, at.length - ROWS_MAX) + i
          return (
            <tr key={ms}>
              <th scope="row">{time(ms)}</th>
              {series.map((s) => (
                <td class="number" key={s.label}>
                  {s.values[index] == null ? NONE : format(s.values[index])}
                </td>
              ))}
            </tr>
          )
        })}
      </tbody>
    </ValuesOf>
  )
}

/** Bars of height zero are omitted, because uPlot would draw them as a line. */
const dataOf = (
  at: readonly number[],
  series: readonly Series[],
  kind: 'line' | 'bars',
): uPlot.AlignedData => [
  at.map((ms) => ms / 1000),
  ...series.map((s) => s.values.map((v) => (kind === 'bars' && v === 0 ? null : v))),
]

/** Returns the present value of a theme colour, because a canvas cannot use CSS variables. */
function colorOf(host: HTMLElement, name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  host.append(probe)
  const color = getComputedStyle(probe).color
  probe.remove()
  return color
}

function withAlpha(color: string, alpha: number): string {
  const [r, g, b] = color.match(/[\d.]+/g) ?? ['0', '0', '0']
  return `rgba(${r}, ${g}, ${b}, ${alpha})`
}

function optionsOf(
  { series, format, at }: ChartProps,
  host: HTMLElement,
  height: number,
  kind: 'line' | 'bars',
): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.72, 48], gap: 1 })
  return {
    width: Math.max(host.clientWidth, 120),
    height,
    legend: { show: true, live: true },
    padding: [10, 20, 0, 0],
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    tzDate: (s) => (usesUtc() ? uPlot.tzDate(new Date(s * 1000), 'UTC') : new Date(s * 1000)),
    scales: {
      x: { time: true, range: (_, low, high) => padded(low, high, at, kind) },
      y: { range: (_, low, high) => [Math.min(0, low), high <= 0 ? 1 : high * 1.08] },
    },
    axes: axesOf(host, format),
    series: [
      { value: (_, s) => (s === null ? '' : time(s * 1000)) },
      ...series.map((s): uPlot.Series => {
        const color = (): string => colorOf(host, s.color)
        return {
          label: s.label,
          stroke: color,
          width: 1.6,
          ...(s.isDashed === true ? { dash: [5, 4] } : {}),
          ...(s.isFilled === true || kind === 'bars'
            ? { fill: () => withAlpha(color(), kind === 'bars' ? 0.75 : 0.14) }
            : {}),
          ...(kind === 'bars' && bars !== undefined ? { paths: bars } : {}),
          points: { show: s.hasPoints === true || (kind === 'line' && at.length < 3), size: 6 },
          value: (_, v) => (v === null ? NONE : format(v)),
        }
      }),
    ],
    hooks: { setSelect: [chooseTime] },
  }
}

const usesUtc = (): boolean => document.documentElement.dataset['zone'] === 'utc'

function axesOf(host: HTMLElement, format: (value: number) => string): uPlot.Axis[] {
  const font = '11px system-ui, sans-serif'
  const shared = {
    stroke: () => colorOf(host, '--text-muted'),
    grid: { stroke: () => colorOf(host, '--line'), width: 1 },
    ticks: { show: false },
    font,
  }
  return [
    {
      ...shared,
      grid: { show: false },
      size: 26,
      space: 84,
      values: (chart, ticks) => timeLabels(chart, ticks),
    },
    { ...shared, size: 62, space: 34, values: (_, ticks) => ticks.map((v) => format(v)) },
  ]
}

/** Adds half a bar at each end, so that no bar is cut off. */
function padded(
  low: number,
  high: number,
  at: readonly number[],
  kind: 'line' | 'bars',
): [number, number] {
  const step = at.length > 1 ? ((at[1] ?? 0) - (at[0] ?? 0)) / 1000 : 3600
  const pad = kind === 'bars' || at.length < 2 ? step / 2 : 0
  return [low - pad, high + pad]
}

const DAY_S = 86_400

/** Formats a time on the axis in one line: the time of day for ranges of up to two and a half days, otherwise the date. */
function timeLabels(chart: uPlot, ticks: readonly number[]): string[] {
  const { min = 0, max = 0 } = chart.scales['x'] ?? {}
  const isLong = (max ?? 0) - (min ?? 0) > 2.5 * DAY_S
  const format = new Intl.DateTimeFormat('en-GB', {
    ...(isLong ? { month: 'short', day: '2-digit' } : { hour: '2-digit', minute: '2-digit' }),
    timeZone: usesUtc() ? 'UTC' : undefined,
  })
  return ticks.map((s) => format.format(new Date(s * 1000)))
}

const SELECTED_PX_MIN = 8

function chooseTime(chart: uPlot): void {
  if (chart.select.width < SELECTED_PX_MIN) return
  const from = chart.posToVal(chart.select.left, 'x')
  const to = chart.posToVal(chart.select.left + chart.select.width, 'x')
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  const iso = (s: number): string => new Date(Math.round(s * 1000)).toISOString()
  setParams({ range: null, from: iso(from), to: iso(to) })
}

/** A small line chart without axes, which is shown next to the number that it illustrates. */
export function Sparkline({
  values,
  color = '--chart-1',
}: {
  readonly values: readonly number[]
  readonly color?: string
}): JSX.Element | null {
  if (values.length < 2) return null
  const high = Math.max(...values, 0)
  const step = 100 / (values.length - 1)
  const y = (v: number): string => (high === 0 ? 23 : 23 - (22 * v) / high).toFixed(1)
  const line = values
    .map((v, i) => `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${y(v)}`)
    .join('')
  return (
    <svg
      class={`sparkline ${color.slice(2)}`}
      viewBox="0 0 100 24"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="area" d={`${line}L100 24L0 24Z`} />
      <path class="line" d={line} />
    </svg>
  )
}
