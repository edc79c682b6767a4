// Starts and stops the processes of a benchmark, pins them to CPUs, and waits for their output or for a server to answer.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

/** Environment variable by which `cpu.ts` recognises descendants that have detached themselves (daemons). */
export const RUN_MARKER = 'OBSERVA_BENCH_RUN'

/** How much of the latest output is kept for error messages. */
const OUTPUT_BYTES_MAX = 64 * 1024

export interface StartOptions {
  readonly name: string
  readonly command: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly onOutput?: ((text: string) => void) | undefined
}

export interface RunningProcess {
  readonly name: string
  readonly pid: number
  /** Value of `RUN_MARKER` in this process and its descendants. */
  readonly marker: string
  /** The latest output of the process. */
  output(): string
  outputMatching(pattern: RegExp): Promise<RegExpExecArray>
  /** Polls until `probe` returns true. Fails at once if the process ends, or after `timeoutMs`. */
  until(what: string, timeoutMs: number, probe: () => Promise<boolean>): Promise<void>
  /** Sends SIGTERM, and SIGKILL after ten seconds. */
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export function startProcess(options: StartOptions): RunningProcess {
  const marker = randomUUID()
  const [program = '', ...args] = options.command
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env, [RUN_MARKER]: marker },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  running.add(child)
  let output = ''
  const keep = (chunk: Buffer): void => {
    const text = chunk.toString()
    output = (output + text).slice(-OUTPUT_BYTES_MAX)
    options.onOutput?.(text)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  let ended: string | null = null
  const exit = new Promise<void>((resolve) => {
    const end = (why: string): void => {
      ended ??= why
      running.delete(child)
      resolve()
    }
    child.on('error', (error) => end(error.message))
    child.on('exit', (code, signal) => end(`exit code ${code ?? signal}`))
  })
  const until: RunningProcess['until'] = async (what, timeoutMs, probe) => {
    const deadline = performance.now() + timeoutMs
    while (!(await probe().catch(() => false))) {
      if (ended !== null)
        throw new Error(`${options.name} ended (${ended}) before ${what}:\n${output}`)
      if (performance.now() > deadline)
        throw new Error(`${options.name}: ${what} not reached in ${timeoutMs} ms:\n${output}`)
      await sleep(50)
    }
  }
  return {
    name: options.name,
    pid: child.pid ?? -1,
    marker,
    output: () => output,
    until,
    outputMatching: async (pattern) => {
      let found: RegExpExecArray | null = null
      await until(String(pattern), 30_000, async () => (found = pattern.exec(output)) !== null)
      return found ?? (await Promise.reject(new Error('unreachable')))
    },
    stop: async () => {
      if (ended !== null) return
      child.kill('SIGTERM')
      await Promise.race([exit, sleep(10_000, undefined, { ref: false })])
      if (ended === null) child.kill('SIGKILL')
      await exit
    },
  }
}

/** The words `taskset -c cpus` if taskset exists and `cpus` is not empty; otherwise nothing. */
export function pinTo(cpus: string): readonly string[] {
  return hasTaskset && cpus !== '' ? ['taskset', '-c', cpus] : []
}

const hasTaskset = spawnSync('taskset', ['--version']).status === 0
