// The test command: runs every `*.test.ts` of the project, each file in a separate process, with the real components. Ends
// with the line `N passed, N failed, N skipped`; skipped tests are listed with their reason. With `--second-attempt` the few files
// that failed run once more when nothing else does, and those that pass then are named at the end: a test that depends on how busy
// the machine is stays visible, and does not hide what else a run has to say.

import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { type FileResult, killAll, runFile } from './runner/test-process.ts'

/** Limits on how much of each error is repeated in the list at the end. */
const FAILURE_LINES = 8
const FAILURE_CHARACTERS = 400
/** Files at a time: one more than cores, up to three, because most wait for engines more than they compute. */
const LANES = Math.min(3, availableParallelism() + 1)
/** Time limit of a file. The slowest one, which starts a fleet twice, takes four minutes on two idle cores and ten on busy ones. */
const FILE_MS_MAX = Number(process.env['OBSERVA_TEST_FILE_SECONDS'] ?? 900) * 1000

/** More failed files than this have one cause, which is no accident of timing: they are not tried again. */
const SECOND_ATTEMPTS_MAX = 3

const root = join(import.meta.dirname, '..')
const wanted = process.argv.slice(2).filter((a) => !a.startsWith('--'))
const triesAgain = process.argv.includes('--second-attempt')

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

const counts = { passed: 0, skipped: 0 }
const failures: Failure[] = []
const skips: string[] = []
/** Failures of a first attempt whose file passed at the second one. */
const unsteady: Failure[] = []
/** What a file that failed has added to the counts, to be taken back when it runs again. */
const failed: { readonly file: string; readonly first: FileResult }[] = []

async function main(): Promise<void> {
  const files = testFiles()
  if (files.length === 0) {
    process.stderr.write(`No test file matches ${wanted.join(', ')}.\n`)
    process.exit(1)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      killAll()
      process.exit(130)
    })
  const startedAt = performance.now()
  process.stdout.write(`${files.length} test files\n`)
  const lane = async (): Promise<void> => {
    for (let file = files.shift(); file !== undefined; file = files.shift())
      count(relative(root, file), await runFile(file, FILE_MS_MAX))
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  if (triesAgain && failed.length <= SECOND_ATTEMPTS_MAX) await tryAgain()
  finish(startedAt)
}

async function tryAgain(): Promise<void> {
  for (const { file, first } of failed.slice()) {
    process.stdout.write(`\nSecond attempt: ${file}\n`)
    const second = await runFile(join(root, file), FILE_MS_MAX)
    const isUnsteady = second.failures.length === 0
    const before = failures.filter((failure) => failure.file === file)
    if (isUnsteady) unsteady.push(...before)
    for (const failure of before) failures.splice(failures.indexOf(failure), 1)
    counts.passed -= first.passed
    counts.skipped -= first.skips.length
    for (const skip of skipsOf(file, first)) skips.splice(skips.indexOf(skip), 1)
    count(file, second)
  }
}

function count(file: string, result: FileResult): void {
  counts.passed += result.passed
  counts.skipped += result.skips.length
  skips.push(...skipsOf(file, result))
  if (result.failures.length > 0) failed.push({ file, first: result })
  for (const { name, text } of result.failures) {
    failures.push({ file, name, text })
    process.stdout.write(`FAIL ${file}: ${name}\n${text}\n`)
  }
  const tests = result.passed + result.failures.length + result.skips.length
  const seconds = (result.milliseconds / 1000).toFixed(1)
  const word = result.failures.length === 0 ? 'ok  ' : 'FAIL'
  process.stdout.write(`${word} ${file} (${tests} tests, ${seconds} s)\n`)
}

function skipsOf(file: string, { skips: some }: FileResult): string[] {
  return some.map(({ name, reason }) => `${file}: ${name}${reason === '' ? '' : ` (${reason})`}`)
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
  if (unsteady.length > 0)
    process.stdout.write(
      `\nPassed only at the second attempt, alone:\n${unsteady.map(summary).join('')}\n`,
    )
  process.stdout.write(`\n${seconds} s\n`)
  const tail = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  process.stdout.write(`${counts.passed} passed, ${failures.length} failed${tail}\n`)
  process.exit(failures.length > 0 || counts.passed === 0 ? 1 : 0)
}

await main()
