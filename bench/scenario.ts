// What a scenario is, what it may use, and how measurements become rows of a table.

import { join } from 'node:path'
import { writeBodies } from './load/bodies.ts'
import { OUT_DIRECTORY } from './load/build.ts'
import type { Layout, LoadShape, Measurement } from './measure.ts'
import type { ResultTable, ScenarioResult } from './results.ts'
import type { BodyForm } from './traffic/generate.ts'

export interface Options {
  readonly seconds: number
  readonly warmUpSpans: number
  readonly rounds: number
  readonly minutes: number
  /** Spans a second of open loops. */
  readonly rate: number
  readonly connections: number
  readonly spansPerRequest: number
  readonly requests: number
  /** Stored, for the queries scenario. */
  readonly events: number
  readonly layout: Layout
  readonly form: BodyForm
  /** Names of subjects, instead of those the scenario would take. */
  readonly subjects: readonly string[]
}

export interface Context {
  readonly options: Options
  /** Directory with bodies of this form, made on first use. */
  readonly bodies: (form: BodyForm) => string
  /** Progress for the terminal. */
  readonly say: (text: string) => void
}

export interface Scenario {
  readonly name: string
  readonly title: string
  run(context: Context): Promise<ScenarioResult>
}

export const OPEN_CONNECTIONS = 64
const WARM_UP_SECONDS_MAX = 30

export function makeContext(options: Options): Context {
  const made = new Map<BodyForm, string>()
  return {
    options,
    say: (text) => process.stderr.write(`bench: ${text}\n`),
    bodies: (form) => {
      const directory =
        made.get(form) ??
        writeBodies(join(OUT_DIRECTORY, 'bodies'), form, {
          seed: 1,
          requests: options.requests,
          spansPerRequest: options.spansPerRequest,
          // Stores may refuse or expire what is old; the bytes differ from day to day only in times.
          baseTimeMs: Date.now() - options.requests * 1000,
        })
      made.set(form, directory)
      return directory
    },
  }
}

/** As fast as answers come. Gzip bodies for 50,000 spans a second are made before. */
export function closedLoop({ options, bodies }: Context, gzip: boolean): LoadShape {
  return {
    form: options.form,
    directory: bodies(options.form),
    seconds: options.seconds,
    connections: options.connections,
    gzip,
    retry: true,
    gzipPool: Math.ceil((options.seconds * 50_000) / options.spansPerRequest),
  }
}

/** Plain and gzip, turned about every other round: what is measured later is compiled better. */
export function encodings(round: number): readonly boolean[] {
  return round % 2 === 1 ? [false, true] : [true, false]
}

export function openLoop({ options, bodies }: Context, gzip: boolean): LoadShape {
  return {
    form: options.form,
    directory: bodies(options.form),
    seconds: options.seconds,
    connections: OPEN_CONNECTIONS,
    rate: options.rate,
    gzip,
    retry: true,
  }
}

/** By spans and not by time: what a compiler needs to see does not depend on how busy the machine is. */
export function warmUp(context: Context): LoadShape {
  const { warmUpSpans, spansPerRequest } = context.options
  const requests = Math.ceil(warmUpSpans / spansPerRequest)
  return { ...closedLoop(context, false), requests, seconds: WARM_UP_SECONDS_MAX }
}

// biome-ignore format: one line
export const MEASUREMENT_COLUMNS = [
  'subject', 'loop', 'body', 'n', 'CPU µs/span', 'accepted spans/s', 'sustained spans/s', 'p50 ms', 'p95 ms', 'p99 ms', 'RSS MB', 'drain s', 'others CPUs', 'not 200', 'lost',
]

