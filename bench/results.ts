// The recorded results in bench/results.json: for each scenario its latest run, with machine, commit, command and date. The
// page in docs/ is made from this file.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'

export interface Machine {
  readonly cpu: string
  readonly cpus: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
}

export interface ResultTable {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The result of a scenario. */
export interface ScenarioResult {
  readonly notes: readonly string[]
  readonly tables: readonly ResultTable[]
  /** The figures from which the tables were made. */
  readonly data: unknown
}

export interface RecordedResult extends ScenarioResult {
  readonly title: string
  readonly date: string
  readonly commit: string
  readonly command: string
  readonly machine: Machine
}

export type ResultFile = Readonly<Record<string, RecordedResult>>

const ROOT = join(import.meta.dirname, '..')
const RESULTS_PATH = join(ROOT, 'bench', 'results.json')

export function readResults(): ResultFile {
  if (!existsSync(RESULTS_PATH)) return {}
  return JSON.parse(readFileSync(RESULTS_PATH, 'utf8')) as ResultFile // written by `writeResults`
}

export function writeResults(results: ResultFile): void {
  const sorted = Object.fromEntries(Object.entries(results).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(RESULTS_PATH, `${JSON.stringify(sorted, null, 2)}\n`)
  // Formatted like all JSON of the project, so that `npm run check` passes. Without Biome the file stays unformatted.
  spawnSync(join(ROOT, 'node_modules', '.bin', 'biome'), ['format', '--write', RESULTS_PATH])
}

export function describeMachine(): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cpus: all.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
  }
}

/** Short hash of HEAD, with `+` if tracked files other than the results and the page have changed. */
export function describeCommit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
    const changes = git('status', '--porcelain', '--untracked-files=no', ':/')
      .split('\n')
      .filter((line) => line !== '' && !/bench\/results\.json$|docs\/benchmarks\.md$/.test(line))
    return git('rev-parse', '--short', 'HEAD') + (changes.length > 0 ? '+' : '')
  } catch {
    return 'unknown' // an unpacked archive has no history
  }
}
