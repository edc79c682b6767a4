// The default pipeline with exporters that send to the sink: CPU time for each span, throughput, and latency below
// saturation.

import { type Measurement, openBench } from '../measure.ts'
import type { ScenarioResult } from '../results.ts'
import {
  closedLoop,
  encodings,
  measurementTable,
  noiseNotes,
  openLoop,
  type Scenario,
  sayMeasurement,
  stageTable,
  warmUp,
  withoutSeries,
} from '../scenario.ts'
import { chooseSubjects } from '../subjects.ts'

export const pipeline: Scenario = {
  name: 'pipeline',
  title: 'the default pipeline into a sink',
  async run(context): Promise<ScenarioResult> {
    const { options } = context
    const subjects = chooseSubjects(options.subjects, ['observa-clickhouse'])
    const all: Measurement[] = []
    for (let round = 1; round <= options.rounds; round++)
      for (const subject of subjects) {
        context.say(`round ${round} of ${options.rounds}: ${subject.name}`)
        const bench = await openBench(subject, options.layout, warmUp(context))
        try {
          for (const gzip of encodings(round))
            for (const shape of [closedLoop(context, gzip), openLoop(context, gzip)]) {
              const measurement = await bench.measure(shape)
              sayMeasurement(context, measurement)
              all.push(measurement)
            }
        } finally {
          await bench.stop()
        }
      }
    return {
      notes: [
        ...noiseNotes(all),
        ...subjects.map((subject) => `${subject.name}: ${subject.describe}.`),
        `Closed loop: ${options.connections} connections. Open loop: ${options.rate.toLocaleString('en-US')} spans/s, latency from the intended start. ${options.spansPerRequest} spans a request as ${options.form}, layout ${options.layout}.`,
        'CPU: user and system time of all threads and child processes, queues drained.',
      ],
      tables: [measurementTable('One instance', all), stageTable(all)].filter((t) => t !== null),
      data: withoutSeries(all),
    }
  },
}
