// The directory for the state of an instance, which is created on first use and accessible for its owner only. An
// unusual directory is a warning and not an error, because it may be right on this machine.

import { chmod, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { isAbsolute, relative, resolve } from 'node:path'
import type { Logger } from 'pino'
import type { ObservaConfig } from '../../config/root.ts'
import { messageOf, ObservaError } from '../../core/errors.ts'
import { makeDirectory } from '../../core/files/make-directory.ts'

/**
 * Creates the directory and returns its absolute path. The mode is 0711, because embedded Postgres runs as another
 * user when the process runs as root.
 */
export async function openDataDir(path: string): Promise<string> {
  const dir = resolve(path)
  try {
    await makeDirectory(dir, 0o711)
    const found = await stat(dir)
    if (!found.isDirectory()) throw new Error('it is not a directory')
    // Other users may pass through the directory to their own files, and cannot list it.
    await chmod(dir, 0o711)
    return dir
  } catch (thrown) {
    throw new ObservaError(
      'OBS_DATA_DIR',
      `cannot use the data directory ${path}: ${messageOf(thrown)}.`,
      'Set data_dir to a directory this user may write.',
    )
  }
}

/** Usual places for state, besides the working directory. */
const ROOTS = ['/var/lib', '/var/opt', '/srv', '/data', '/mnt', '/opt', '/Volumes'] as const

/** Warnings about directories that look like a mistake. Usual places give none. */
export function doubtsAbout(dataDir: string, queueDir: string | undefined): string[] {
  const roots = [process.cwd(), homedir(), tmpdir(), ...ROOTS]
  const isBelow = (dir: string, root: string): boolean => {
    const way = relative(resolve(root), resolve(dir))
    return root !== '/' && way !== '..' && !way.startsWith('../') && !isAbsolute(way)
  }
  const isUsual = (dir: string): boolean => roots.some((root) => isBelow(dir, root))
  const doubts: string[] = []
  if (!isUsual(dataDir))
    doubts.push(
      `data_dir ${resolve(dataDir)} is outside of ${['the working directory', ...ROOTS].join(', ')}`,
    )
  if (queueDir !== undefined && !isBelow(queueDir, dataDir) && !isUsual(queueDir))
    doubts.push(
      `queue.dir ${resolve(queueDir)} is neither below data_dir nor in a usual place for state`,
    )
  return doubts
}

export function warnOfDoubts({ data_dir, queue }: ObservaConfig, log: Logger): void {
  for (const doubt of doubtsAbout(data_dir, queue.dir)) log.warn({ code: 'OBS_DATA_DIR' }, doubt)
}
