// What the detection over traces and time costs: CPU time a span, and memory with as many traces and series as it remembers.
// `node bench/detection/aggregator.bench.ts [rounds] [cpu|memory] [share]`. The spans of the first part are those of `bench/traffic` after the
// processors of the default chain; those of the second are made as observations. What is measured is the detector in this process, without
// the log.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DETECTION, detectionsOf } from '../../collector/detection/detections.ts'
import type { ObservaConfig } from '../../config/root.ts'
import { BOUNDS, SignalDetector } from '../../detection/detector.ts'
import {
  CALL_STRIDE,
  FIGURE,
  FIGURE_STRIDE,
  ID,
  IDS_BYTES,
  REFERENCE_STRIDE,
} from '../../detection/observation.ts'
import type { DetectionSettings } from '../../detection/settings.ts'
import { SITE_STRIDE } from '../../detection/site.ts'
import { chainConfig } from '../chain-config.ts'
import { SPANS_PER_REQUEST, taskParts } from './chain-parts.ts'
import { type LiveTask, liveTasks } from './live-state.ts'

const REQUESTS = 600
const WARM_UP_ROUNDS = 6
/** Rate at which the time of the log goes on. */
const SPANS_PER_SECOND = 10_000
/** So much later the same spans come again. */
const ROUND_MS = ((REQUESTS * SPANS_PER_REQUEST) / SPANS_PER_SECOND) * 1000
const BASE_MS = 1_795_000_000_000
/** Services with three series each, as many as fill the bound. */
const share = Number(process.argv[4] ?? 1)
const SERVICES = Math.ceil((BOUNDS.series * share) / 3)
const HOURS = 2
/** Traces before those of the last minute, as a multiple of what is remembered. */
const HISTORY = 3

const rounds = Number(process.argv[2] ?? 9)
const part = process.argv[3]
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** The observations of `bench/traffic`, some requests a task. */
function tasksOf(config: ObservaConfig, requestsPerTask: number): LiveTask[] {
  const out: LiveTask[] = []
  const taskMs = ((requestsPerTask * SPANS_PER_REQUEST) / SPANS_PER_SECOND) * 1000
  for (const { parts } of taskParts(config, {
    requests: REQUESTS,
    requestsPerTask,
    baseMs: BASE_MS,
  }))
    for (const { exporter, bytes } of parts)
      if (exporter.startsWith(DETECTION)) out.push({ bytes, atMs: BASE_MS + out.length * taskMs })
  return out
}

function cpuUs(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return user + system
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

function feed(detector: SignalDetector, tasks: Iterable<LiveTask>): void {
  for (const { bytes, atMs } of tasks) detector.observe(bytes, atMs)
}

/** Where the figures and the ids of observations stand, as `detection/observation.ts` lays them out. */
function tablesIn({ buffer }: Uint8Array<ArrayBuffer>): {
  count: number
  figuresAt: number
  idsAt: number
} {
  const padded = (bytes: number): number => (bytes + 7) & ~7
  const [, words = 0, wordBytes = 0, sites = 0, calls = 0, count = 0] = new Uint32Array(
    buffer,
    0,
    8,
  )
  const figuresAt =
    32 + padded(words * 4) + padded(wordBytes) + sites * SITE_STRIDE * 4 + calls * CALL_STRIDE * 8
  const idsAt = figuresAt + count * FIGURE_STRIDE * 8 + count * REFERENCE_STRIDE * 4
  return { count, figuresAt, idsAt }
}

/** The same spans again, as others: with other ids, and later. */
function again(tasks: readonly LiveTask[], round: number): LiveTask[] {
  const shiftMs = round * ROUND_MS
  return tasks.map(({ bytes, atMs }) => {
    const copy = new Uint8Array(bytes)
    const { count, figuresAt, idsAt } = tablesIn(copy)
    const numbers = new Float64Array(copy.buffer, figuresAt, count * FIGURE_STRIDE)
    for (let row = 0; row < count; row++) {
      const at = row * FIGURE_STRIDE + FIGURE.START
      numbers[at] = (numbers[at] ?? 0) + shiftMs
      for (const id of [ID.EVENT, ID.TRACE, ID.SPAN, ID.PARENT]) {
        const byte = idsAt + row * IDS_BYTES + id
        // A parent that is not there is zeros.
        if (copy[byte] !== 0) copy[byte] = (copy[byte] ?? 0) ^ (round & 0xff)
      }
    }
    return { bytes: copy, atMs: atMs + shiftMs }
  })
}

function cost(settings: DetectionSettings, tasks: readonly LiveTask[]): number {
  const spans = REQUESTS * SPANS_PER_REQUEST
  const samples: number[] = []
  const detector = new SignalDetector(settings)
  for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
    const fresh = again(tasks, round)
    const us = cpuUs(() => feed(detector, fresh))
    if (round >= WARM_UP_ROUNDS) samples.push(us / spans)
  }
  say(`  least ${Math.min(...samples).toFixed(2)}`)
  return median(samples)
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** MB of the heap and of buffers, without what is no longer used. */
function memoryMb(): number {
  for (let i = 0; i < 3; i++) collect()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1e6
}

function memory(settings: DetectionSettings): void {
  const before = memoryMb()
  const detector = new SignalDetector(settings)
  const row = (what: string): void => {
    const { traces, spans, conversations, series } = detector.stats()
    const mb = memoryMb() - before
    say(
      `${what.padEnd(40)} ${String(traces).padStart(8)} ${String(spans).padStart(8)} ${String(conversations).padStart(14)} ${String(series).padStart(7)} ${mb.toFixed(0).padStart(6)}`,
    )
  }
  say(
    `${'memory'.padEnd(40)} ${'traces'.padStart(8)} ${'spans'.padStart(8)} ${'conversations'.padStart(14)} ${'series'.padStart(7)} ${'MB'.padStart(6)}`,
  )
  const traces = BOUNDS.traces * share
  const hours = {
    seed: 1,
    services: SERVICES,
    traces: traces * HISTORY,
    fromMs: BASE_MS,
    forMs: HOURS * 3_600_000,
  }
  feed(detector, liveTasks(hours))
  row(`after ${HOURS} hours, ${(traces * HISTORY) / 1e6} M traces`)
  const now = { seed: 2, services: SERVICES, traces, fromMs: BASE_MS + hours.forMs, forMs: 60_000 }
  feed(detector, liveTasks(now))
  row(`and ${traces} traces in a minute`)
}

const config = await chainConfig({ debug: {} })
const [detection] = detectionsOf(config)
if (detection === undefined) throw new Error('no detection')
if (part !== 'memory') {
  say(
    `CPU time of the detector in µs a span, median of ${rounds} rounds of ${REQUESTS * SPANS_PER_REQUEST} spans`,
  )
  for (const perTask of [1, 10])
    say(
      `${perTask * SPANS_PER_REQUEST} spans a task: ${cost(detection.settings, tasksOf(config, perTask)).toFixed(2)}`,
    )
}
if (part !== 'cpu') memory(detection.settings)
