// Observa and the OpenTelemetry Collector on the same bodies, in alternating rounds. The speed of a machine drifts, so ratios
// are computed only within a round.

import { type Measurement, openBench } from '../measure.ts'
import type { ResultTable, ScenarioResult } from '../results.ts'
import {
  type Context,
  closedLoop,
  encodings,
  measurementTable,
  noiseNotes,
  type Scenario,
  sayMeasurement,
  spread,
  warmUp,
  withoutSeries,
} from '../scenario.ts'
import { chooseSubjects } from '../subjects.ts'

const DEFAULT_SUBJECTS = [
  'observa-clickhouse',
  'observa-otlp',
  'collector-nop',
  'collector-redact',
  'collector-full',
  'collector-full-gzip',
]

export const peers: Scenario = {
  name: 'peers',
  title: 'side by side with the OpenTelemetry Collector',
  async run(context): Promise<ScenarioResult> {
    const { options } = context
    const subjects = chooseSubjects(options.subjects, DEFAULT_SUBJECTS)
    const rounds: Measurement[][] = []
    for (let round = 1; round <= options.rounds; round++) {
      context.say(`round ${round} of ${options.rounds}`)
      // Every other round runs in reverse order, so that a subject does not always run after the same other one.
      const order = round % 2 === 1 ? subjects : subjects.toReversed()
      const measured: Measurement[] = []
      for (const subject of order)
        measured.push(...(await measureSubject(context, subject, encodings(round))))
      rounds.push(measured)
    }
    const names = subjects.map((subject) => subject.name)
    const all = rounds.flat().sort((a, b) => names.indexOf(a.subject) - names.indexOf(b.subject))
    return {
      notes: [
        ...noiseNotes(all),
        ...subjects.map((subject) => `${subject.name}: ${subject.describe}.`),
        'The Collector keeps what it accepted in memory; Observa answers 200 only after a write to disk.',
        `Closed loop, ${options.connections} connections, ${options.spansPerRequest} spans a request as ${options.form}, layout ${options.layout}.`,
      ],
      tables: [
        measurementTable('Rounds interleaved', all),
        ratioTable(names, rounds, false),
        ratioTable(names, rounds, true),
      ].filter((table) => table.rows.length > 0),
      data: rounds.map(withoutSeries),
    }
  },
}

async function measureSubject(
  context: Context,
  subject: Parameters<typeof openBench>[0],
  order: readonly boolean[],
): Promise<Measurement[]> {
  const bench = await openBench(subject, context.options.layout, warmUp(context))
  try {
    const measured: Measurement[] = []
    for (const gzip of order) {
      const measurement = await bench.measure(closedLoop(context, gzip))
      sayMeasurement(context, measurement)
      measured.push(measurement)
    }
    return measured
  } finally {
    await bench.stop()
  }
}

function ratioTable(
  names: readonly string[],
  rounds: readonly (readonly Measurement[])[],
  gzip: boolean,
): ResultTable {
  const rows: string[][] = []
  for (const ours of names.filter((name) => name.startsWith('observa')))
    for (const theirs of names.filter((name) => !name.startsWith('observa'))) {
      const pairs = rounds.flatMap((round) => {
        const of = (name: string): Measurement | undefined =>
          round.find((m) => m.subject === name && m.load.gzip === gzip)
        const [a, b] = [of(ours), of(theirs)]
        return a === undefined || b === undefined ? [] : [{ a, b }]
      })
      if (pairs.length === 0) continue
      rows.push([
        ours,
        theirs,
        spread(
          pairs.map(({ a, b }) => b.cpuUsPerSpan / a.cpuUsPerSpan),
          2,
        ),
        spread(
          pairs.map(({ a, b }) => a.sustainedSpansPerS / b.sustainedSpansPerS),
          2,
        ),
      ])
    }
  return {
    title: `Ratios within a round, ${gzip ? 'gzip' : 'plain'} bodies (above 1: Observa is better)`,
    columns: ['Observa', 'peer', 'CPU a span, peer ÷ ours', 'sustained spans/s, ours ÷ peer'],
    rows,
  }
}
