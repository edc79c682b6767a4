// Faults of the disk under a real process: `interpose.c`, compiled here and preloaded, makes its syncs and writes
// wait or fail when told to. Needs a C compiler and glibc; `DiskFaults.missing` says what is not there.

import { spawnSync } from 'node:child_process'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const SOURCE = join(import.meta.dirname, 'interpose.c')

export type Fault = 'hold-sync' | 'hold-write' | 'fail-sync' | 'fail-write'

export class DiskFaults {
  /** For the process that is to suffer them. */
  readonly env: Readonly<Record<string, string>>
  readonly #file: string

  /** Why there can be no faults here, or null when there can. */
  static missing(): string | null {
    if (process.platform !== 'linux') return 'needs Linux'
    const done = spawnSync('cc', ['--version'], { encoding: 'utf8' })
    return done.status === 0 ? null : 'needs a C compiler (cc)'
  }

  /** Compiles into `dir`. The faults meet files whose path contains `under`. */
  constructor(dir: string, under: string) {
    const library = join(dir, 'interpose.so')
    const args = ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl']
    const done = spawnSync('cc', args, { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`cc failed: ${done.stderr}`)
    this.#file = join(dir, 'faults')
    this.env = { LD_PRELOAD: library, OBSERVA_FAULTS: this.#file, OBSERVA_FAULTS_UNDER: under }
  }

  /** From now on these, and no others. */
  async set(...faults: readonly Fault[]): Promise<void> {
    // Renamed, so that no call sees half of it.
    await writeFile(`${this.#file}.new`, faults.join('\n'))
    await rename(`${this.#file}.new`, this.#file)
  }
}
