// The type of a command, and of its row in the tables of commands.

import type { UncaughtErrors } from '../../uncaught-errors.ts'
import type { Io } from '../io.ts'

/** Returns the exit code. A command that keeps running tells `faults` how to drain it. */
export type Command = (args: readonly string[], io: Io, faults: UncaughtErrors) => Promise<number>

export interface CommandEntry {
  readonly help: string
  /** Imports the command's code. Nothing of it is loaded before, so that a short command starts quickly. */
  readonly load: () => Promise<Command>
}
