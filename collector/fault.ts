// The last resort: an error that nobody caught. It is reported in one line, what was accepted is drained within a bound,
// and the process ends with a code that says so. The line holds no message, for a message may quote a prompt
// or a secret: it names the kind of the error and the places in the code.

import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'

/** EX_SOFTWARE of sysexits.h: a fault in the program itself, unlike 1 for a mistake in its use. */
export const FAULT_EXIT_CODE = 70
const PLACES_MAX = 6

export interface Fault {
  /** Class of the error, and its code where it has one: `TypeError`, `Error ECONNRESET`. */
  readonly kind: string
  /** `uncaughtException` or `unhandledRejection`. */
  readonly origin: string
  /** Where it was thrown, innermost first: `collector/main.ts:12:3`. */
  readonly at: readonly string[]
}

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

/** What can be said of an error without quoting anything it was about. */
export function faultOf(thrown: unknown, origin: string): Fault {
  if (!(thrown instanceof Error)) return { kind: typeof thrown, origin, at: [] }
  const { code } = thrown as NodeJS.ErrnoException
  const name = thrown.constructor.name
  const hasCode = typeof code === 'string' && /^\w{1,60}$/.test(code)
  return { kind: hasCode ? `${name} ${code}` : name, origin, at: placesOf(thrown.stack ?? '') }
}

const FRAME = /^ {4}at (?:.* \()?((?:file:\/\/|node:|\/|[A-Z]:\\)[^()]*:\d+:\d+)\)?$/
const ROOT = fileURLToPath(new URL('../', import.meta.url))

/** Read from the end, so that a message with lines like those of a stack stays out. */
function placesOf(stack: string): string[] {
  const lines = stack.split('\n')
  const first = lines.findLastIndex((line) => !line.startsWith('    at ')) + 1
  return lines
    .slice(first)
    .flatMap((line) => FRAME.exec(line)?.[1] ?? [])
    .slice(0, PLACES_MAX)
    .map(shortened)
}

/** Below the project a path is told from there on; others by their last two parts. */
function shortened(place: string): string {
  if (place.startsWith('node:')) return place
  const path = place.startsWith('file://') ? place.slice('file://'.length) : place
  const below = relative(ROOT, path)
  return below.startsWith('..') ? path.split(sep).slice(-2).join('/') : below
}
