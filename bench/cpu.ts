// CPU time and memory of a process and everything it started, from /proc (Linux). Processes are found by their parent and by
// a marker in their environment, so that a database which detaches itself is included. All threads count. The CPU time of an
// ended child is reported by the parent that waited for it.

import { readdirSync, readFileSync } from 'node:fs'
import { RUN_MARKER } from './process.ts'

/** `getconf CLK_TCK`: 100 on every Linux that Node runs on. */
const TICKS_PER_S = 100
const PAGE_BYTES = 4096

export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  /** The name of the program, at most 15 characters. */
  readonly program: string
  /** CPU time of its own threads and of children that it has waited for, in seconds. */
  readonly cpuSeconds: number
}

export interface TreeUsage {
  readonly cpuSeconds: number
  readonly rssBytes: number
  readonly processes: number
  /** CPU time of the first process, of those called `postgres`, and of all others. */
  readonly parts: CpuParts
}

export interface CpuParts {
  readonly own: number
  readonly postgres: number
  readonly others: number
}

/** Resident memory over time. Pages that processes share are counted for each of them. */
export interface MemorySample {
  readonly seconds: number
  readonly rssBytes: number
}

/** A tree of processes under observation. For a process that has ended, the CPU time last seen is kept. */
export class ProcessTree {
  readonly #root: number
  readonly #marker: string
  readonly #ended = new Map<number, ProcessStat>()
  readonly #marked = new Map<number, boolean>()
  #last = new Map<number, ProcessStat>()

  constructor(root: { readonly pid: number; readonly marker: string }) {
    this.#root = root.pid
    this.#marker = `${RUN_MARKER}=${root.marker}`
  }

  usage(): TreeUsage {
    const now = this.#members()
    for (const [pid, stat] of this.#last) {
      if (now.has(pid)) continue
      // When a process ends, its CPU time is added to a parent in the tree that waits for it. That of a process without such
      // a parent would be lost, so it is kept here.
      if (!now.has(stat.parent)) this.#ended.set(pid, stat)
    }
    this.#last = now
    let cpuSeconds = 0
    let rssBytes = 0
    const parts = { own: 0, postgres: 0, others: 0 }
    for (const stat of [...this.#ended.values(), ...now.values()]) {
      cpuSeconds += stat.cpuSeconds
      parts[this.#partOf(stat)] += stat.cpuSeconds
    }
    for (const pid of now.keys()) rssBytes += rssOf(pid)
    return { cpuSeconds, rssBytes, processes: now.size, parts }
  }

  /** Ids of the processes that are counted at present. */
  pids(): readonly number[] {
    return [...this.#members().keys()]
  }

  #partOf({ pid, program }: ProcessStat): keyof CpuParts {
    if (pid === this.#root) return 'own'
    return program === 'postgres' ? 'postgres' : 'others'
  }

  #members(): Map<number, ProcessStat> {
    const all = new Map<number, ProcessStat>()
    for (const name of readdirSync('/proc')) {
      const pid = Number(name)
      const stat = Number.isInteger(pid) ? readStat(pid) : null
      if (stat !== null) all.set(pid, stat)
    }
    const members = new Map<number, ProcessStat>()
    for (const stat of all.values()) if (this.#isMember(stat, all)) members.set(stat.pid, stat)
    return members
  }

  #isMember(stat: ProcessStat, all: ReadonlyMap<number, ProcessStat>): boolean {
    if (this.#last.has(stat.pid)) return true
    for (let at: ProcessStat | undefined = stat; at !== undefined; at = all.get(at.parent))
      if (at.pid === this.#root) return true
    return this.#isMarked(stat.pid)
  }

  /** Reads the environment of each process of the machine only once: it does not change, and reading is slow. */
  #isMarked(pid: number): boolean {
    let marked = this.#marked.get(pid)
    if (marked === undefined) {
      marked = readOrEmpty(`/proc/${pid}/environ`).includes(this.#marker)
      this.#marked.set(pid, marked)
    }
    return marked
  }
}

/** Samples a tree until stopped, and keeps the last CPU times of processes that end meanwhile. */
export function watchTree(tree: ProcessTree, intervalMs: number) {
  const startMs = performance.now()
  const samples: MemorySample[] = []
  const take = (): void => {
    samples.push({ seconds: (performance.now() - startMs) / 1000, rssBytes: tree.usage().rssBytes })
  }
  take()
  const timer = setInterval(take, intervalMs)
  return {
    stop(): readonly MemorySample[] {
      clearInterval(timer)
      take()
      return samples
    },
  }
}

export function peakRssBytes(samples: readonly MemorySample[]): number {
  return samples.reduce((peak, sample) => Math.max(peak, sample.rssBytes), 0)
}

/**
 * CPU time, in seconds, that all CPUs of the machine have been busy since boot. Minus the measured processes, this is what
 * other processes used.
 */
export function machineBusySeconds(): number {
  const [, user, nice, system, , , irq, softirq, steal] = (
    /^cpu .*/m.exec(readFileSync('/proc/stat', 'latin1'))?.[0] ?? ''
  )
    .split(/\s+/)
    .map(Number)
  const busy = [user, nice, system, irq, softirq, steal].reduce<number>(
    (sum, n) => sum + (n ?? 0),
    0,
  )
  return busy / TICKS_PER_S
}

/**
 * Fields of /proc/PID/stat as in proc(5): utime is field 14, stime 15, cutime 16, cstime 17. Null when the process has ended.
 */
export function readStat(pid: number): ProcessStat | null {
  const text = readOrEmpty(`/proc/${pid}/stat`)
  // The command name is in parentheses and may itself contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields.length < 20) return null
  const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0)
  const program = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
  return { pid, parent: Number(fields[1]), program, cpuSeconds: ticks / TICKS_PER_S }
}

function rssOf(pid: number): number {
  const pages = Number(readOrEmpty(`/proc/${pid}/statm`).split(' ')[1] ?? 0)
  return Number.isFinite(pages) ? pages * PAGE_BYTES : 0
}

/** Returns '' on failure, because a process may end between listing and reading. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // gone, or not ours to read
  }
}
