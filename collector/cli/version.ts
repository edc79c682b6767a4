// The version of this build.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Io } from './io.ts'

/** The version of the nearest package.json above this file, which is found from the sources and from `dist`. */
export function packageVersion(): string {
  let dir = import.meta.dirname
  for (let up = 0; up < 5; up++) {
    try {
      const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as {
        name?: string
        version?: string
      }
      if (manifest.name === 'observa') return manifest.version ?? '0.0.0'
    } catch {
      // This folder has no manifest; the next one above is tried.
    }
    dir = dirname(dir)
  }
  return '0.0.0'
}

export function versionCommand(_args: readonly string[], io: Io): Promise<number> {
  io.out(
    `observa ${packageVersion()} (node ${process.version}, ${process.platform} ${process.arch})\n`,
  )
  return Promise.resolve(0)
}
