// The hand-written source files of the product, parsed: what all measurements of the structure look at. Tests, benches,
// generated files and what only tests import are left out.

import { type Node, parseSync } from 'oxc-parser'
import { type Import, importsOf, projectFiles, textOf } from '../source-files.ts'

const AREAS = /^(core|proto|usage|processors|exporters|collector|config|storage|accounts|api)\//

export interface Source {
  readonly path: string
  readonly text: string
  readonly program: Node
  readonly imports: readonly Import[]
}

/** In one of the areas of the product: not a script, a tool, a test or an example. */
export const isProduct = (path: string): boolean => AREAS.test(path)

/** Marked as support of tests by its place or its name. */
export function isMarkedSupport(path: string): boolean {
  return /(^|\/)(testing|testdata|corpus|scripts)\/|\/oracle\.ts$|\.(test|bench)\.ts$|^(test|bench)\//.test(
    path,
  )
}

export function productSources(): Source[] {
  const paths = projectFiles().filter(
    (f) =>
      AREAS.test(f) &&
      f.endsWith('.ts') &&
      !f.endsWith('.d.ts') &&
      !f.includes('.generated.') &&
      !isMarkedSupport(f),
  )
  return paths.map((path) => {
    const text = textOf(path)
    const { program, errors } = parseSync(path, text)
    if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
    return { path, text, program: program as unknown as Node, imports: importsOf(path, text) }
  })
}

/** Visits every node below `node`, parents first. `visit` may say `false` to leave out what is below. */
export function walk(node: Node, visit: (n: Node) => boolean | undefined): void {
  if (visit(node) === false) return
  for (const value of Object.values(node))
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) walk(item, visit)
    } else if (isNode(value)) walk(value, visit)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

/** 1-based line of an offset. */
export function lineOf(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}
