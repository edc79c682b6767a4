// Encodes a batch as OTLP protobuf for Kafka (`encoding: otlp_proto`): one message for each trace and telemetry kind, with the trace id as
// key. Consumers get the scrubbed spans in their original form and can process them like spans that they received from a client.
//
// A call that two traces report (an instrumentation whose streams have traces of their own, for example) must count once, but the two
// traces go to two partitions. So the message of each trace also has the other trace's report of the call: whoever consumes either
// knows both. Stores keep one row for an event, whoever brings it.

import type { SpanBatch } from '../../core/batch.ts'
import type { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'
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
  /** How many of the rows are copies of other traces' reports. */
  copies: number
}

export class TraceRecords {
  readonly #bytesMax: number
  /** Counts records without a trace id, which are distributed evenly over the partitions. */
  #withoutTrace = 0

  /** `bytesMax` is the size limit of a message. A larger trace becomes several messages if it has several spans. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Writes all spans and log records that were not dropped or skipped, and returns their number, without the copies. */
  write(
    out: ByteWriter,
    batch: SpanBatch,
    events: EventTable,
    skipped: ReadonlySet<number>,
  ): number {
    let items = 0
    for (const group of this.#groups(batch, events, skipped))
      items += this.#writeGroup(out, batch, group) - group.copies
    return items
  }

  #groups(
    batch: SpanBatch,
    events: EventTable,
    skipped: ReadonlySet<number>,
  ): Iterable<TraceGroup> {
    const groups = new Map<string, TraceGroup>()
    const view = new SpanView(batch)
    for (let span = 0; span < batch.spanCount; span++) {
      const { isDropped, isLog, traceIdOffset, request } = view.at(span)
      if (isDropped || skipped.has(span)) continue
      const key = traceIdOffset < 0 ? '' : hexOf(batch, traceIdOffset, 16)
      const id = `${isLog ? 'log' : 'span'} ${request} ${key}`
      const group = groups.get(id)
      if (group !== undefined) group.rows.push(span)
      else groups.set(id, { isLog, key: key || this.#looseKey(), request, rows: [span], copies: 0 })
    }
    for (const [event, counted] of callsOfTwoTraces(batch, events)) {
      this.#copy(groups, batch, event, counted)
      this.#copy(groups, batch, counted, event)
    }
    return groups.values()
  }

  /** Adds a row to the messages of the trace of another row, unless there is no trace or none of its rows is written. */
  #copy(groups: Map<string, TraceGroup>, batch: SpanBatch, row: number, to: number): void {
    const view = new SpanView(batch)
    const { traceIdOffset, request } = view.at(to)
    const isWritten = ['log', 'span'].some((kind) =>
      groups.has(`${kind} ${request} ${hexOf(batch, traceIdOffset, 16)}`),
    )
    if (!isWritten) return
    const key = hexOf(batch, traceIdOffset, 16)
    const { isLog } = view.at(row)
    const id = `${isLog ? 'log' : 'span'} ${request} ${key}`
    const group = groups.get(id) ?? { isLog, key, request, rows: [], copies: 0 }
    groups.set(id, group)
    if (group.rows.includes(row)) return
    group.rows.push(row)
    group.rows.sort((a, b) => a - b)
    group.copies++
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

/** Pairs of rows with traces of their own that report one call: the one that repeats it, and the one that counts. */
function* callsOfTwoTraces(
  batch: SpanBatch,
  events: EventTable,
): Generator<readonly [row: number, counted: number]> {
  let rows: Map<string, number> | null = null
  const view = new SpanView(batch)
  const traceOf = (row: number): string => {
    const { traceIdOffset, isDropped } = view.at(row)
    return traceIdOffset < 0 || isDropped ? '' : hexOf(batch, traceIdOffset, 16)
  }
  const tenantOf = (row: number): string => {
    const tenant = batch.requests[batch.requestOf(row)]?.tenant
    return `${tenant?.tenantId}\n${tenant?.projectId}`
  }
  for (let event = 0; event < events.count; event++) {
    if (events.len(event, R.usage_duplicate_of) < 0) continue
    rows ??= rowsOf(events)
    const row = events.spanRowOf(event)
    const counted = rows.get(events.hex(event, R.usage_duplicate_of) ?? '')
    if (counted === undefined) continue
    const [trace, other] = [traceOf(row), traceOf(counted)]
    if (trace === '' || other === '' || trace === other || tenantOf(row) !== tenantOf(counted))
      continue
    yield [row, counted]
  }
}

function rowsOf(events: EventTable): Map<string, number> {
  const rows = new Map<string, number>()
  for (let event = 0; event < events.count; event++)
    rows.set(events.hex(event, R.event_id) ?? '', events.spanRowOf(event))
  return rows
}

const hexOf = (batch: SpanBatch, off: number, length: number): string =>
  Buffer.from(batch.arena.bytes.buffer, off, length).toString('hex')
