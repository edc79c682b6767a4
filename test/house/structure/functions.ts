// Length and cyclomatic complexity of functions. A function inside another counts for itself only.

import type { Node } from 'oxc-parser'
import { lineOf, type Source, walk } from './sources.ts'

export interface FunctionMeasure {
  readonly path: string
  readonly line: number
  /** Lines of code, without blank lines and comments. */
  readonly lines: number
  /** Cyclomatic complexity: one, plus one for each branch. */
  readonly cyclomatic: number
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
])
const FORKS: ReadonlySet<string> = new Set([
  'IfStatement',
  'ConditionalExpression',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'CatchClause',
])

export function functionsOf({ path, text, program }: Source): FunctionMeasure[] {
  const found: FunctionMeasure[] = []
  walk(program, (n) => {
    if (!FUNCTIONS.has(n.type)) return undefined
    const line = lineOf(text, n.start)
    const lines = codeLines(text.slice(n.start, n.end))
    found.push({ path, line, lines, cyclomatic: forksOf(n) + 1 })
    return undefined
  })
  return found
}

function codeLines(text: string): number {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((l) => l.trim() !== '' && !l.trim().startsWith('//')).length
}

function forksOf(fn: Node): number {
  let forks = 0
  walk(fn, (n) => {
    if (n !== fn && FUNCTIONS.has(n.type)) return false
    if (FORKS.has(n.type)) forks++
    else if (n.type === 'LogicalExpression') forks++
    else if (n.type === 'SwitchCase' && n.test !== null) forks++
    return undefined
  })
  return forks
}
