// Measures how the cost of a span depends on the requests: format, encoding, spans per request, bytes per span, cold and warm. Each figure
// is also given as a ratio to a Collector that drops everything, within a round. The seed is random in each run, so that no code was
// developed against the traffic.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { writeBodies } from '../load/bodies.ts'
import { OUT_DIRECTORY } from '../load/build.ts'
import { type LoadShape, type Measurement, openBench } from '../measure.ts'
import type { ResultTable, ScenarioResult } from '../results.ts'
import {
  type Context,
  median,
  noiseNotes,
  type Scenario,
  sayMeasurement,
  spread,
  withoutSeries,
} from '../scenario.ts'
import type { Subject } from '../subject.ts'
import { chooseSubjects } from '../subjects.ts'
import type { BodyForm } from '../traffic/generate.ts'

/** One point of the curve: the form of the requests that the client sends. */
interface Point {
  readonly name: string
  readonly form: BodyForm
  readonly gzip?: boolean
  readonly spans: number
  /** Length of texts, 1 for spans of 2.9 kB. */
  readonly textScale?: number
  /** Measured on an instance that has seen no span before. */
  readonly isCold?: boolean
}

const POINTS: readonly Point[] = [
  { name: 'protobuf', form: 'protobuf', spans: 100 },
  { name: 'protobuf, gzip', form: 'protobuf', spans: 100, gzip: true },
  { name: 'OTLP JSON', form: 'json', spans: 100 },
  { name: 'NDJSON (legacy)', form: 'ndjson', spans: 100 },
  { name: '1 span a request', form: 'protobuf', spans: 1 },
  { name: '10 spans a request', form: 'protobuf', spans: 10 },
  { name: '1,000 spans a request', form: 'protobuf', spans: 1000 },
  { name: 'long texts', form: 'protobuf', spans: 100, textScale: 6 },
  { name: 'very long texts', form: 'protobuf', spans: 10, textScale: 60 },
  { name: 'cold, first 20 s', form: 'protobuf', spans: 100, isCold: true },
]
const COLD_SECONDS = 20
/** The subject that every other one is compared with. */
const BASE = 'collector-nop'
const DEFAULT_SUBJECTS = [
  'observa-clickhouse',
  'observa-postgres',
  BASE,
  'rotel-nop',
  'rotel-clickhouse',
]

/** Bodies of a point must fit into memory, of the client as well. */
const BODIES_BYTES_MAX = 96e6
const SPAN_BYTES = 2900
const SPANS_PER_S_MAX = 50_000

interface Sample {
  readonly point: Point
  readonly measurement: Measurement
}

export const curve: Scenario = {
  name: 'curve',
  title: 'the cost of a span by what is sent',
  async run(context): Promise<ScenarioResult> {
    const { options } = context
    const subjects = chooseSubjects(options.subjects, DEFAULT_SUBJECTS)
    const rounds: Sample[][] = []
    for (let round = 1; round <= options.rounds; round++) {
      context.say(`round ${round} of ${options.rounds}, seed ${options.seed}`)
      // Every other round runs in reverse order, so that no subject always runs after the same other one.
      const order = round % 2 === 1 ? subjects : subjects.toReversed()
      const samples: Sample[] = []
      for (const subject of order) samples.push(...(await measureCurve(context, subject, round)))
      rounds.push(samples)
    }
    const all = rounds.flat()
    const measurements = all.map((s) => s.measurement)
    return {
      notes: [
        ...noiseNotes(measurements),
        ...subjects.map((subject) => `${subject.name}: ${subject.describe}.`),
        `Seed of the traffic: ${options.seed}. Closed loop, ${options.connections} connections, layout ${options.layout}; ${options.rounds} rounds.`,
        `Bytes a span, uncompressed: ${bytesNote(context, all)}.`,
      ],
      tables: [costTable(subjects, all), ratioTable(subjects, rounds), rateTable(subjects, all)],
      data: rounds.map((samples) => withoutSeries(samples.map((s) => s.measurement))),
    }
  },
}

async function measureCurve(context: Context, subject: Subject, round: number): Promise<Sample[]> {
  const points = POINTS.filter((point) => takes(subject, point))
  const samples: Sample[] = []
  const measure = async (list: readonly Point[], warmUp: LoadShape | null): Promise<void> => {
    const bench = await openBench(subject, context.options.layout, warmUp)
    try {
      for (const point of list) {
        const measurement = await bench.measure(shapeOf(context, point))
        context.say(point.name)
        sayMeasurement(context, measurement)
        samples.push({ point, measurement })
      }
    } finally {
      await bench.stop()
    }
  }
  const cold = points.filter((point) => point.isCold === true)
  const warm = points.filter((point) => point.isCold !== true)
  if (cold.length > 0) await measure(cold, null)
  await measure(round % 2 === 1 ? warm : warm.toReversed(), warmUpOf(context))
  return samples
}

