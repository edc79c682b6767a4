// What may be said of an unexpected error in a log: its kind and the places in the code. Never its message, for that may quote
// a prompt, a secret or a client's URL.

import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const PLACES_MAX = 6

export interface Fault {
  /** Class of the error, and its code where it has one: `TypeError`, `Error ECONNRESET`. */
  readonly kind: string
  /** `uncaughtException` or `unhandledRejection`. */
  readonly origin: string
  /** Where it was thrown, innermost first: `collector/main.ts:12:3`. */
  readonly at: readonly string[]
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
