// What a log may say about an unexpected error: its kind and the places in the code. The message is left out, because
// it may quote a prompt, a secret or a client's URL.

import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeOf } from './errors.ts'

const PLACES_MAX = 6

export interface Fault {
  /** Class of the error, and its code if it has one: `TypeError`, `Error ECONNRESET`. */
  readonly kind: string
  /** `uncaughtException` or `unhandledRejection`. */
  readonly origin: string
  /** Where it was thrown, innermost first: `collector/main.ts:12:3`. */
  readonly at: readonly string[]
}

/** Describes an error without quoting its message. */
export function faultOf(thrown: unknown, origin: string): Fault {
  if (!(thrown instanceof Error)) return { kind: typeof thrown, origin, at: [] }
  const code = codeOf(thrown)
  const name = thrown.constructor.name
  const hasCode = code !== null && /^\w{1,60}$/.test(code)
  return { kind: hasCode ? `${name} ${code}` : name, origin, at: placesOf(thrown.stack ?? '') }
}

const FRAME = /^ {4}at (?:.* \()?((?:file:\/\/|node:|\/|[A-Z]:\\)[^()]*:\d+:\d+)\)?$/
const ROOT = fileURLToPath(new URL('../', import.meta.url))

/** Reads the stack from its end, so that a message whose lines look like stack frames is not taken for one. */
function placesOf(stack: string): string[] {
  const lines = stack.split('\n')
  const first = lines.findLastIndex((line) => !line.startsWith('    at ')) + 1
  return lines
    .slice(first)
    .flatMap((line) => FRAME.exec(line)?.[1] ?? [])
    .slice(0, PLACES_MAX)
    .map(shortened)
}

/** Shortens a path: inside the project to a relative path, elsewhere to its last two parts. */
function shortened(place: string): string {
  if (place.startsWith('node:')) return place
  const path = place.startsWith('file://') ? place.slice('file://'.length) : place
  const below = relative(ROOT, path)
  return below.startsWith('..') ? path.split(sep).slice(-2).join('/') : below
}
