// Compares the expectation of a unit test with the result. Only what the test states is compared. Each difference has
// the place, the expected and the found value.

import type { UnitTest } from '../../../config/root.ts'
import { nearest } from '../../../core/config/nearest.ts'

export interface Difference {
  /** Such as `events[0].input_tokens`. */
  readonly field: string
  readonly expected: unknown
  /** Undefined when the field does not exist. */
  readonly found: unknown
  readonly hint?: string
}

/** Everything that a test's input produced. */
export interface Output {
  readonly events: readonly Readonly<Record<string, unknown>>[]
  readonly signals: readonly Readonly<Record<string, unknown>>[]
  /** What the signals are together, in the order of their first one. */
  readonly issues: readonly Readonly<Record<string, unknown>>[]
  readonly rejected: number
  readonly reasons: readonly string[]
  /** The bytes for each exporter. */
  readonly sent: readonly { readonly exporter: string; readonly bytes: Buffer }[]
}

export function differences(expect: UnitTest['expect'], output: Output): Difference[] {
  const out: Difference[] = []
  if (expect.events !== undefined) compareAll('events', expect.events, output.events, out)
  if (expect.signals !== undefined) compareAll('signals', expect.signals, output.signals, out)
  if (expect.issues !== undefined) compareAll('issues', expect.issues, output.issues, out)
  if (expect.rejected !== undefined && expect.rejected !== output.rejected)
    out.push({ field: 'rejected', expected: expect.rejected, found: output.rejected })
  for (const text of expect.absent ?? []) {
    const found = placeOf(text, output)
    if (found !== null)
      out.push({ field: `absent ${JSON.stringify(text)}`, expected: 'nowhere', found })
  }
  return out
}

/** Compares two lists, which must have the same length: one event too many would be a token counted twice. */
function compareAll(
  what: 'events' | 'signals' | 'issues',
  expected: readonly Readonly<Record<string, unknown>>[],
  found: readonly Readonly<Record<string, unknown>>[],
  out: Difference[],
): void {
  if (expected.length !== found.length) {
    const names = found.map((f) => f['name'] ?? f['type'] ?? f['kind']).join(', ')
    out.push({
      field: `number of ${what}`,
      expected: expected.length,
      found: found.length,
      ...(names === '' ? {} : { hint: `Found: ${names}.` }),
    })
  }
  for (const [i, e] of expected.slice(0, found.length).entries())
    compare(`${what}[${i}]`, e, found[i], out)
}

function compare(field: string, expected: unknown, found: unknown, out: Difference[]): void {
  if (Array.isArray(expected)) compareLists(field, expected, found, out)
  else if (isMap(expected)) compareMaps(field, expected, found, out)
  else if (!isSame(expected, found)) out.push({ field, expected, found })
}

function compareLists(
  field: string,
  expected: readonly unknown[],
  found: unknown,
  out: Difference[],
): void {
  if (!Array.isArray(found) || found.length !== expected.length)
    out.push({ field, expected, found })
  else for (const [i, e] of expected.entries()) compare(`${field}[${i}]`, e, found[i], out)
}

function compareMaps(
  field: string,
  expected: Readonly<Record<string, unknown>>,
  found: unknown,
  out: Difference[],
): void {
  if (!isMap(found)) {
    out.push({ field, expected, found })
    return
  }
  for (const [key, e] of Object.entries(expected)) {
    const path = /^\w+$/.test(key) ? `${field}.${key}` : `${field}[${JSON.stringify(key)}]`
    if (Object.hasOwn(found, key) || e === null) compare(path, e, found[key] ?? null, out)
    else out.push({ field: path, expected: e, found: undefined, ...didYouMean(key, found) })
  }
}

function didYouMean(key: string, found: Readonly<Record<string, unknown>>): { hint?: string } {
  const near = nearest(key, Object.keys(found))
  return near === null ? {} : { hint: `Did you mean "${near}"?` }
}

/** Compares numbers with a tolerance, because cost is a sum of products whose last bits nobody can predict. */
function isSame(expected: unknown, found: unknown): boolean {
  if (typeof expected !== 'number' || typeof found !== 'number') return expected === found
  if (Number.isInteger(expected) && Number.isInteger(found)) return expected === found
  return Math.abs(expected - found) <= 1e-9 * Math.max(Math.abs(expected), Math.abs(found))
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The place where a forbidden text was found: an event, a signal, a reason, or the bytes for an exporter. */
function placeOf(text: string, output: Output): string | null {
  const spellings = spellingsOf(text)
  const has = (where: string): boolean => spellings.some((s) => where.includes(s))
  for (const what of ['events', 'signals'] as const)
    for (const [i, record] of output[what].entries())
      for (const [key, value] of Object.entries(record))
        if (has(JSON.stringify(value))) return `${what}[${i}].${key}`
  if (output.reasons.some(has)) return 'reason of a rejection'
  for (const { exporter, bytes } of output.sent)
    if (spellings.some((s) => bytes.includes(s))) return `bytes for exporter ${exporter}`
  return null
}

/** The text itself, inside JSON, and inside JSON that is kept as text in JSON. */
function spellingsOf(text: string): string[] {
  const once = inJson(text)
  return [...new Set([text, once, inJson(once)])]
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)
