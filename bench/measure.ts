// One measurement: a subject (the program under test), a sink, the load client, and the CPU time of everything the subject
// started. The CPU time is read only after the subject's queues are empty, because accepted data that is not yet sent on is
// unfinished work.

import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CpuParts,
  type MemorySample,
  machineBusySeconds,
  ProcessTree,
  peakRssBytes,
  watchTree,
} from './cpu.ts'
import { type LoadOptions, type LoadReport, runLoad } from './load/client.ts'
import { pinTo } from './process.ts'
import { type Sink, startSink } from './sink/sink.ts'
import { byLabel, type RunningSubject, type Subject } from './subject.ts'
import type { BodyForm } from './traffic/generate.ts'

/**
 * shared: all processes use all CPUs. split: the subject runs on the first half of the CPUs, client and sink on the other
 * half.
 */
export type Layout = 'shared' | 'split'

const DRAIN_TIMEOUT_MS = 300_000
const MEMORY_INTERVAL_MS = 250
/** Wait between the end of draining and reading the CPU time. Batches that are in no queue are sent within 200 ms. */
const SETTLE_MS = 300

export interface Measurement {
  readonly subject: string
  readonly load: LoadReport
  /** Time from the end of the load until nothing was pending. */
  readonly drainSeconds: number
  /** Accepted spans divided by the time of load and draining. */
  readonly sustainedSpansPerS: number
  /** User and system time of the subject's process tree during load and draining. */
  readonly cpuUsPerSpan: number
  /** The same, of which process. */
  readonly cpuUsPerSpanBy: CpuParts
  readonly rssPeakBytes: number
  /** CPUs used by processes other than subject, client and sink. Near 0 in a quiet run. */
  readonly othersCpus: number
  readonly memory: readonly MemorySample[]
  /** Accepted items that did not arrive. */
  readonly lost: number
  /** Wall time of the worker's stages, for subjects that report it. */
  readonly stageUsPerSpan: Readonly<Record<string, number>>
}

export interface LoadShape extends Omit<LoadOptions, 'url' | 'firstCopy' | 'prefix'> {
  readonly form: BodyForm
}

export interface Bench {
  readonly running: RunningSubject
  /** Runs a load and takes the measurement. Several loads of one bench never use the same id twice. */
  measure(shape: LoadShape): Promise<Measurement>
  stop(): Promise<void>
}

/** Starts the sink and the subject, and warms the subject up. */
export async function openBench(
  subject: Subject,
  layout: Layout,
  warmUp: LoadShape | null,
): Promise<Bench> {
  const cpus = cpusOf(layout)
  const sink = await startSink(pinTo(cpus.client))
  let running: RunningSubject
  try {
    running = await subject.start({ sinkUrl: sink.url, cpus: cpus.subject })
  } catch (error) {
    await sink.stop()
    throw error
  }
  const tree = new ProcessTree(running.process)
  let copies = 0
  const load = async (shape: LoadShape): Promise<LoadReport> => {
    const report = await runLoad({
      ...shape,
      url: running.url(shape.form),
      firstCopy: copies,
      prefix: pinTo(cpus.client),
    })
    copies += report.copies
    return report
  }
  const stop = async (): Promise<void> => {
    await running.stop()
    await sink.stop()
  }
  try {
    if (warmUp !== null) await load(warmUp)
    await drained(running)
  } catch (error) {
    await stop()
    throw error
  }
  const measure = async (shape: LoadShape): Promise<Measurement> => {
    try {
      return await measureOne({ subject, running, tree, sink }, () => load(shape))
    } catch (error) {
      // The last output of the subject mostly shows the cause.
      throw new Error(`${subject.name}: ${String(error)}\n${running.process.output()}`, {
        cause: error,
      })
    }
  }
  return { running, measure, stop }
}

interface Parts {
  readonly subject: Subject
  readonly running: RunningSubject
  readonly tree: ProcessTree
  readonly sink: Sink
}

async function measureOne(
  { subject, running, tree, sink }: Parts,
  load: () => Promise<LoadReport>,
): Promise<Measurement> {
  const metricsBefore = await running.metrics()
  const sinkTree = new ProcessTree({ pid: sink.pid, marker: 'none' })
  const before = {
    own: tree.usage(),
    sink: sinkTree.usage().cpuSeconds,
    machine: machineBusySeconds(),
    bench: benchCpuSeconds(),
    ms: performance.now(),
  }
  const watch = watchTree(tree, MEMORY_INTERVAL_MS)
  const report = await load()
  const loadedMs = performance.now()
  await drained(running)
  const drainSeconds = (performance.now() - loadedMs) / 1000
  await sleep(SETTLE_MS)
  const after = tree.usage()
  const ownCpu = after.cpuSeconds - before.own.cpuSeconds
  const usPerSpan = (seconds: number): number => (seconds * 1e6) / Math.max(1, report.spansAccepted)
  const by = (part: keyof CpuParts): number => usPerSpan(after.parts[part] - before.own.parts[part])
  const wallSeconds = (performance.now() - before.ms) / 1000
  const memory = watch.stop()
  const metricsAfter = await running.metrics()
  const known =
    ownCpu +
    report.clientCpuSeconds +
    report.preparationCpuSeconds +
    (sinkTree.usage().cpuSeconds - before.sink) +
    (benchCpuSeconds() - before.bench)
  return {
    subject: subject.name,
    load: report,
    drainSeconds,
    sustainedSpansPerS: report.spansAccepted / (report.seconds + drainSeconds),
    cpuUsPerSpan: usPerSpan(ownCpu),
    cpuUsPerSpanBy: { own: by('own'), postgres: by('postgres'), others: by('others') },
    rssPeakBytes: peakRssBytes(memory),
    othersCpus: Math.max(0, (machineBusySeconds() - before.machine - known) / wallSeconds),
    memory,
    lost: running.lost(metricsAfter) - running.lost(metricsBefore),
    stageUsPerSpan: stageTimes(metricsBefore, metricsAfter, report.spansAccepted),
  }
}

function stageTimes(before: string, after: string, spans: number): Record<string, number> {
  const stages = (text: string) => byLabel(text, 'observa_stage_seconds_total', 'stage')
  const earlier = stages(before)
  const times = [...stages(after)].map(([stage, seconds]): [string, number] => [
    stage,
    ((seconds - (earlier.get(stage) ?? 0)) * 1e6) / Math.max(1, spans),
  ])
  return Object.fromEntries(times)
}

async function drained(running: RunningSubject): Promise<void> {
  const deadline = performance.now() + DRAIN_TIMEOUT_MS
  for (;;) {
    const pending = await running.pending()
    if (pending <= 0) return
    if (performance.now() > deadline)
      throw new Error(
        `${running.process.name}: ${pending} items not shipped in ${DRAIN_TIMEOUT_MS} ms`,
      )
    await sleep(100)
  }
}

function cpusOf(layout: Layout): { readonly subject: string; readonly client: string } {
  const count = availableParallelism()
  if (count < 2 || layout === 'shared')
    return { subject: `0-${count - 1}`, client: `0-${count - 1}` }
  const half = count >> 1
  return { subject: `0-${half - 1}`, client: `${half}-${count - 1}` }
}

function benchCpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
