// Reads the sources of the project for the house tests: which files there are, and who imports whom.
// The import reader is a few regular expressions over import statements: enough for our own style, and
// its test says so by finding edges that are known to be there.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

export const root = join(import.meta.dirname, '../..')

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.observa', '.cache', 'coverage'])
const SKIPPED_PATHS = new Set(['bench/out', 'bench/peers/build'])

/** All files below the root that belong to the project, as paths with `/`, sorted. */
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
  /** Erased when the types are: it loads nothing. */
  readonly isTypeOnly: boolean
}

const STATEMENT = /^[ \t]*(import|export)\s+(type\s+)?([^'"`;]*?\bfrom\s*)?['"]([^'"\n]+)['"]/gm
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]/g

/** The imports of one file, read from its text. */
export function importsOf(path: string, text: string): Import[] {
  const found: Import[] = []
  for (const m of text.matchAll(STATEMENT)) {
    // `export 'x'` is nothing; `export { a } from 'x'` is an import like any other.
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

/** Files that a text names as strings: workers and scripts are started by path, not imported. */
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
