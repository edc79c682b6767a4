// Splits an OTLP export request in two, for a destination that finds it too large. Traces, logs and metrics have the same
// structure down to the third level, so one function handles all three:
//
//   Export*Request   1 resource_* (repeated)
//   Resource*        1 resource   2 scope_* (repeated)   3 schema_url
//   Scope*           1 scope      2 item (repeated)      3 schema_url
//
// Each half repeats the resource and scope of its items byte for byte.

import type { TelemetryKind } from '../../core/task.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'

/** Field numbers of gauge, sum, histogram, exponential_histogram and summary in a Metric. */
const METRIC_DATA = new Set([5, 7, 9, 10, 11])

/** A length-delimited field: its number, and the range of its content. */
interface Range {
  readonly field: number
  readonly off: number
  readonly len: number
}

interface Item {
  readonly item: Range
  /** Index into the list of scopes. */
  readonly scope: number
}

interface Envelope {
  readonly resource: number
  /** The fields other than the repeated one, which are copied to both halves. */
  readonly rest: readonly Range[]
}

interface Outline {
  readonly resources: (readonly Range[])[]
  readonly scopes: Envelope[]
  readonly items: Item[]
}

export interface Half {
  readonly bytes: Uint8Array
  readonly items: number
}

/** Two halves of about the same size; null when there are fewer than two items or the bytes are not such a request. */
export function halves(request: Uint8Array, stream: TelemetryKind): readonly [Half, Half] | null {
  const map = outline(request)
  if (map.items.length < 2) return null
  const total = map.items.reduce((sum, x) => sum + x.item.len, 0)
  let cut = 0
  for (let sum = 0; cut < map.items.length - 1 && (cut === 0 || sum * 2 < total); cut++)
    sum += (map.items[cut] as Item).item.len
  return [
    half(request, stream, map, map.items.slice(0, cut)),
    half(request, stream, map, map.items.slice(cut)),
  ] as const
}

function outline(request: Uint8Array): Outline {
  const out: Outline = { resources: [], scopes: [], items: [] }
  for (const resource of ranges(request, 0, request.length)) {
    if (resource.field !== 1) continue
    const parts = ranges(request, resource.off, resource.len)
    const r = out.resources.push(parts.filter((p) => p.field !== 2)) - 1
    for (const scope of parts) {
      if (scope.field !== 2) continue
      const inner = ranges(request, scope.off, scope.len)
      const s = out.scopes.push({ resource: r, rest: inner.filter((p) => p.field !== 2) }) - 1
      for (const item of inner) if (item.field === 2) out.items.push({ item, scope: s })
    }
  }
  return out
}

function half(b: Uint8Array, stream: TelemetryKind, map: Outline, items: readonly Item[]): Half {
  const bytes = write(b, map, items)
  if (stream !== 'metrics') return { bytes, items: items.length }
  return { bytes, items: items.reduce((sum, x) => sum + dataPoints(b, x.item), 0) }
}

/** Counts the data points of a metric: field 1 of its data, whatever the kind of data. */
function dataPoints(bytes: Uint8Array, metric: Range): number {
  let points = 0
  for (const data of ranges(bytes, metric.off, metric.len)) {
    if (!METRIC_DATA.has(data.field)) continue
    points += ranges(bytes, data.off, data.len).filter((p) => p.field === 1).length
  }
  return points
}

function write(request: Uint8Array, map: Outline, items: readonly Item[]): Uint8Array {
  const out = new ByteWriter(64 * 1024)
  let at = 0
  while (at < items.length) {
    const resource = resourceOf(map, items[at] as Item)
    const resourceMark = out.begin(1)
    copy(out, request, map.resources[resource] as readonly Range[])
    while (at < items.length && resourceOf(map, items[at] as Item) === resource) {
      const scope = (items[at] as Item).scope
      const scopeMark = out.begin(2)
      copy(out, request, (map.scopes[scope] as Envelope).rest)
      for (; at < items.length && items[at]?.scope === scope; at++)
        copy(out, request, [(items[at] as Item).item])
      out.end(scopeMark)
    }
    out.end(resourceMark)
  }
  return out.take()
}

const resourceOf = (map: Outline, item: Item): number =>
  (map.scopes[item.scope] as Envelope).resource

function copy(out: ByteWriter, from: Uint8Array, parts: readonly Range[]): void {
  for (const part of parts) out.fieldBytes(part.field, from, part.off, part.len)
}

/** The length-delimited fields of a message, up to the first field of an unknown wire type. */
function ranges(bytes: Uint8Array, from: number, len: number): Range[] {
  const out: Range[] = []
  const end = from + len
  let at = from
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < end; scale *= 128) {
      const byte = bytes[at++] as number
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    return Number.NaN
  }
  while (at < end) {
    const tag = varint()
    const wire = tag % 8
    if (wire === 2) {
      const size = varint()
      if (!(at + size <= end)) return out
      out.push({ field: Math.floor(tag / 8), off: at, len: size })
      at += size
    } else if (wire === 0) varint()
    else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else return out
  }
  return out
}
