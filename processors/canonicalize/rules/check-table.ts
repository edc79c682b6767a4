// Refuses mistakes in dialect tables at the start, with the table and the row. The compiler sees most of them; tables
// that are built from data while the program runs it has not seen.

import { isKind, KINDS } from '../../../core/kinds.ts'
import { nearest } from '../../../core/nearest.ts'
import type { Dialect, Row } from './dialect.ts'
import { namedTargets, targetType } from './targets.ts'
import { fillsOf, namedTransforms } from './transform-names.ts'

/** Ranks are 0 to this: beyond, a rule would rank below the attributes of span events. */
export const RANK_MAX = 99
const OPTIONS: readonly string[] = ['rank', 'when', 'note']
const CONDITIONS: readonly unknown[] = ['own', 'genai']

/** Where a row stands, for messages: rows count from 1. */
export function placeOf(dialect: Dialect, row: Row, index: number): string {
  return `dialect ${dialect.name}, row ${index + 1} ("${row[0]}")`
}

export function refuse(where: string, what: string): never {
  throw new Error(`${where}: ${what}`)
}

export function checkDialect(dialect: Dialect, before: readonly Dialect[]): void {
  if (before.some((x) => x.name === dialect.name))
    throw new Error(`two dialects are called "${dialect.name}"`)
  for (const [name, kind] of Object.entries(dialect.names ?? {}))
    if (!isKind(kind))
      refuse(
        `dialect ${dialect.name}, span name "${name}"`,
        `there is no kind "${String(kind)}"${suggestion(kind, KINDS)}`,
      )
}

/** `how`: the row's transform, or what its target asks for when it names none. */
export function checkRow(where: string, [key, to, , options = {}]: Row, how: string): void {
  if (typeof key !== 'string' || key === '') refuse(where, 'the source key is an empty text')
  const type = targetType(to)
  if (type === null)
    refuse(where, `there is no target "${String(to)}"${suggestion(to, namedTargets())}`)
  const fills = fillsOf(how)
  if (fills === null) refuse(where, noTransform(how))
  if (!fills.includes(type))
    refuse(
      where,
      `the transform "${how}" fills ${fills.join(', ')}, but "${to}" is ${article(type)} ${type}`,
    )
  for (const name of Object.keys(options))
    if (!OPTIONS.includes(name)) refuse(where, `there is no option "${name}"`)
  const { rank, when } = options
  if (rank !== undefined && !(typeof rank === 'number' && rank >= 0 && rank <= RANK_MAX))
    refuse(where, `a rank is a number from 0 to ${RANK_MAX}, not ${String(rank)}`)
  if (when !== undefined && !CONDITIONS.includes(when))
    refuse(where, `"when" may be own or genai, not "${String(when)}"`)
}

export function noTransform(how: unknown): string {
  return `there is no transform "${String(how)}"${suggestion(how, namedTransforms())}`
}

function suggestion(word: unknown, known: Iterable<string>): string {
  const near = nearest(String(word), known)
  return near === null ? '' : `. Did you mean "${near}"?`
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? 'an' : 'a'
}
