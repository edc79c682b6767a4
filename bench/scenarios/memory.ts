// Memory at a fixed rate over minutes. A leak shows in the slope, not in the size.

import type { MemorySample } from '../cpu.ts'
import { type Measurement, openBench } from '../measure.ts'
import type { ResultTable, ScenarioResult } from '../results.ts'
import { openLoop, type Scenario, sayMeasurement, warmUp } from '../scenario.ts'
import { chooseSubjects } from '../subjects.ts'

const STEP_SECONDS = 10

export const memory: Scenario = {
  name: 'memory',
  title: 'resident memory over time at a fixed rate',
  async run(context): Promise<ScenarioResult> {
    const { options } = context
    const tables: ResultTable[] = []
    const data: unknown[] = []
    for (const subject of chooseSubjects(options.subjects, ['observa-clickhouse'])) {
      context.say(`${subject.name}: ${options.minutes} minutes`)
      const bench = await openBench(subject, options.layout, warmUp(context))
      try {
        const shape = { ...openLoop(context, false), seconds: options.minutes * 60 }
        const measurement = await bench.measure(shape)
        sayMeasurement(context, measurement)
        tables.push(memoryTable(measurement, options.minutes))
        data.push(summary(measurement))
      } finally {
        await bench.stop()
      }
    }
    return {
      notes: [
        `Open loop at ${options.rate.toLocaleString('en-US')} spans/s, every span with new ids.`,
        'The slope is fitted through the second half; the first half still fills caches and ledgers that have bounds.',
      ],
      tables,
      data,
    }
  },
}

function memoryTable(measurement: Measurement, minutes: number): ResultTable {
  const points = Math.min(10, Math.max(1, Math.round(minutes)))
  const rows: string[][] = []
  for (let i = 0; i < points; i++) {
    const [from, to] = [(i * minutes * 60) / points, ((i + 1) * minutes * 60) / points]
    const within = measurement.memory.filter((s) => s.seconds >= from && s.seconds < to)
    const values = within.map((s) => s.rssBytes / 1e6)
    if (values.length === 0) continue
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    rows.push([(to / 60).toFixed(1), mean.toFixed(0), Math.max(...values).toFixed(0)])
  }
  const { slopeMBPerMinute } = summary(measurement)
  return {
    title: `${measurement.subject}: ${measurement.load.spansAccepted.toLocaleString('en-US')} spans, slope ${slopeMBPerMinute.toFixed(2)} MB a minute in the second half`,
    columns: ['until minute', 'mean RSS MB', 'peak RSS MB'],
    rows,
  }
}

function summary(measurement: Measurement) {
  const { memory: series, ...rest } = measurement
  const last = series.at(-1)?.seconds ?? 0
  return {
    ...rest,
    slopeMBPerMinute: slope(series.filter((s) => s.seconds >= last / 2)) * 60,
    rssMBEvery10s: everyStep(series),
  }
}

/** Slope of a least-squares fit, in MB a second. */
function slope(series: readonly MemorySample[]): number {
  const n = series.length
  if (n < 2) return 0
  const meanX = series.reduce((sum, s) => sum + s.seconds, 0) / n
  const meanY = series.reduce((sum, s) => sum + s.rssBytes / 1e6, 0) / n
  let xy = 0
  let xx = 0
  for (const s of series) {
    xy += (s.seconds - meanX) * (s.rssBytes / 1e6 - meanY)
    xx += (s.seconds - meanX) ** 2
  }
  return xx === 0 ? 0 : xy / xx
}

function everyStep(series: readonly MemorySample[]): number[] {
  const groups = Map.groupBy(series, (s) => Math.floor(s.seconds / STEP_SECONDS))
  return [...groups.values()].map((group) =>
    Math.round(Math.max(...group.map((s) => s.rssBytes)) / 1e6),
  )
}
