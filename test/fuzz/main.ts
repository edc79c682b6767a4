// `npm run fuzz`: gives damaged input to all code that reads data from outside. A failure is reported with its seed and
// number, which make the same input again, and the input is written to a file.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'
import type { Target } from './target.ts'
import { TARGETS, targetNamed } from './targets.ts'

const USAGE = `npm run fuzz -- [TARGET...] [options]

Damages inputs and runs them through the targets (all without a name) until the time is over. Exit code 1 when one failed:
its input is written to a file, and --seed with --at runs it again.

options
  --seconds N      for all targets together (60)
  --executions N   of each target, instead of a time
  --seed N         of the damage (the time)
  --at N           only execution N of one target
`
const ROUND = 20_000

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '60' },
      executions: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
      at: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    const list = TARGETS.map((t) => `  ${t.name.padEnd(16)} ${t.about}\n`).join('')
    process.stdout.write(`${USAGE}\ntargets\n${list}`)
    return 0
  }
  const targets = positionals.length === 0 ? TARGETS : positionals.map(targetNamed)
  const seed = whole('seed', values.seed)
  let failures = 0
  for (const target of targets) {
    const endMs =
      values.executions === undefined && values.at === undefined
        ? performance.now() + (1000 * whole('seconds', values.seconds)) / targets.length
        : Number.POSITIVE_INFINITY
    const first = values.at === undefined ? 0 : whole('at', values.at)
    const count =
      values.at === undefined ? whole('executions', values.executions ?? '2000000000') : 1
    if (!(await run(target, { seed, first, count, endMs }))) failures++
  }
  return failures === 0 ? 0 : 1
}

interface Plan {
  readonly seed: number
  readonly first: number
  readonly count: number
  readonly endMs: number
}

/** Returns true when nothing failed. Runs in rounds, so that a target whose state grows starts fresh from time to time. */
async function run(target: Target, { seed, first, count, endMs }: Plan): Promise<boolean> {
  const startedAt = performance.now()
  let done = 0
  let round = Math.min(count, target.executions)
  while (done < count && performance.now() < endMs) {
    const from = first + done
    const failure = await fuzz(target, {
      seed,
      first: from,
      executions: Math.min(round, count - done),
      progress: (n) => progress(`${target.name}: ${n - first} executions`),
    })
    if (failure !== null) {
      const file = join(process.cwd(), `fuzz-${target.name}-${seed}-${failure.execution}.tmp`)
      writeFileSync(file, failure.input)
      process.stdout.write(
        `${target.name}: FAILED at --seed ${seed} --at ${failure.execution}, input in ${file}\n${failure.error}\n`,
      )
      return false
    }
    done += Math.min(round, count - done)
    round = ROUND
  }
  const seconds = (performance.now() - startedAt) / 1000
  process.stdout.write(
    `${target.name}: ${done} executions, none failed, seed ${seed}, ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(0)} a second\n`,
  )
  return true
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\u001b[K`)
}

function whole(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`--${option} must be a whole number, not ${text}`)
  return value
}

process.exitCode = await main()
