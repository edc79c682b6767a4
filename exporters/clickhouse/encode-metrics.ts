// Encodes metric points as RowBinary rows with the columns of `METRIC_COLUMNS`.

import type { MetricsRequest } from '../../core/component.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { eachMetricPoint, type MetricPoint } from './metric-points.ts'

export interface MetricRows {
  readonly rows: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The latest time of a ClickHouse DateTime, in ns. Later times are stored as this one. */
const LATEST_NS = (2n ** 32n - 1n) * 1_000_000_000n
/** Resource attributes with the environment: the present name and the former one. */
const ENVIRONMENT_KEYS = ['deployment.environment.name', 'deployment.environment'] as const

export function metricRows(request: MetricsRequest): MetricRows {
  const out = new ByteWriter(request.bytes.length + 1024)
  let rows = 0
  eachMetricPoint(request.bytes, (point) => {
    writePoint(out, point, request)
    rows++
  })
  return { rows, bytes: out.take() }
}

function writePoint(out: ByteWriter, point: MetricPoint, request: MetricsRequest): void {
  const { tenant, receivedAtMs } = request
  out.stringText(tenant.tenantId)
  out.stringText(tenant.projectId)
  out.stringText(tenant.environment ?? environmentOf(point.resource))
  for (const word of [point.metric, point.type, point.unit, point.temporality]) out.stringText(word)
  out.u8(point.isMonotonic ? 1 : 0)
  out.stringText(point.scopeName)
  writeMap(out, point.resource)
  writeMap(out, point.attributes)
  out.fixedString(point.seriesId, 0, 16, 16)
  writeTime(out, point.startNs)
  // A point without a time gets the time of receipt.
  writeTime(out, point.timeNs === 0n ? BigInt(Math.trunc(receivedAtMs)) * 1_000_000n : point.timeNs)
  for (const number of [point.value, point.count, point.sum, point.min, point.max])
    out.nullableF64(finite(number))
  for (const list of [point.bounds, point.buckets, point.quantiles, point.quantileValues])
    writeNumbers(out, list)
  out.u64(receivedAtMs)
}

function environmentOf(resource: ReadonlyMap<string, string>): string {
  for (const key of ENVIRONMENT_KEYS) {
    const found = resource.get(key)
    if (found !== undefined && found !== '') return found
  }
  return 'default'
}

function writeTime(out: ByteWriter, ns: bigint): void {
  out.i64Big(ns > LATEST_NS ? LATEST_NS : ns)
}

/** JSON has no infinities and writes null for them, so NaN, which is stored as null, is used here too. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN
}

function writeMap(out: ByteWriter, map: ReadonlyMap<string, string>): void {
  out.varint(map.size)
  for (const [key, value] of map) {
    out.stringText(key)
    out.stringText(value)
  }
}

function writeNumbers(out: ByteWriter, list: readonly number[]): void {
  out.arrayHeader(list.length)
  for (const value of list) out.f64(value)
}
