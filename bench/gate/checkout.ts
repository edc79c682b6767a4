// A commit of this repository as a directory of its own that can be run.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
/** Where no tool of the project looks for sources. */
const CHECKOUTS = join(ROOT, '.cache', 'gate')
const ARCHIVE_BYTES_MAX = 512 * 1024 * 1024

export interface Checkout {
  /** Short hash, and `+` for changes that are not committed. */
  readonly commit: string
  readonly directory: string
}

/** This directory as it is, changes included. */
export function workingTree(): Checkout {
  const isChanged = git(['status', '--porcelain', '--untracked-files=no']) !== ''
  return { commit: git(['rev-parse', '--short', 'HEAD']) + (isChanged ? '+' : ''), directory: ROOT }
}

/** The files of a commit below `.cache/gate`; those that were there before are used again. */
export function checkOut(revision: string, say: (text: string) => void): Checkout {
  const commit = git(['rev-parse', '--short', '--verify', `${revision}^{commit}`])
  const directory = join(CHECKOUTS, commit)
  if (!existsSync(directory)) {
    say(`checking out ${commit}`)
    const partial = `${directory}.partial`
    rmSync(partial, { recursive: true, force: true })
    mkdirSync(partial, { recursive: true })
    run('tar', ['-x', '-C', partial], ROOT, archive(commit))
    renameSync(partial, directory)
  }
  if (!existsSync(join(directory, 'node_modules'))) install(directory, say)
  return { commit, directory }
}

/** Shares the installed packages where both commits lock the same ones. */
function install(directory: string, say: (text: string) => void): void {
  const lock = (at: string): string => readFileSync(join(at, 'package-lock.json'), 'utf8')
  if (lock(ROOT) === lock(directory)) {
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'), 'dir')
    return
  }
  say('its packages differ: installing them')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], directory)
}

function archive(commit: string): Buffer {
  const result = spawnSync('git', ['archive', commit], { cwd: ROOT, maxBuffer: ARCHIVE_BYTES_MAX })
  if (result.error !== undefined) throw result.error
  if (result.status !== 0) throw new Error(`git archive ${commit}: ${result.stderr}`)
  return result.stdout
}

const git = (args: readonly string[]): string => run('git', args, ROOT).trim()

function run(program: string, args: readonly string[], cwd: string, input?: Buffer): string {
  const options = { cwd, encoding: 'utf8', ...(input === undefined ? {} : { input }) } as const
  const { status, stdout, stderr, error } = spawnSync(program, args, options)
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}
