// Creates directories with their parents. The recursive mkdir of Node never returns where a parent exists and takes no new directories but
// says ENOENT, as /proc does; here that is an error like any other.

import { mkdirSync, statSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Creates `path` and its missing parents, each with `mode`. A directory that exists keeps its mode. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, mode)
  } catch (error) {
    if (await isDirectory(path)) return
    if (!isParentMissing(error, path)) throw error
    await makeDirectory(dirname(path), mode)
    await mkdir(path, mode).catch(unlessThere)
  }
}

/** The same for code that may not wait. */
export function makeDirectorySync(path: string, mode: number): void {
  try {
    mkdirSync(path, mode)
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
    if (!isParentMissing(error, path)) throw error
    makeDirectorySync(dirname(path), mode)
    try {
      mkdirSync(path, mode)
    } catch (second) {
      unlessThere(second)
    }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

const isParentMissing = (error: unknown, path: string): boolean =>
  codeOf(error) === 'ENOENT' && dirname(path) !== path

/** Another process may have made the directory meanwhile. */
function unlessThere(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error
}
