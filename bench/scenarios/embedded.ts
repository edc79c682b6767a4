// The pipeline with the embedded stores on the same CPUs: the rate that one machine sustains with everything on it, and how
// long it takes to store what it accepted.

import { openBench } from '../measure.ts'
import type { ScenarioResult } from '../results.ts'
import {
  closedLoop,
  measurementTable,
  noiseNotes,
  type Scenario,
  sayMeasurement,
  warmUp,
  withoutSeries,
} from '../scenario.ts'
import { chooseSubjects } from '../subjects.ts'

/** The load lasts longer than in other scenarios, because the stores merge their data late. */
const LENGTH = 5

export const embedded: Scenario = {
  name: 'embedded',
  title: 'everything on one machine, embedded stores',
  async run(context): Promise<ScenarioResult> {
    const { options } = context
    const all = []
    for (const subject of chooseSubjects(options.subjects, ['observa-embedded']))
      for (let round = 1; round <= options.rounds; round++) {
        context.say(`round ${round} of ${options.rounds}: ${subject.name}`)
        const bench = await openBench(subject, options.layout, warmUp(context))
        try {
          const shape = { ...closedLoop(context, false), seconds: options.seconds * LENGTH }
          const measurement = await bench.measure(shape)
          sayMeasurement(context, measurement)
          all.push(measurement)
        } finally {
          await bench.stop()
        }
      }
    return {
      notes: [
        ...noiseNotes(all),
        'Sustained: accepted spans over the time of load and drain, that is, until the last row was in both stores.',
        'RSS adds up all processes; memory that Postgres processes share is counted in each of them.',
      ],
      tables: [measurementTable('Pipeline and stores on the same CPUs', all)],
      data: withoutSeries(all),
    }
  },
}