/** Legacy events are known to Observa only, and Rotel takes protobuf alone. Only just-in-time compilers differ when cold. */
function takes({ name }: Subject, { form, isCold }: Point): boolean {
  if (name.startsWith('observa')) return true
  return form !== 'ndjson' && isCold !== true && (form === 'protobuf' || !name.startsWith('rotel'))
}

function shapeOf(context: Context, point: Point): LoadShape {
  const { options } = context
  const seconds = point.isCold === true ? COLD_SECONDS : options.seconds
  return {
    form: point.form,
    directory: directoryOf(context, point),
    seconds,
    connections: options.connections,
    gzip: point.gzip === true,
    retry: true,
    gzipPool: Math.ceil((seconds * SPANS_PER_S_MAX) / point.spans),
  }
}

function warmUpOf(context: Context): LoadShape {
  const point = POINTS[0] as Point // the table is not empty
  const requests = Math.ceil(context.options.warmUpSpans / point.spans)
  return { ...shapeOf(context, point), requests, seconds: 30 }
}

const written = new Map<string, string>()

function directoryOf({ options }: Context, { form, spans, textScale }: Point): string {
  const key = `${form} ${spans} ${textScale}`
  const bytes = spans * SPAN_BYTES * (textScale ?? 1)
  const requests = Math.max(8, Math.min(options.requests, Math.floor(BODIES_BYTES_MAX / bytes)))
  const directory =
    written.get(key) ??
    writeBodies(join(OUT_DIRECTORY, 'curve'), form, {
      seed: options.seed,
      requests,
      spansPerRequest: spans,
      baseTimeMs: Date.now() - requests * 1000,
      ...(textScale === undefined ? {} : { textScale }),
    })
  written.set(key, directory)
  return directory
}

function bytesNote(context: Context, all: readonly Sample[]): string {
  return POINTS.filter((point) => point.gzip !== true && all.some((s) => s.point === point))
    .map((point) => {
      const file = join(directoryOf(context, point), '0001.body')
      return `${point.name} ${Math.round(statSync(file).size / point.spans).toLocaleString('en-US')}`
    })
    .join('; ')
}

const of = (samples: readonly Sample[], subject: Subject, point: Point): readonly Measurement[] =>
  samples
    .filter((s) => s.point === point && s.measurement.subject === subject.name)
    .map((s) => s.measurement)

function table(
  title: string,
  subjects: readonly Subject[],
  cell: (subject: Subject, point: Point) => string,
): ResultTable {
  const rows = POINTS.map((point) => [
    point.name,
    ...subjects.map((subject) => cell(subject, point)),
  ])
  return { title, columns: ['sent', ...subjects.map((s) => s.name)], rows }
}

const costTable = (subjects: readonly Subject[], all: readonly Sample[]): ResultTable =>
  table('CPU µs a span, queues drained', subjects, (subject, point) => {
    const measured = of(all, subject, point).map((m) => m.cpuUsPerSpan)
    return measured.length === 0 ? '' : spread(measured, 1)
  })

/** Very long texts have few spans, so a ratio to the Collector at the same point says more than the cost. */
const ratioTable = (
  subjects: readonly Subject[],
  rounds: readonly (readonly Sample[])[],
): ResultTable => {
  const base = subjects.find((subject) => subject.name === BASE)
  const others = subjects.filter((subject) => subject.name !== BASE)
  return table(`CPU a span, as a multiple of ${BASE} within a round`, others, (subject, point) => {
    if (base === undefined) return ''
    const ratios = rounds.flatMap((samples) => {
      // If the Collector does not accept a form, or has no cold start, the comparison uses its cost of warm protobuf.
      const same = of(samples, base, point)[0] ?? of(samples, base, POINTS[0] as Point)[0]
      const ours = of(samples, subject, point)[0]
      return same === undefined || ours === undefined ? [] : [ours.cpuUsPerSpan / same.cpuUsPerSpan]
    })
    return ratios.length === 0 ? '' : spread(ratios, 2)
  })
}

const rateTable = (subjects: readonly Subject[], all: readonly Sample[]): ResultTable =>
  table('Spans a second, load and drain', subjects, (subject, point) => {
    const measured = of(all, subject, point).map((m) => m.sustainedSpansPerS)
    return measured.length === 0 ? '' : Math.round(median(measured)).toLocaleString('en-US')
  })
