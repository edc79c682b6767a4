// Signals that ask a process to end.

import type { Io } from './cli/io.ts'

/** Resolves with the name of the first stop signal; a second one ends the process. */
export function onSignals(io: Io): Promise<string> {
  return new Promise((resolve) => {
    let seen = false
    const on = (signal: string): void => {
      if (seen) {
        io.err(`${signal} again: stopping at once\n`)
        process.exit(1)
      }
      seen = true
      resolve(signal)
    }
    process.on('SIGINT', () => on('SIGINT'))
    process.on('SIGTERM', () => on('SIGTERM'))
  })
}
