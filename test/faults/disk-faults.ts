// Disk faults in a real process. `interpose.c` is compiled here and preloaded; it delays syncs and writes or makes them fail.
// Needs a C compiler and glibc; `DiskFaults.missing` says what is not available.

import { spawnSync } from 'node:child_process'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const SOURCE = join(import.meta.dirname, 'interpose.c')

export type Fault = 'hold-sync' | 'hold-write' | 'fail-sync' | 'fail-write'

export class DiskFaults {
  /** Environment of the process that gets the faults. */
  readonly env: Readonly<Record<string, string>>
  readonly #file: string

  /** The reason why disk faults cannot be simulated on this machine; null if they can. */
  static missing(): string | null {
    if (process.platform !== 'linux') return 'needs Linux'
    const done = spawnSync('cc', ['--version'], { encoding: 'utf8' })
    return done.status === 0 ? null : 'needs a C compiler (cc)'
  }

  /** Compiles the library into `dir`. Only files whose path contains `under` are affected. */
  constructor(dir: string, under: string) {
    const library = join(dir, 'interpose.so')
    const args = ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl']
    const done = spawnSync('cc', args, { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`cc failed: ${done.stderr}`)
    this.#file = join(dir, 'faults')
    this.env = { LD_PRELOAD: library, OBSERVA_FAULTS: this.#file, OBSERVA_FAULTS_UNDER: under }
  }

  /** Makes these the active faults, in place of the earlier ones. */
  async set(...faults: readonly Fault[]): Promise<void> {
    // Written to another file and renamed, so that no call reads half of it.
    await writeFile(`${this.#file}.new`, faults.join('\n'))
    await rename(`${this.#file}.new`, this.#file)
  }
}
