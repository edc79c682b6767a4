// The directory an instance keeps its state in: made on first use, for its owner only.

import { chmod, mkdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
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
