// Reads the sources of the project for the house tests: which files exist, and which imports which. Imports are read with a
// few regular expressions, which is enough for the style of this project. A test checks that they find known imports.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

export const root = join(import.meta.dirname, '../..')

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.observa', '.cache', 'coverage'])
const SKIPPED_PATHS = new Set(['bench/out', 'bench/peers/build'])

/** All files of the project, as sorted paths with `/`. */
export function projectFiles(): string[] {
  const found: string[] = []
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (SKIPPED.has(entry.name) || SKIPPED_PATHS.has(path)) continue
      if (entry.isDirectory()) walk(path)
      else if (entry.isFile()) found.push(path)
    }
  }
  walk('')
  return found.toSorted()
}

export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export interface Import {
  readonly from: string
  /** Path in the project, or the name of a package or `node:` module. */
  readonly to: string
  readonly isOurs: boolean
  /** A type-only import disappears when types are stripped, so it loads nothing. */
  readonly isTypeOnly: boolean
}

const STATEMENT = /^[ \t]*(import|export)\s+(type\s+)?([^'"`;]*?\bfrom\s*)?['"]([^'"\n]+)['"]/gm
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]/g

/** The imports of one file. */
export function importsOf(path: string, text: string): Import[] {
  const found: Import[] = []
  for (const m of text.matchAll(STATEMENT)) {
    // `export 'x'` is not an import; `export { a } from 'x'` is.
    if (m[1] === 'export' && m[3] === undefined) continue
    const names = m[3] ?? ''
    const onlyTypes = /^\{\s*(type\s+\w+(\s+as\s+\w+)?\s*,?\s*)+\}\s*from\s*$/.test(names)
    found.push(importFrom(path, m[4] as string, m[2] !== undefined || onlyTypes))
  }
  for (const m of text.matchAll(DYNAMIC)) {
    const isType = text[(m.index ?? 0) - 1] === '.' || /[:<|&]\s*$/.test(before(text, m.index))
    found.push(importFrom(path, m[1] as string, isType))
  }
  return found
}

function before(text: string, index: number): string {
  return text.slice(Math.max(0, index - 3), index)
}

function importFrom(path: string, specifier: string, isTypeOnly: boolean): Import {
  if (!specifier.startsWith('.')) return { from: path, to: specifier, isOurs: false, isTypeOnly }
  const to = relative(root, join(root, dirname(path), specifier))
  return { from: path, to, isOurs: true, isTypeOnly }
}

/** Files whose paths occur as strings. Workers and scripts are started by path rather than imported. */
export function filesNamedIn(path: string, text: string): string[] {
  const found: string[] = []
  for (const m of text.matchAll(/['"`]((?:\.{0,2}\/?[\w./-]+?)(?:\.ts)?)(?:\$\{[^}]*\})?['"`]/g)) {
    const name = m[1] as string
    for (const base of [dirname(path), '.'])
      for (const ending of name.endsWith('.ts') ? [''] : ['.ts']) {
        const candidate = relative(root, join(root, base, name + ending))
        if (existsSync(join(root, candidate)) && candidate.endsWith('.ts')) found.push(candidate)
      }
  }
  return found
}
