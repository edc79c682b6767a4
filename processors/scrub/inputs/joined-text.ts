// Text in chunks, looked at as one: joins ranges, scans, and gives back what crosses a seam as findings in
// each chunk. Chunks that are JSON objects (stream deltas) are joined by the text they carry.

import { latinText } from '../value/bytes.ts'
import type { Finding } from '../value/finding.ts'
import type { Range } from '../value/value-range.ts'

/** A range `b[from, to)` that belongs to `owner`; findings are given relative to `off`. */
export interface Chunk {
  readonly owner: number
  readonly off: number
  readonly from: number
  readonly to: number
}

/** Findings by owner: only those that lie in more than one chunk. `find` looks at the parts as one text. */
export function joinedText(
  b: Uint8Array,
  chunks: readonly Chunk[],
  find: (parts: readonly Range[]) => readonly Finding[],
): Map<number, Finding[]> {
  const parts = carriedTexts(b, chunks)
  const out = new Map<number, Finding[]>()
  const found = find(parts)
  if (found.length === 0) return out
  const starts: number[] = []
  let n = 0
  for (const p of parts) {
    starts.push(n)
    n += length(p)
  }
  for (const f of found) addCrossing(out, f, parts, starts)
  return out
}

function addCrossing(
  out: Map<number, Finding[]>,
  f: Finding,
  parts: readonly Chunk[],
  starts: readonly number[],
): void {
  let i = lastAtOrBefore(starts, f.start)
  if (f.end <= (starts[i] as number) + length(parts[i] as Chunk)) return
  for (; i < parts.length && (starts[i] as number) < f.end; i++) {
    const p = parts[i] as Chunk
    const base = starts[i] as number
    const from = Math.max(f.start, base) - base + p.from - p.off
    const to = Math.min(f.end, base + length(p)) - base + p.from - p.off
    if (to <= from) continue
    const list = out.get(p.owner) ?? []
    list.push({ start: from, end: to, type: f.type, rank: f.rank })
    out.set(p.owner, list)
  }
}

function length(p: Chunk): number {
  return p.to - p.from
}

function lastAtOrBefore(starts: readonly number[], at: number): number {
  let lo = 0
  let hi = starts.length - 1
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1
    if ((starts[mid] as number) <= at) lo = mid
    else hi = mid - 1
  }
  return lo
}

/** What of each chunk is joined. */
export function carriedTexts(b: Uint8Array, chunks: readonly Chunk[]): Chunk[] {
  return chunks.map((p) => carriedText(b, p))
}

const CARRIED =
  /"(?:content|text|delta|partial_json|arguments|value)"\s{0,4}:\s{0,4}"((?:[^"\\]|\\.){0,8192})"/

/** The text inside a JSON delta, else the chunk as it is. */
function carriedText(b: Uint8Array, p: Chunk): Chunk {
  if (b[p.from] !== 0x7b && b[p.from] !== 0x5b) return p
  const text = latinText(b, p.from, Math.min(p.to, p.from + 16_384))
  const m = CARRIED.exec(text)
  if (m === null) return p
  const from = p.from + m.index + m[0].length - 1 - (m[1] as string).length
  return { owner: p.owner, off: p.off, from, to: from + (m[1] as string).length }
}
