// All measurements of the structure in one object, for the report and for the test that limits them.

import { ATTR_STRIDE, SCOPE_STRIDE, SPAN_STRIDE } from '../../../core/batch.ts'
import { importsOf, projectFiles, textOf } from '../source-files.ts'
import { type FunctionMeasure, functionsOf } from './functions.ts'
import { arrowsOf, circlesOf, filesByFolder, graphOf, layersOf, within } from './modules.ts'
import { isMarkedSupport, isProduct, productSources, type Source } from './sources.ts'
import { typesOf } from './types.ts'
import { type WritersMeasure, writersOf } from './writers.ts'

/** Parts that are measured separately: the areas, and components large enough to be areas themselves. */
const PARTS = [
  'core',
  'proto',
  'usage',
  'detection',
  'config',
  'storage',
  'accounts',
  'jobs',
  'semantic',
  'notifications',
  'api',
  'collector',
  'exporters',
  'processors/scrub',
  'processors/canonicalize',
  'processors/cost',
  'processors/signals',
]

/** Tables are exempt from the limit on file length: they are as long as the facts they hold. */
const TABLES =
  /\/dialects\/|\/markers\/|\/detectors?(\/|\.)|phone-plans|fields\.ts$|prices|-schema\.ts$|\/migrations\/|\/words\.ts$|\/labelled\//

export interface AreaMeasure {
  readonly name: string
  readonly files: number
  readonly lines: number
  readonly folders: number
  readonly largestFolder: number
  readonly layers: number
  readonly arrows: number
  readonly circles: readonly string[][]
}

export interface StructureMeasure {
  readonly sources: number
  readonly areas: readonly AreaMeasure[]
  /** Number of hand-written source files by folder, largest first. */
  readonly folders: readonly (readonly [string, number])[]
  readonly circles: readonly string[][]
  readonly functions: readonly FunctionMeasure[]
  readonly longFiles: readonly { readonly path: string; readonly lines: number }[]
  readonly casts: number
  /** Number of type assertions (`as`) by area. */
  readonly castsByArea: Readonly<Record<string, number>>
  readonly anys: number
  readonly nonNulls: number
  /** Files outside `core/` and `proto/` that import the stride of a row table. */
  readonly strideFiles: readonly string[]
  /** Files outside `core/` and `proto/` that use a number in place of a stride's name. */
  readonly bareStrideFiles: readonly string[]
  readonly writers: readonly WritersMeasure[]
  /** Files that only tests import, but whose path does not show it. */
  readonly unmarkedSupport: readonly string[]
}

export function measure(): StructureMeasure {
  const all = productSources()
  const support = unmarkedSupport()
  const sources = all.filter((s) => !support.includes(s.path))
  const graph = graphOf(sources)
  const folders = [...filesByFolder(sources.map((s) => s.path))].toSorted((a, b) => b[1] - a[1])
  const types = sources.map((s) => ({ area: s.path.split('/', 1)[0] as string, ...typesOf(s) }))
  const castsByArea: Record<string, number> = {}
  for (const t of types) castsByArea[t.area] = (castsByArea[t.area] ?? 0) + t.casts
  const sum = (of: (t: (typeof types)[number]) => number): number =>
    types.reduce((n, t) => n + of(t), 0)
  return {
    sources: sources.length,
    areas: PARTS.map((name) => areaOf(name, sources, within(graph, name))),
    folders,
    circles: circlesOf(graph),
    functions: sources.flatMap((s) => functionsOf(s)),
    longFiles: sources
      .filter((s) => !TABLES.test(s.path))
      .map((s) => ({ path: s.path, lines: linesOf(s) }))
      .filter((f) => f.lines > 400)
      .toSorted((a, b) => b.lines - a.lines),
    casts: sum((t) => t.casts),
    castsByArea,
    anys: sum((t) => t.anys),
    nonNulls: sum((t) => t.nonNulls),
    strideFiles: sources.filter((s) => isStrideUser(s)).map((s) => s.path),
    bareStrideFiles: sources.filter((s) => hasBareStride(s)).map((s) => s.path),
    writers: writersOf(sources).toSorted((a, b) => b.files.size - a.files.size),
    unmarkedSupport: support,
  }
}

function areaOf(
  name: string,
  sources: readonly Source[],
  graph: ReturnType<typeof within>,
): AreaMeasure {
  const own = sources.filter((s) => s.path.startsWith(`${name}/`))
  const folders = filesByFolder(own.map((s) => s.path))
  return {
    name,
    files: own.length,
    lines: own.reduce((n, s) => n + linesOf(s), 0),
    folders: folders.size,
    largestFolder: Math.max(...folders.values()),
    layers: layersOf(graph),
    arrows: arrowsOf(graph),
    circles: circlesOf(graph),
  }
}

function linesOf(source: Source): number {
  return source.text.split('\n').length - 1
}

function isStrideUser({ path, text }: Source): boolean {
  if (/^(core|proto)\//.test(path)) return false
  return /import\s*\{[^}]*\b[A-Z_]+_STRIDE\b[^}]*\}\s*from\s*'[./]*core\/[\w/-]*batch\.ts'/.test(
    text,
  )
}

/** Strides of spans, attributes and scopes. The other strides are numbers with many uses, so they cannot be searched for. */
const BARE_STRIDE = new RegExp(` \\* (?:${[SPAN_STRIDE, ATTR_STRIDE, SCOPE_STRIDE].join('|')})\\b`)

export function hasBareStride({ path, text }: Pick<Source, 'path' | 'text'>): boolean {
  return !/^(core|proto)\//.test(path) && BARE_STRIDE.test(text)
}

/** Looks at all files for those that only tests import. A file without importers is a script or an entry point. */
function unmarkedSupport(): string[] {
  const files = projectFiles().filter((f) => /\.tsx?$/.test(f) && !f.includes('/testdata/'))
  const importers = new Map<string, string[]>()
  for (const from of files)
    for (const i of importsOf(from, textOf(from)))
      if (i.isOurs) importers.set(i.to, [...(importers.get(i.to) ?? []), from])
  const support = new Set<string>()
  const isSupport = (path: string): boolean => isMarkedSupport(path) || support.has(path)
  for (let before = -1; before !== support.size; ) {
    before = support.size
    for (const path of files) {
      const by = importers.get(path) ?? []
      if (!isSupport(path) && by.length > 0 && by.every((p) => isSupport(p))) support.add(path)
    }
  }
  return [...support].filter((f) => isProduct(f)).toSorted()
}
