// The sketches of one minute of a series, one for each measure. Most minutes have few calls, and all their values are one list of numbers:
// a sketch for each measure would take ten times as much memory.

import { addBin, binOf, newSketch, type Sketch, ZERO_BIN } from './sketch.ts'

/** With more values there are sketches. */
const FEW = 32
const MEASURES = 4
/** A value of the list is the number of its measure times this, plus its bin, counted from the lowest one. */
const BINS = 0x1_0000

export interface MinuteSketches {
  /** Null when there are sketches. */
  few: number[] | null
  /** By number of the measure; null for a measure without values. */
  all: (Sketch | null)[] | null
}

export const newMinute = (): MinuteSketches => ({ few: null, all: null })

export function addValue(minute: MinuteSketches, measure: number, value: number): void {
  const bin = binOf(value)
  if (minute.all === null) {
    minute.few ??= []
    if (minute.few.length < FEW) {
      minute.few.push(measure * BINS + bin - ZERO_BIN)
      return
    }
    minute.all = Array.from({ length: MEASURES }, (_, i) => sketchOf(minute, i))
    minute.few = null
  }
  let sketch = minute.all[measure] ?? null
  if (sketch === null) {
    sketch = newSketch()
    minute.all[measure] = sketch
  }
  addBin(sketch, bin, 1)
}

/** The sketch of a measure; null without values. */
export function sketchOf({ few, all }: MinuteSketches, measure: number): Sketch | null {
  if (all !== null) return all[measure] ?? null
  let sketch: Sketch | null = null
  for (const value of few ?? []) {
    if (Math.floor(value / BINS) !== measure) continue
    sketch ??= newSketch()
    addBin(sketch, (value % BINS) + ZERO_BIN, 1)
  }
  return sketch
}
