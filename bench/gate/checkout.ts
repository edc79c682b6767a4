// Checks out a commit of this repository into its own directory, so that it can be run.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
/** A directory in which no tool of the project looks for sources. */
const CHECKOUTS = join(ROOT, '.cache', 'gate')
const ARCHIVE_BYTES_MAX = 512 * 1024 * 1024

export interface Checkout {
  /** Short hash, with `+` if there are uncommitted changes. */
  readonly commit: string
  readonly directory: string
}

/** The working directory as it is, uncommitted changes included. */
export function workingTree(): Checkout {
  const isChanged = git(['status', '--porcelain', '--untracked-files=no']) !== ''
  return { commit: git(['rev-parse', '--short', 'HEAD']) + (isChanged ? '+' : ''), directory: ROOT }
}

/** Puts the files of a commit below `.cache/gate`, or uses them if they are there already. */
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

/** Uses the installed packages of this directory if the lockfiles of both commits are equal, and installs otherwise. */
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
  if (result.status !== 0) throw new Error(`git archive ${commit}: ${result.stderr.toString()}`)
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
