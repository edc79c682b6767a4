// The directory an instance keeps its state in: made on first use, for its owner only. A place that is none for state is
// not refused, for nobody knows all machines, but said.

import { chmod, mkdir, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { isAbsolute, relative, resolve } from 'node:path'
import { messageOf, ObservaError } from '../../core/errors.ts'

/** Absolute path of the directory, existing and private (mode 0711: embedded Postgres runs as another user when we are root). */
export async function openDataDir(path: string): Promise<string> {
  const dir = resolve(path)
  try {
    await mkdir(dir, { recursive: true, mode: 0o711 })
    const found = await stat(dir)
    if (!found.isDirectory()) throw new Error('it is not a directory')
    // Others may pass through to what is theirs, and list nothing.
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

/** Where state belongs on a machine, beside what is below the working directory. */
const ROOTS = ['/var/lib', '/var/opt', '/srv', '/data', '/mnt', '/opt', '/Volumes'] as const

/** Sentences about directories that look like a slip of the pen; none for usual ones. */
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
