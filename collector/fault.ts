// The last resort: an error that nobody caught. It is reported in one line, what was accepted is drained within a bound,
// and the process ends with a code that says so. The line holds no message, for a message may quote a prompt
// or a secret: it names the kind of the error and the places in the code.

import type { Logger } from 'pino'
import { type Fault, faultOf } from '../core/fault.ts'

/** EX_SOFTWARE of sysexits.h: a fault in the program itself, unlike 1 for a mistake in its use. */
export const FAULT_EXIT_CODE = 70

export class FaultWatch {
  readonly #write: (line: string) => void
  readonly #drainMsMax: number
  #log: Logger | null = null
  #drain: (() => Promise<void>) | null = null
  #isEnding = false

  /** `write` takes the report for as long as there is no log. */
  constructor(write: (line: string) => void, drainMsMax: number) {
    this.#write = write
    this.#drainMsMax = drainMsMax
    // A rejection that nobody handles arrives here too.
    process.on('uncaughtException', (thrown, origin) => this.end(thrown, origin))
  }

  /** From now on faults are reported to `log`, and `drain` is run before the end. */
  use(log: Logger, drain: () => Promise<void>): void {
    this.#log = log
    this.#drain = drain
  }

  /** Reports, drains and ends the process. What breaks meanwhile is mostly a consequence and changes nothing. */
  end(thrown: unknown, origin: string): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#report(faultOf(thrown, origin))
    const exit = (): never => process.exit(FAULT_EXIT_CODE)
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
