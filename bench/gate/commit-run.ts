// Measures one commit once: starts an instance of it, warms it up, sends a fixed number of requests and stops it.

import { readFileSync } from 'node:fs'
import { ProcessTree } from '../cpu.ts'
import { type LoadShape, openBench } from '../measure.ts'
import { productAt } from '../product.ts'
import { type RunningSubject, type Subject, sumMetric } from '../subject.ts'
import { Allocations } from './allocations.ts'
import type { Checkout } from './checkout.ts'

/** Figures for each accepted span. */
export interface Counters {
  /** Read and write calls of the process and its children, on files and sockets. */
  readonly ioCalls: number
  /** Bytes read and written by those calls. */
  readonly ioBytes: number
  /** Bytes allocated on the heaps of the main thread and the workers. */
  readonly heapBytes: number
  /** Bytes appended to the log. */
  readonly logBytes: number
  /** Tasks given to workers. */
  readonly tasks: number
}

export interface Side extends Counters {
  /** User and system time for each span in µs, measured until everything was sent on. */
  readonly cpuUs: number
  readonly rssPeakBytes: number
}

export interface SideOptions {
  readonly subject: string
  readonly warmUp: LoadShape
  readonly load: LoadShape
}

interface Totals extends Counters {
  readonly lost: number
}

export async function measureSide(checkout: Checkout, options: SideOptions): Promise<Side> {
  const allocations = new Allocations()
  const product = productAt(options.subject, checkout.directory, ['--trace-gc'])
  const subject: Subject = {
    name: checkout.commit,
    describe: options.subject,
    start: (start) => product.start({ ...start, onOutput: (text) => allocations.read(text) }),
  }
  const bench = await openBench(subject, 'split', options.warmUp)
  try {
    const before = await totals(bench.running, allocations)
    const measured = await bench.measure(options.load)
    const after = await totals(bench.running, allocations)
    const spans = measured.load.spansAccepted
    if (measured.lost > 0) throw new Error(`${checkout.commit} lost ${measured.lost} spans`)
    const each = (of: keyof Counters): number => (after[of] - before[of]) / spans
    return {
      cpuUs: measured.cpuUsPerSpan,
      rssPeakBytes: measured.rssPeakBytes,
      ioCalls: each('ioCalls'),
      ioBytes: each('ioBytes'),
      heapBytes: each('heapBytes'),
      logBytes: each('logBytes'),
      tasks: each('tasks'),
    }
  } finally {
    await bench.stop()
  }
}

async function totals(running: RunningSubject, allocations: Allocations): Promise<Totals> {
  const metrics = await running.metrics()
  const pids = new ProcessTree(running.process).pids()
  const io = (name: string): number => pids.reduce((sum, pid) => sum + ioField(pid, name), 0)
  return {
    ioCalls: io('syscr') + io('syscw'),
    ioBytes: io('rchar') + io('wchar'),
    heapBytes: allocations.bytes,
    logBytes: sumMetric(metrics, 'observa_log_appended_bytes_total') ?? Number.NaN,
    tasks: sumMetric(metrics, 'observa_worker_tasks_total') ?? Number.NaN,
    lost: running.lost(metrics),
  }
}

/** A field of /proc/PID/io (see proc(5)); 0 when the process has ended. */
function ioField(pid: number, name: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/io`, 'latin1')
    return Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  } catch {
    return 0
  }
}
