// How files depend on each other: number of files in a folder, layers, dependencies between folders, cycles. Type imports
// count too, because a reader follows them as well.

import { dirname } from 'node:path'
import type { Source } from './sources.ts'

export type Graph = ReadonlyMap<string, readonly string[]>

export function graphOf(sources: readonly Source[]): Graph {
  const paths = new Set(sources.map((s) => s.path))
  return new Map(
    sources.map((s) => [
      s.path,
      [...new Set(s.imports.filter((i) => i.isOurs && paths.has(i.to)).map((i) => i.to))],
    ]),
  )
}

/** The files below a folder, and the imports among them. */
export function within(graph: Graph, folder: string): Graph {
  const inside = (path: string): boolean => path.startsWith(`${folder}/`)
  return new Map(
    [...graph].filter(([path]) => inside(path)).map(([path, to]) => [path, to.filter(inside)]),
  )
}

export function filesByFolder(paths: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const path of paths) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1)
  return counts
}

export function arrowsOf(graph: Graph): number {
  return [...graph.values()].reduce((n, to) => n + to.length, 0)
}

/** Groups of files that depend on each other in a cycle, each sorted (Tarjan's algorithm). */
export function circlesOf(graph: Graph): string[][] {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (path: string): void => {
    index.set(path, index.size)
    low.set(path, index.get(path) as number)
    stack.push(path)
    for (const to of graph.get(path) ?? []) {
      if (!index.has(to)) visit(to)
      if (stack.includes(to))
        low.set(path, Math.min(low.get(path) as number, low.get(to) as number))
    }
    if (low.get(path) !== index.get(path)) return
    const circle = stack.splice(stack.indexOf(path))
    if (circle.length > 1) circles.push(circle.toSorted())
  }
  for (const path of graph.keys()) if (!index.has(path)) visit(path)
  return circles
}

/** Number of files on the longest path of imports. A cycle counts as one file. */
export function layersOf(graph: Graph): number {
  const known = new Map<string, number>()
  const depth = (path: string): number => {
    const found = known.get(path)
    if (found !== undefined) return found
    known.set(path, 0)
    const below = Math.max(0, ...(graph.get(path) ?? []).map(depth))
    known.set(path, below + 1)
    return below + 1
  }
  return Math.max(0, ...[...graph.keys()].map(depth))
}

/** The same graph by folder: which folder imports from which. */
export function roomsOf(graph: Graph): Graph {
  const rooms = new Map<string, Set<string>>()
  for (const [path, to] of graph) {
    const room = rooms.get(dirname(path)) ?? new Set()
    rooms.set(dirname(path), room)
    for (const other of to) if (dirname(other) !== dirname(path)) room.add(dirname(other))
  }
  return new Map([...rooms].map(([room, to]) => [room, [...to]]))
}
