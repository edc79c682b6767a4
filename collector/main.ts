#!/usr/bin/env node
// The command line: `observa COMMAND`. Loads a command only when it is asked for, so that `scrub` and `pipe`
// start without servers and clients.

import { nearest } from '../core/config/nearest.ts'
import { ObservaError } from '../core/errors.ts'
import { MISUSE } from './cli/args.ts'
import { COMMANDS } from './cli/commands.ts'
import { HELP } from './cli/help.ts'
import { type Io, processIo } from './cli/io.ts'
import { keepCompiledModules } from './compiled-modules.ts'
import { UncaughtErrors } from './uncaught-errors.ts'

/** How long a stop after a signal or an error may take, ms. After that the process ends at once. */
const STOP_MS_MAX = 25_000

/** Words that people try first, and the command that does it. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['start', 'run'],
  ['serve', 'run'],
  ['explain', 'pipe --explain'],
  ['check', 'validate'],
  ['tail', 'tap'],
])

async function main(argv: readonly string[], io: Io, faults: UncaughtErrors): Promise<number> {
  const [name, ...args] = argv
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const command = name === 'help' && args[0] !== undefined ? COMMANDS.get(args[0]) : undefined
    io.out(command === undefined ? HELP : command.help)
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-v') return main(['version'], io, faults)
  const command = COMMANDS.get(name)
  if (command === undefined) {
    const near = ELSEWHERE.get(name) ?? nearest(name, COMMANDS.keys())
    const hint = near === null ? '' : ` Did you mean "${near}"?`
    io.err(`observa: there is no command "${name}".${hint} "observa help" lists all.\n`)
    return 2
  }
  if (args.includes('--help') || args.includes('-h')) {
    io.out(command.help)
    return 0
  }
  keepCompiledModules()
  return (await command.load())(args, io, faults)
}

const io = processIo()
const faults = new UncaughtErrors((line) => io.err(line), STOP_MS_MAX)
try {
  process.exitCode = await main(process.argv.slice(2), io, faults)
} catch (thrown) {
  if (!(thrown instanceof ObservaError)) throw thrown
  io.err(`${thrown.line()}\n`)
  process.exitCode = thrown.code === MISUSE ? 2 : 1
}
