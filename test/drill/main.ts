// `npm run drill -- NAME`, which `observa drill NAME` starts too: causes faults in temporary instances and gives one verdict.
// Progress goes to standard error, the result to standard output.

import { parseArgs } from 'node:util'
import { Instance } from '../instance.ts'
import { isSound, median, type Note } from './drill.ts'
import { DRILLS } from './drills.ts'
import { type Outcome, runDrill } from './rounds.ts'

const USAGE = `npm run drill -- [NAME] [options]

  (no NAME)       lists the drills
      --cycles N  how many cycles; what a cycle is, the list says
      --seconds N ends after this time, with all that was done checked
      --seed N    of the random moments (default: 1)
      --state F   adds up over runs in this file, and goes on with the next seed
      --json      prints the result as one JSON object

Ctrl-C ends a drill early; what was done is checked and counts. Exit code 1 when something was lost, doubled or corrupt.
`

const say = (text: string): void => void process.stdout.write(text)
const complain = (text: string): void => void process.stderr.write(`${text}\n`)

function list(isJson: boolean): number {
  if (isJson) {
    const rows = DRILLS.map(({ name, about, cycle, cycles, missing }) => {
      return { name, about, cycle, cycles, missing: missing() }
    })
    say(`${JSON.stringify(rows)}\n`)
    return 0
  }
  for (const d of DRILLS) {
    say(
      `${d.name.padEnd(18)}${d.about}\n${' '.repeat(18)}a cycle: ${d.cycle}; ${d.cycles} by default\n`,
    )
    const missing = d.missing()
    if (missing !== null) say(`${' '.repeat(18)}not here: ${missing}\n`)
  }
  return 0
}

function print({ drill, seed, rounds, seconds, total }: Outcome, judged: readonly string[]): void {
  say(
    `${drill}: ${total.cycles} cycles in ${rounds} rounds, from seed ${seed}, ${Math.round(seconds)} s\n`,
  )
  const rows: readonly (readonly [string, number | string])[] = [
    ['issued', total.issued],
    ['acknowledged', total.acknowledged],
    ['delivered', total.delivered],
    ['dead-lettered', total.deadLettered],
    ['lost', total.lost],
    ['doubled', total.doubled],
    ['corrupt', total.corrupt],
    ...(total.skipped > 0 ? [['skipped', total.skipped] as const] : []),
    ...Object.entries(total.notes).map(([name, note]) => [name, textOf(note)] as const),
  ]
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  for (const [name, value] of rows) say(`  ${name.padEnd(width)}${value}\n`)
  for (const line of judged) say(`  ${line}\n`)
}

function textOf(note: Note): number | string {
  return typeof note === 'object' ? `${median(note)} (median of ${note.join(', ')})` : note
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const n = Number(text)
  if (!Number.isSafeInteger(n) || n < 0) throw new TypeError(`--${name} is "${text}", not a number`)
  return n
}

function parsed() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cycles: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      state: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  const cycles = numberOf('cycles', values.cycles)
  const seconds = numberOf('seconds', values.seconds)
  return { ...values, positionals, cycles, seconds, seed: numberOf('seed', values.seed) ?? 1 }
}

async function main(): Promise<number> {
  let options: ReturnType<typeof parsed>
  try {
    options = parsed()
  } catch (thrown) {
    complain(`${(thrown as Error).message}\n\n${USAGE}`)
    return 2
  }
  const { positionals, json, cycles, seconds, seed, state } = options
  if (options.help) {
    say(USAGE)
    return 0
  }
  const [name] = positionals
  if (name === undefined) return list(json)
  const drill = DRILLS.find((d) => d.name === name)
  if (drill === undefined || positionals.length > 1) {
    complain(
      `There is no drill "${positionals.join(' ')}": ${DRILLS.map((d) => d.name).join(', ')}.`,
    )
    return 2
  }
  const stop = new AbortController()
  // Ctrl-C in a terminal signals the instances too, and npm and the command line pass signals on. Neither may interrupt a
  // drill twice.
  Instance.isDetached = true
  process.on('exit', () => Instance.endAll())
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())
  const outcome = await runDrill(drill, {
    ...(cycles === undefined ? {} : { cycles }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(state === undefined ? {} : { state }),
    seed,
    signal: stop.signal,
    progress: (text) => complain(`${drill.name}: ${text}`),
  })
  const judged = drill.judged?.(outcome.total) ?? []
  if (json) say(`${JSON.stringify({ ...outcome, judged })}\n`)
  else print(outcome, judged)
  return isSound(outcome.total) ? 0 : 1
}

process.exitCode = await main()
