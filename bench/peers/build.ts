// Builds the OpenTelemetry Collector from its modules with its own builder, once, into build/ (which is not committed). The
// first build takes a few minutes of CPU; `node bench/peers/build.ts` does it before a run.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const BUILDER = 'go.opentelemetry.io/collector/cmd/builder@v0.161.0'
const BUILD_DIRECTORY = join(import.meta.dirname, 'build')
const BINARY = join(BUILD_DIRECTORY, 'otelcol-peer')

export function hasCollector(): boolean {
  return existsSync(BINARY)
}

/** Path of the Collector binary. Throws with the reason if it cannot be built on this machine. */
export function collectorBinary(): string {
  if (existsSync(BINARY)) return BINARY
  process.stderr.write('bench: building the OpenTelemetry Collector, this takes some minutes\n')
  mkdirSync(BUILD_DIRECTORY, { recursive: true })
  const tools = join(BUILD_DIRECTORY, 'bin')
  go(['go', 'install', BUILDER], { GOBIN: tools })
  go([join(tools, 'builder'), '--config=builder.yaml'], {})
  return BINARY
}

function go(command: readonly string[], env: Readonly<Record<string, string>>): void {
  // At low priority, because other programs may be running, or measuring, on this machine.
  const result = spawnSync('nice', ['-n', '10', ...command], {
    cwd: import.meta.dirname,
    env: { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', ...env },
    encoding: 'utf8',
  })
  if (result.status !== 0)
    throw new Error(
      `${command.join(' ')} failed; the Go toolchain (1.25 or newer) and its module proxy are needed:\n${result.error?.message ?? result.stderr}`,
    )
}

if (import.meta.main) process.stdout.write(`${collectorBinary()}\n`)
