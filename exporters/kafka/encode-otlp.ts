// Encodes a batch as OTLP protobuf for Kafka (`encoding: otlp_proto`): one message for each trace and telemetry kind, with the trace id as
// key. Consumers get the scrubbed spans in their original form and can process them like spans that they received from a client.

import type { SpanBatch } from '../../core/batch.ts'
import { SpanView } from '../../core/span-view.ts'
import type { ByteWriter } from '../../proto/byte-writer.ts'
import { encodeLogs, encodeTraces } from '../../proto/otlp/encode.ts'
import { beginRecord, endRecord } from './records.ts'

/** The spans, or the log records, of one trace and one tenant. */
interface TraceGroup {
  readonly isLog: boolean
  readonly key: string
  readonly request: number
  readonly rows: number[]
}

export class TraceRecords {
  readonly #bytesMax: number
  /** Counts records without a trace id, which are distributed evenly over the partitions. */
  #withoutTrace = 0

  /** `bytesMax` is the size limit of a message. A larger trace becomes several messages if it has several spans. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Writes all spans and log records that were not dropped or skipped, and returns their number. */
  write(out: ByteWriter, batch: SpanBatch, skipped: ReadonlySet<number>): number {
    let items = 0
    for (const group of this.#groups(batch, skipped)) items += this.#writeGroup(out, batch, group)
    return items
  }

  #groups(batch: SpanBatch, skipped: ReadonlySet<number>): Iterable<TraceGroup> {
    const groups = new Map<string, TraceGroup>()
    const view = new SpanView(batch)
    for (let span = 0; span < batch.spanCount; span++) {
      const { isDropped, isLog, traceIdOffset, request } = view.at(span)
      if (isDropped || skipped.has(span)) continue
      const key = traceIdOffset < 0 ? '' : hexOf(batch, traceIdOffset, 16)
      const id = `${isLog ? 'log' : 'span'} ${request} ${key}`
      const group = groups.get(id)
      if (group !== undefined) group.rows.push(span)
      else groups.set(id, { isLog, key: key || this.#looseKey(), request, rows: [span] })
    }
    return groups.values()
  }

  #looseKey(): string {
    this.#withoutTrace = (this.#withoutTrace + 1) % 64
    return `loose-${this.#withoutTrace}`
  }

  #writeGroup(out: ByteWriter, batch: SpanBatch, group: TraceGroup): number {
    const { isLog, key, request, rows } = group
    const begin = out.pos
    const { spanIdOffset } = new SpanView(batch).at(rows[0] as number)
    const tenant = batch.requests[request]?.tenant
    const mark = beginRecord(out, key, [
      ['record', isLog ? 'logs' : 'spans'],
      ['tenant', tenant?.tenantId ?? ''],
      ['project', tenant?.projectId ?? ''],
      ['environment', tenant?.environment ?? ''],
      ['items', String(rows.length)],
      // The id distinguishes the messages of one trace, so that the chunks of an oversized message can be reassembled.
      ['part', `${spanIdOffset < 0 ? '' : hexOf(batch, spanIdOffset, 8)}.${rows[0]}`],
    ])
    const from = out.pos
    const items = (isLog ? encodeLogs : encodeTraces)(out, batch, null, rows, true)
    endRecord(out, mark, from)
    if (out.pos - begin <= this.#bytesMax || rows.length === 1) return items
    out.pos = begin
    const middle = rows.length >> 1
    return (
      this.#writeGroup(out, batch, { ...group, rows: rows.slice(0, middle) }) +
      this.#writeGroup(out, batch, { ...group, rows: rows.slice(middle) })
    )
  }
}

const hexOf = (batch: SpanBatch, off: number, length: number): string =>
  Buffer.from(batch.arena.bytes.buffer, off, length).toString('hex')
