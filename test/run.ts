// The test command: runs every `*.test.ts` of the project, each file in a separate process, with the real components. Ends
// with the line `N passed, N failed, N skipped`; skipped tests are listed with their reason.

import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { run } from 'node:test'

/** Limits on how much of each error is repeated in the list at the end. */
const FAILURE_LINES = 8
const FAILURE_CHARACTERS = 400

const root = join(import.meta.dirname, '..')
const wanted = process.argv.slice(2).filter((a) => !a.startsWith('--'))

/** Test files of the project. The arguments are parts of paths; other files are left out. */
function testFiles(): string[] {
  const all = globSync('**/*.test.ts', {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|dist|\.cache|\.observa)(\/|$)/.test(path),
  })
  const kept = wanted.length === 0 ? all : all.filter((f) => wanted.some((w) => f.includes(w)))
  return kept.toSorted().map((f) => join(root, f))
}

interface Failure {
  readonly file: string
  readonly name: string
  readonly text: string
}

const counts = { passed: 0, failed: 0, skipped: 0 }
const failures: Failure[] = []
const skips: string[] = []

const describeError = (thrown: unknown): string => {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}

function main(): void {
  const files = testFiles()
  if (files.length === 0) {
    process.stderr.write(`No test file matches ${wanted.join(', ')}.\n`)
    process.exit(1)
  }
  const startedAt = performance.now()
  process.stdout.write(`${files.length} test files\n`)
  const stream = run({
    files,
    concurrency: Math.max(1, Math.min(2, availableParallelism())),
    timeout: 600_000,
  })
  stream.on('test:pass', (e) => {
    if (e.details.type === 'suite') return
    if (e.skip !== undefined && e.skip !== false) {
      counts.skipped++
      skips.push(
        `${relative(root, e.file ?? '')}: ${e.name}${e.skip === true ? '' : ` (${e.skip})`}`,
      )
    } else if (e.name !== e.file) counts.passed++
  })
  stream.on('test:fail', (e) => {
    if (e.details.type === 'suite' || isEcho(e.details.error)) return
    counts.failed++
    const failure = {
      file: relative(root, e.file ?? ''),
      name: e.name,
      text: describeError(e.details.error),
    }
    failures.push(failure)
    process.stdout.write(`FAIL ${failure.file}: ${failure.name}\n${failure.text}\n`)
  })
  stream.on('test:stderr', (e) => process.stderr.write(e.message))
  stream.on('test:summary', (e) => {
    if (e.file !== undefined)
      process.stdout.write(
        `${e.success ? 'ok  ' : 'FAIL'} ${relative(root, e.file)} (${e.counts.tests} tests, ${(e.duration_ms / 1000).toFixed(1)} s)\n`,
      )
  })
  stream.on('end', () => finish(startedAt))
  stream.resume()
}

/** A file or parent test that fails only because a test below it failed is not a failure of its own. */
function isEcho(error: unknown): boolean {
  const failureType = (error as { failureType?: string } | undefined)?.failureType
  return failureType === 'subtestsFailed'
}

/** Repeats the beginning of the error, because often only the end of a long output is visible. */
function summary({ file, name, text }: Failure): string {
  const lines = text.split('\n').slice(0, FAILURE_LINES)
  return `  ${file}: ${name}\n${lines.map((line) => `      ${line.slice(0, FAILURE_CHARACTERS)}\n`).join('')}`
}

function finish(startedAt: number): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  if (skips.length > 0)
    process.stdout.write(`\nSKIPPED, not tested here:\n  ${skips.join('\n  ')}\n`)
  if (failures.length > 0) process.stdout.write(`\nFailed:\n${failures.map(summary).join('')}\n`)
  process.stdout.write(`\n${seconds} s\n`)
  const tail = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${tail}\n`)
  process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0)
}

main()
