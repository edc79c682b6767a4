// Recall and precision of each type of signal over seeded scenarios: `node bench/detection/run.ts [seed] [copies]`. Precision is over the
// scenarios that are about the type: its faults and its look-alikes.

import { configWith, signalsOf, taskRequest } from '../../test/signals/configured.ts'
import { requestOf, type Scenario, scenariosOf } from './scenarios.ts'

const seed = Number(process.argv[2] ?? 1)
const copies = Number(process.argv[3] ?? 20)
const BASE_MS = 1_795_000_020_000
/** Series take 2,240 calls each. */
const SERIES_COPIES_MAX = 5

async function main(): Promise<void> {
  const config = await configWith()
  const rows = new Map<string, { found: number; missed: number; false: number }>()
  const all = [
    ...scenariosOf(seed, copies, BASE_MS, 0),
    ...scenariosOf(seed + 1, Math.min(copies, SERIES_COPIES_MAX), BASE_MS, 1).filter(isSeries),
  ]
  for (const scenario of all) {
    const requests = [taskRequest(requestOf(scenario.spans), BASE_MS)]
    const isFound = signalsOf(config, requests).some((s) => s.type === scenario.type)
    const row = rows.get(scenario.type) ?? { found: 0, missed: 0, false: 0 }
    rows.set(scenario.type, row)
    if (isFound && scenario.want) row.found++
    else if (isFound) row.false++
    else if (scenario.want) row.missed++
    if (isFound !== scenario.want)
      process.stdout.write(`${isFound ? 'false ' : 'missed'} ${scenario.id}\n`)
  }
  process.stdout.write('type                recall  precision  faults\n')
  for (const [type, row] of [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const recall = row.found / Math.max(1, row.found + row.missed)
    const precision = row.found / Math.max(1, row.found + row.false)
    process.stdout.write(
      `${type.padEnd(18)} ${recall.toFixed(3).padStart(7)} ${precision.toFixed(3).padStart(10)} ${String(row.found + row.missed).padStart(7)}\n`,
    )
  }
}

const isSeries = ({ spans }: Scenario): boolean => spans.length > 1000

await main()
