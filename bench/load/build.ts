// Builds the Go load client and sink into bench/out if the Go toolchain is installed. Nothing is downloaded, because the
// module has no dependencies.

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

export const OUT_DIRECTORY = join(import.meta.dirname, '..', 'out')
const BINARY = join(OUT_DIRECTORY, 'load')

let built: string | null | undefined

/**
 * Path of the binary; null when Go is not installed, which is reported on stderr once. Takes a fraction of a second if the
 * binary is up to date.
 */
export function loadBinary(): string | null {
  if (built !== undefined) return built
  mkdirSync(OUT_DIRECTORY, { recursive: true })
  const result = spawnSync('go', ['build', '-trimpath', '-o', BINARY, '.'], {
    cwd: join(import.meta.dirname, 'go'),
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' },
  })
  if (result.error !== undefined) {
    process.stderr.write(
      'bench: the Go toolchain is not installed; the slower Node load client is used, and may itself be the bottleneck\n',
    )
    built = null
  } else if (result.status !== 0) throw new Error(`go build failed:\n${result.stderr}`)
  else built = BINARY
  return built
}
