// Handles errors that nobody caught. The error is reported in one line, accepted data is drained within a time limit,
// and the process ends with its own exit code. The line contains no error message, because that may quote a prompt or
// a secret. It has the kind of the error and the places in the code.

import type { Logger } from 'pino'
import { type Fault, faultOf } from '../core/fault.ts'

/** EX_SOFTWARE of sysexits.h: an error in the program itself. A mistake in its use ends with 1. */
export const SOFTWARE_ERROR_EXIT_CODE = 70

export class UncaughtErrors {
  readonly #write: (line: string) => void
  readonly #drainMsMax: number
  #log: Logger | null = null
  #drain: (() => Promise<void>) | null = null
  #isEnding = false

  /** Reports to `write` until `use` has given a log. */
  constructor(write: (line: string) => void, drainMsMax: number) {
    this.#write = write
    this.#drainMsMax = drainMsMax
    // Unhandled promise rejections arrive here too.
    process.on('uncaughtException', (thrown, origin) => this.end(thrown, origin))
  }

  /** From now on errors are reported to `log`, and `drain` runs before the process ends. */
  use(log: Logger, drain: () => Promise<void>): void {
    this.#log = log
    this.#drain = drain
  }

  /**
   * Reports the error, drains and ends the process. Further errors meanwhile are ignored, because most are
   * consequences of the first.
   */
  end(thrown: unknown, origin: string): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#report(faultOf(thrown, origin))
    const exit = (): never => process.exit(SOFTWARE_ERROR_EXIT_CODE)
    if (this.#drain === null) exit()
    setTimeout(exit, this.#drainMsMax)
    void this.#drain?.().then(exit, exit)
  }

  #report({ kind, origin, at }: Fault): void {
    if (this.#log === null) {
      this.#write(`OBS_PROCESS_FAULT: ${kind} (${origin}) at ${at.join(' < ')}\n`)
      return
    }
    const fields = { code: 'OBS_PROCESS_FAULT', kind, origin, at }
    this.#log.fatal(fields, 'a fault in the program: draining, then ending')
  }
}
