// Simulated power cuts of the log, on a file system in memory that loses or tears data that was not synced. A run with one
// seed is a life of a log, with several cuts, failed syncs, short writes and full disks.

import { simulate } from '../../../collector/log/testing/simulate.ts'
import { type Drill, EMPTY, nothingMissing, type Report, type Round } from '../drill.ts'

/** Every eighth life has a log that is not `durable`. It may lose data, but must not change or repeat any. */
const BUFFERED_EVERY = 8

async function powerCut(round: Round): Promise<Report> {
  let sum = { ...EMPTY, notes: { lives: 0, faults: 0 } }
  for (let seed = round.seed; sum.cycles < round.cycles && !round.isOver(); seed++) {
    const isBuffered = seed % BUFFERED_EVERY === BUFFERED_EVERY - 1
    const life = await simulate(seed, isBuffered ? 'buffered' : 'durable')
    for (const violation of life.violations) round.progress(`seed ${seed}: ${violation}`)
    const { lives, faults } = sum.notes
    const lost = life.violations.filter((v) => v.includes('lost')).length
    sum = {
      ...sum,
      cycles: sum.cycles + life.crashes,
      issued: sum.issued + life.appended,
      acknowledged: sum.acknowledged + life.acknowledged,
      delivered: sum.delivered + life.acknowledged - lost,
      lost: sum.lost + lost,
      corrupt: sum.corrupt + life.violations.length - lost,
      notes: { lives: lives + 1, faults: faults + life.faults },
    }
  }
  return sum
}

export const powerCutDrill: Drill = {
  name: 'power-cut',
  about: 'simulated power cuts of the log, with torn writes, failed syncs and full disks',
  cycle: 'a power cut',
  cycles: 2000,
  roundCycles: 2000,
  missing: nothingMissing,
  run: powerCut,
}
