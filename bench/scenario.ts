// Defines scenarios, the options and tools that they get, and the conversion of measurements to rows of a table.

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
  /** Spans a second in open loops. */
  readonly rate: number
  readonly connections: number
  readonly spansPerRequest: number
  readonly requests: number
  /** Number of stored events, for the scenarios `queries`, `api` and `console`. */
  readonly events: number
  readonly layout: Layout
  /** Seed of traffic that no code was developed against. */
  readonly seed: number
  readonly form: BodyForm
  /** Names of subjects to measure instead of the scenario's default ones. */
  readonly subjects: readonly string[]
}

export interface Context {
  readonly options: Options
  /** Directory with bodies of this form. They are generated on first use. */
  readonly bodies: (form: BodyForm) => string
  /** Prints progress to the terminal. */
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
          // Times are recent, because stores may refuse or expire old data. From day to day the bytes differ only in these
          // times.
          baseTimeMs: Date.now() - options.requests * 1000,
        })
      made.set(form, directory)
      return directory
    },
  }
}

/**
 * A closed loop: the next request is sent as soon as the last one is answered. Enough gzip bodies for 50,000 spans a second
 * are prepared.
 */
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

/** Uncompressed and gzip, in reverse order every other round, because code that is measured later is better optimised. */
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

/** The warm-up is counted in spans rather than in time, so that the code is equally well optimised on a busy machine. */
export function warmUp(context: Context): LoadShape {
  const { warmUpSpans, spansPerRequest } = context.options
  const requests = Math.ceil(warmUpSpans / spansPerRequest)
  return { ...closedLoop(context, false), requests, seconds: WARM_UP_SECONDS_MAX }
}

// biome-ignore format: one line
export const MEASUREMENT_COLUMNS = [
  'subject', 'loop', 'body', 'n', 'CPU µs/span', 'accepted spans/s', 'sustained spans/s', 'p50 ms', 'p95 ms', 'p99 ms', 'RSS MB', 'drain s', 'others CPUs', 'not 200', 'lost',
]

/** One row with medians over rounds; CPU and rates also with minimum and maximum. */
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

/** One row for each subject, loop and body, in the order of first appearance. */
export function measurementTable(title: string, all: readonly Measurement[]): ResultTable {
  const groups = Map.groupBy(all, (m) => `${m.subject} ${m.load.mode} ${m.load.gzip}`)
  const rows = [...groups.values()].map(measurementRow)
  return { title, columns: MEASUREMENT_COLUMNS, rows }
}

/** Table of the time in each stage of the workers, from closed loops only; null when no subject reports stages. */
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

/** When other processes use more CPUs than this, throughput and latency are unreliable. */
const QUIET_CPUS = 0.15

/** A note to print above the figures when other processes used the machine. */
export function noiseNotes(all: readonly Measurement[]): string[] {
  const others = median(all.map((m) => m.othersCpus))
  if (others <= QUIET_CPUS) return []
  return [
    `**Noisy run: other processes used ${others.toFixed(2)} CPUs.** Rates and latencies are not to be quoted; ratios and CPU a span suffer less.`,
  ]
}

/** A measurement for results.json without its memory samples, which only the memory scenario needs. */
export function withoutSeries(all: readonly Measurement[]): unknown[] {
  return all.map(({ memory: _memory, ...rest }) => rest)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** `median (minimum–maximum)`, or the value alone when there is only one. */
export function spread(values: readonly number[], digits: number): string {
  const text = (value: number): string =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  if (values.length === 1) return text(values[0] ?? Number.NaN)
  return `${text(median(values))} (${text(Math.min(...values))}–${text(Math.max(...values))})`
}

export function sayMeasurement(context: Context, measurement: Measurement): void {
  const { load } = measurement
  context.say(
    `${measurement.subject} ${load.mode} ${load.gzip ? 'gzip' : 'plain'}: ${measurement.cpuUsPerSpan.toFixed(1)} µs/span CPU, ` +
      `${load.spansPerS.toFixed(0)} spans/s accepted, ${measurement.sustainedSpansPerS.toFixed(0)} sustained, ` +
      `p99 ${load.latencyMs.p99.toFixed(1)} ms, others ${measurement.othersCpus.toFixed(2)} CPUs`,
  )
}

function errorsOf(measurement: Measurement): number {
  return Object.values(measurement.load.errors).reduce((a, b) => a + b, 0)
}
