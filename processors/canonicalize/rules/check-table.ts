// Refuses mistakes in dialect tables at the start, naming the table and the row. The compiler finds most mistakes,
// but it has not seen tables that are built from data at run time.

import { nearest } from '../../../core/config/nearest.ts'
import { isKind, KINDS } from '../../../core/kinds.ts'
import { namedTargets, type TargetType, targetType } from './targets.ts'
import { namedTransforms } from './transform-names.ts'

/** Ranks are from 0 to this. A rule with a higher rank would rank below the attributes of span events. */
export const RANK_MAX = 99
const OPTIONS: readonly string[] = ['rank', 'when', 'firstWord', 'note']
const CONDITIONS: readonly unknown[] = ['own', 'genai']

/** The place of a row for messages. Rows count from 1. */
export function placeOf(dialect: string, key: unknown, index: number): string {
  return `dialect ${dialect}, row ${index + 1} ("${shown(key)}")`
}

export function refuse(where: string, what: string): never {
  throw new Error(`${where}: ${what}`)
}

export function checkDialect(
  name: string,
  before: readonly string[],
  kindsByName: Readonly<Record<string, unknown>>,
): void {
  if (before.includes(name)) throw new Error(`two dialects are called "${name}"`)
  for (const [word, kind] of Object.entries(kindsByName))
    checkKind(`dialect ${name}, span name "${word}"`, kind)
}

/** A row before its values are checked. */
export interface UncheckedRow {
  readonly key: unknown
  readonly to: unknown
  readonly transform: unknown
  readonly options: Readonly<Record<string, unknown>>
  /** The types of targets that the transform can fill. Null when there is no such transform. */
  readonly fills: readonly TargetType[] | null
  /** The names of the dialect's own transforms. */
  readonly own: readonly string[]
}

export function checkRow(where: string, row: UncheckedRow): void {
  const { key, to, transform, options, fills, own } = row
  if (typeof key !== 'string' || key === '') refuse(where, 'the source key is an empty text')
  const type = targetType(to)
  if (type === null)
    refuse(where, `there is no target "${shown(to)}"${suggestion(to, namedTargets())}`)
  if (isWords(transform)) checkWords(where, to, transform)
  else if (fills === null)
    refuse(
      where,
      `there is no transform "${shown(transform)}"${suggestion(transform, [...own, ...namedTransforms()])}`,
    )
  else if (!fills.includes(type))
    refuse(
      where,
      `the transform "${shown(transform)}" fills ${fills.join(', ')}, but "${shown(to)}" is ${article(type)} ${type}`,
    )
  checkOptions(where, options, isWords(transform))
}

function isWords(transform: unknown): transform is Readonly<Record<string, unknown>> {
  return typeof transform === 'object' && transform !== null
}

function checkWords(where: string, to: unknown, words: Readonly<Record<string, unknown>>): void {
  if (to !== 'kind' && to !== 'operation')
    refuse(where, `words mean a kind or an operation, not "${shown(to)}"`)
  for (const [word, meaning] of Object.entries(words))
    if (to === 'kind') checkKind(`${where}, word "${word}"`, meaning)
    else if (typeof meaning !== 'string' || meaning === '')
      refuse(`${where}, word "${word}"`, 'an operation is a text')
}

function checkKind(where: string, kind: unknown): void {
  if (!isKind(kind)) refuse(where, `there is no kind "${shown(kind)}"${suggestion(kind, KINDS)}`)
}

function checkOptions(
  where: string,
  options: Readonly<Record<string, unknown>>,
  hasWords: boolean,
): void {
  for (const name of Object.keys(options))
    if (!OPTIONS.includes(name)) refuse(where, `there is no option "${name}"`)
  const { rank, when, firstWord } = options
  if (rank !== undefined && !(typeof rank === 'number' && rank >= 0 && rank <= RANK_MAX))
    refuse(where, `a rank is a number from 0 to ${RANK_MAX}, not ${shown(rank)}`)
  if (when !== undefined && !CONDITIONS.includes(when))
    refuse(where, `"when" may be own or genai, not "${shown(when)}"`)
  if (firstWord !== undefined && !hasWords) refuse(where, '"firstWord" is for rows with words')
}

function suggestion(word: unknown, known: Iterable<string>): string {
  const near = nearest(shown(word), known)
  return near === null ? '' : `. Did you mean "${near}"?`
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? 'an' : 'a'
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
}
