// Splits a part into two between rows, so that the row which a server refuses can be found. RowBinary does not mark where
// rows end, so the rows are walked column by column. This runs only after a refusal.

import type { EncodedPart } from '../../core/task.ts'
import { STREAMS } from './columns.ts'
import { REVISIONS_STREAM } from './revisions.ts'

/** Size of a value by a pattern in its type; the first match counts. -1 stands for a length followed by that many bytes. */
const SIZES: readonly (readonly [pattern: RegExp, bytes: number])[] = [
  [/FixedString\(16\)/, 16],
  [/FixedString\(8\)/, 8],
  [/DateTime64|Int64|UInt64|Float64/, 8],
  [/Bool/, 1],
  [/String/, -1],
]

type Skip = (b: Uint8Array, at: number) => number

const LAYOUTS: ReadonlyMap<string, readonly Skip[]> = new Map(
  Object.entries(STREAMS).map(([stream, { columns }]) => [
    stream,
    columns.map((c) => skipOf(c.type)),
  ]),
)

/** Two parts with the same rows in the same order; null for a single row or an unknown layout. */
export function splitRows(part: EncodedPart): EncodedPart[] | null {
  if (part.stream === REVISIONS_STREAM) return splitLines(part)
  const layout = LAYOUTS.get(part.stream)
  if (part.items < 2 || layout === undefined) return null
  const first = part.items >> 1
  let at = 0
  for (let row = 0; row < first; row++) for (const skip of layout) at = skip(part.bytes, at)
  if (at <= 0 || at >= part.bytes.length) return null
  const { exporter, stream } = part
  return [
    { exporter, stream, items: first, bytes: part.bytes.slice(0, at) },
    { exporter, stream, items: part.items - first, bytes: part.bytes.slice(at) },
  ]
}

/** Splits a part with revisions, which are lines of text. */
function splitLines({ exporter, stream, items, bytes }: EncodedPart): EncodedPart[] | null {
  if (items < 2) return null
  const first = items >> 1
  let at = 0
  for (let line = 0; line < first; line++) at = bytes.indexOf(LF, at) + 1
  return [
    { exporter, stream, items: first, bytes: bytes.slice(0, at) },
    { exporter, stream, items: items - first, bytes: bytes.slice(at) },
  ]
}
const LF = 10

function skipOf(type: string): Skip {
  if (type.startsWith('Array(Float64)')) return skipNumbers
  if (type.startsWith('Array(')) return (b, at) => skipMany(b, at, 1)
  if (type.startsWith('Map(')) return (b, at) => skipMany(b, at, 2)
  const size = SIZES.find(([pattern]) => pattern.test(type))?.[1]
  if (size === undefined) throw new Error(`no size for ${type}`)
  const skip: Skip = size < 0 ? skipText : (_b, at) => at + size
  if (!type.includes('Nullable(')) return skip
  return (b, at) => (b[at] === 1 ? at + 1 : skip(b, at + 1))
}

function skipNumbers(bytes: Uint8Array, at: number): number {
  const [count, from] = varintAt(bytes, at)
  return from + count * 8
}

function skipMany(bytes: Uint8Array, at: number, each: number): number {
  const [count, from] = varintAt(bytes, at)
  let p = from
  for (let i = 0; i < count * each; i++) p = skipText(bytes, p)
  return p
}

function skipText(bytes: Uint8Array, at: number): number {
  const [length, from] = varintAt(bytes, at)
  return from + length
}

function varintAt(bytes: Uint8Array, at: number): readonly [value: number, next: number] {
  let value = 0
  let scale = 1
  for (let i = at; i < at + 10; i++) {
    const byte = bytes[i] ?? 0
    value += (byte & 127) * scale
    if (byte < 128) return [value, i + 1]
    scale *= 128
  }
  return [value, at + 10]
}