/** One row: medians over rounds, CPU and rates with minimum and maximum. */
export function measurementRow(all: readonly Measurement[]): string[] {
  const first = all[0]
  if (first === undefined) throw new Error('a row needs a measurement')
  const over = (of: (m: Measurement) => number): number[] => all.map(of)
  const failures = all.reduce(
    (n, m) => n + m.load.requests - (m.load.status['200'] ?? 0) + errorsOf(m),
    0,
  )
  return [
    first.subject,
    first.load.mode,
    first.load.gzip ? 'gzip' : 'plain',
    String(all.length),
    spread(
      over((m) => m.cpuUsPerSpan),
      1,
    ),
    spread(
      over((m) => m.load.spansPerS),
      0,
    ),
    spread(
      over((m) => m.sustainedSpansPerS),
      0,
    ),
    median(over((m) => m.load.latencyMs.p50)).toFixed(1),
    median(over((m) => m.load.latencyMs.p95)).toFixed(1),
    median(over((m) => m.load.latencyMs.p99)).toFixed(1),
    Math.max(...over((m) => m.rssPeakBytes / 1e6)).toFixed(0),
    median(over((m) => m.drainSeconds)).toFixed(1),
    median(over((m) => m.othersCpus)).toFixed(2),
    String(failures),
    String(all.reduce((sum, m) => sum + m.lost, 0)),
  ]
}

/** Rows by subject, loop and body, in order of first appearance. */
export function measurementTable(title: string, all: readonly Measurement[]): ResultTable {
  const groups = Map.groupBy(all, (m) => `${m.subject} ${m.load.mode} ${m.load.gzip}`)
  const rows = [...groups.values()].map(measurementRow)
  return { title, columns: MEASUREMENT_COLUMNS, rows }
}

/** Where the workers' time goes, closed loops only; null when no subject tells. */
export function stageTable(all: readonly Measurement[]): ResultTable | null {
  const closed = all.filter((m) => m.load.mode === 'closed')
  const groups = Map.groupBy(closed, (m) => `${m.subject}, ${m.load.gzip ? 'gzip' : 'plain'}`)
  const stages = new Set(closed.flatMap((m) => Object.keys(m.stageUsPerSpan)))
  if (stages.size === 0) return null
  const rows = [...stages].map((stage) => [
    stage,
    ...[...groups.values()].map((group) =>
      spread(
        group.map((m) => m.stageUsPerSpan[stage] ?? Number.NaN),
        1,
      ),
    ),
  ])
  return { title: 'Stages in the worker, µs a span', columns: ['stage', ...groups.keys()], rows }
}

/** Above this, figures of throughput and latency say more about the neighbours. */
const QUIET_CPUS = 0.15

/** Says so when the machine was not ours; belongs above the figures it spoils. */
export function noiseNotes(all: readonly Measurement[]): string[] {
  const others = median(all.map((m) => m.othersCpus))
  if (others <= QUIET_CPUS) return []
  return [
    `**Noisy run: other processes used ${others.toFixed(2)} CPUs.** Rates and latencies are not to be quoted; ratios and CPU a span suffer less.`,
  ]
}

/** What goes into results.json of a measurement: the memory series only where it is the point. */
export function withoutSeries(all: readonly Measurement[]): unknown[] {
  return all.map(({ memory: _memory, ...rest }) => rest)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** `median (minimum–maximum)`, or the value alone. */
export function spread(values: readonly number[], digits: number): string {
  const text = (value: number): string =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  if (values.length === 1) return text(values[0] ?? Number.NaN)
  return `${text(median(values))} (${text(Math.min(...values))}–${text(Math.max(...values))})`
}

export function sayMeasurement(context: Context, m: Measurement): void {
  const { load } = m
  context.say(
    `${m.subject} ${load.mode} ${load.gzip ? 'gzip' : 'plain'}: ${m.cpuUsPerSpan.toFixed(1)} µs/span CPU, ` +
      `${load.spansPerS.toFixed(0)} spans/s accepted, ${m.sustainedSpansPerS.toFixed(0)} sustained, ` +
      `p99 ${load.latencyMs.p99.toFixed(1)} ms, others ${m.othersCpus.toFixed(2)} CPUs`,
  )
}

function errorsOf(m: Measurement): number {
  return Object.values(m.load.errors).reduce((a, b) => a + b, 0)
}
