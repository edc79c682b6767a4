// The hand-written source files of the product, parsed, which all measurements of the structure use. Tests, benches,
// generated files and files that only tests import are excluded.

import { type Node, parseSync } from 'oxc-parser'
import { type Import, importsOf, projectFiles, textOf } from '../source-files.ts'

const AREAS =
  /^(core|proto|usage|detection|processors|exporters|collector|config|storage|accounts|jobs|semantic|notifications|api|console)\//

export interface Source {
  readonly path: string
  readonly text: string
  readonly program: Node
  readonly imports: readonly Import[]
}

/** Whether the file is in one of the areas of the product, rather than a script, tool, test or example. */
export const isProduct = (path: string): boolean => AREAS.test(path)

/** Whether the path shows that the file supports tests. */
export function isMarkedSupport(path: string): boolean {
  return /(^|\/)(testing|testdata|corpus|scripts)\/|\/oracle\.ts$|\.(test|bench)\.ts$|^(test|bench)\//.test(
    path,
  )
}

export function productSources(): Source[] {
  const paths = projectFiles().filter(
    (f) =>
      AREAS.test(f) &&
      /\.tsx?$/.test(f) &&
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

/** Visits every node below `node`, parents first. Children are skipped when `visit` returns false. */
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

/** Line number of an offset, from 1. */
export function lineOf(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}
