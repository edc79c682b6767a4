// One test file in a process of its own. A file that hangs ends too: its process group is killed when the time is over, and
// what was running then is the failure. Node's own runner waits for a file as long as anything that the file started keeps
// the output open, so one hanging hook would stop the whole run.

import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestEvent } from './event-reporter.ts'

const SEED = join(import.meta.dirname, 'property-seed.ts')
const REPORTER = join(import.meta.dirname, 'event-reporter.ts')
/**
 * Node keeps compiled modules here. Hundreds of processes of a run load the same modules, and without types being stripped and
 * code being compiled anew, a file that starts an instance needs a third less CPU time.
 */
const COMPILE_CACHE = join(import.meta.dirname, '../../.cache/compiled')
/** A test that takes longer fails. The slowest ones take a minute on two busy cores. */
const TEST_MS_MAX = 300_000
/** How long a late file may take to say what it waits for. */
const LAST_WORDS_MS = 1000

export interface Failure {
  readonly name: string
  readonly text: string
}

export interface FileResult {
  readonly passed: number
  readonly skips: readonly { readonly name: string; readonly reason: string }[]
  readonly failures: readonly Failure[]
  readonly milliseconds: number
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly isLate: boolean
  /** The standard error output of the file. */
  readonly stderr: string
}

let runs = 0

/** Groups of the files that run now, so that an interrupted run leaves nothing behind. */
const groups = new Set<number>()

export function killAll(): void {
  for (const group of groups) killGroup(group)
}

/** Runs a file. The time limit is for the whole file, milliseconds. */
export async function runFile(file: string, msMax: number): Promise<FileResult> {
  const events = join(tmpdir(), `observa-test-${process.pid}-${runs++}.ndjson`)
  const startedAt = performance.now()
  // Loading fast-check takes a moment, so only files that use it get its seed.
  const source = await readFile(file, 'utf8')
  const loaded = source.includes("'fast-check'") ? [`--import=${SEED}`] : []
  const ended = await start(file, loaded, events, msMax)
  const text = await readFile(events, 'utf8').catch(() => '')
  await rm(events, { force: true })
  // The last line may be cut off when the process was killed.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  const seen = lines.filter((l) => l !== '').map((l) => JSON.parse(l) as TestEvent)
  return {
    passed: seen.filter((e) => e.type === 'pass').length,
    skips: seen.filter((e) => e.type === 'skip'),
    failures: failuresOf(seen, ended, msMax),
    milliseconds: performance.now() - startedAt,
  }
}

function start(
  file: string,
  loaded: readonly string[],
  events: string,
  msMax: number,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = [
      ...loaded,
      `--test-reporter=${REPORTER}`,
      `--test-reporter-destination=${events}`,
    ]
    const child = spawn(process.execPath, [...options, `--test-timeout=${TEST_MS_MAX}`, file], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env },
    })
    const { pid } = child
    let stderr = ''
    let isLate = false
    child.stderr.on('data', (d: Buffer) => {
      stderr += d.toString()
      process.stderr.write(d)
    })
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGUSR2')
      setTimeout(() => {
        if (pid !== undefined && groups.has(pid)) killGroup(pid)
      }, LAST_WORDS_MS).unref()
    }, msMax)
    if (pid !== undefined) groups.add(pid)
    child.once('error', reject)
    // `close` is not used, because it waits for child processes that the file left running. These are ended here.
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      if (pid !== undefined) {
        killGroup(pid)
        groups.delete(pid)
      }
      resolve({ code, signal, isLate, stderr })
    })
  })
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // The group has ended.
  }
}

function failuresOf(seen: readonly TestEvent[], ended: Ended, msMax: number): Failure[] {
  const failures: Failure[] = seen
    .filter((e) => e.type === 'fail')
    .map((e) => ({ name: e.name, text: e.error }))
  if (ended.isLate) failures.push({ name: 'time limit', text: lateText(seen, ended, msMax) })
  else if (failures.length === 0 && ended.code !== 0)
    failures.push({ name: 'the process', text: endText(ended) })
  return failures
}

function lateText(seen: readonly TestEvent[], ended: Ended, msMax: number): string {
  const open = openTests(seen)
  const what =
    open.length > 0
      ? `These had not ended: ${open.join(', ')}.`
      : 'All tests had ended, but something they left open kept the process alive.'
  const left = /^Open: .+/m.exec(ended.stderr)?.[0] ?? ''
  return `The file took longer than ${msMax / 1000} s and was killed. ${what} ${left}`
}

/** Tests that have started and not ended, outermost first. */
function openTests(seen: readonly TestEvent[]): string[] {
  const open: TestEvent[] = []
  for (const event of seen) {
    const at = open.findLastIndex((o) => o.name === event.name && o.nesting === event.nesting)
    if (event.type === 'start') open.push(event)
    else if (at >= 0) open.splice(at, 1)
  }
  return open.map((o) => o.name)
}

const endText = ({ code, signal, stderr }: Ended): string =>
  `The process ended with ${signal ?? `code ${code}`} although no test failed.\n${stderr.slice(-2_000)}`
