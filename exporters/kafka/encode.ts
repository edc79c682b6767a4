// The encoder of the `kafka` exporter, which runs in workers. It writes each event as a record with key, headers and JSON value
// (`records.ts`), or the spans as OTLP (`encode-otlp.ts`).

import type {
  Encoder,
  EncoderFactory,
  ProcessedBatch,
  RevisedEvents,
} from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'
import type { ScoreChange } from '../../core/scores/score-change.ts'
import type { EncodedPart } from '../../core/task.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import { writeRevisedJson } from '../../proto/revised-json.ts'
import { TraceRecords } from './encode-otlp.ts'
import { beginRecord, endRecord } from './records.ts'

export interface EncoderSettings {
  readonly signals: boolean
  readonly encoding: 'event' | 'otlp_proto'
  /** The size limit of a message, in bytes. */
  readonly messageBytesMax: number
}

/** The share of the size limit that a trace may use. The rest is for the record batch and for headers that are added later. */
const MESSAGE_SHARE = 0.95

export const EVENTS_STREAM = 'events'
export const SIGNALS_STREAM = 'signals'
export const SCORES_STREAM = 'scores'

export const encoder: EncoderFactory<EncoderSettings> = (exporterId, settings) =>
  new RecordEncoder(exporterId, settings)

class RecordEncoder implements Encoder {
  readonly #exporter: string
  readonly #signals: boolean
  /** The encoder for `encoding: otlp_proto`; null if canonical events are written. */
  readonly #traces: TraceRecords | null
  readonly #out = new ByteWriter(256 * 1024)

  constructor(exporter: string, settings: EncoderSettings) {
    this.#exporter = exporter
    this.#signals = settings.signals
    const { encoding, messageBytesMax } = settings
    this.#traces = encoding === 'event' ? null : new TraceRecords(messageBytesMax * MESSAGE_SHARE)
  }

  encode(input: ProcessedBatch, skip: ReadonlySet<number>): EncodedPart[] {
    const parts: EncodedPart[] = []
    const events = this.#traces === null ? this.#events(input, skip) : this.#spans(input, skip)
    if (events > 0) parts.push(this.#part(EVENTS_STREAM, events))
    if (!this.#signals || input.signals.length === 0) return parts
    this.#writeSignals(input)
    parts.push(this.#part(SIGNALS_STREAM, input.signals.length))
    return parts
  }

  #events(input: ProcessedBatch, skip: ReadonlySet<number>): number {
    const { batch, events } = input
    const out = this.#out
    out.reset()
    let items = 0
    for (let event = 0; event < events.count; event++) {
      if (skip.has(event) || batch.isDropped(events.spanRowOf(event))) continue
      const mark = this.#beginRecord(events, event)
      const from = out.pos
      writeEventJson(out, events, event)
      endRecord(out, mark, from)
      items++
    }
    return items
  }

  #spans({ batch, events }: ProcessedBatch, skip: ReadonlySet<number>): number {
    const skipped = new Set<number>()
    for (const event of skip) skipped.add(events.spanRowOf(event))
    this.#out.reset()
    return this.#traces?.write(this.#out, batch, events, skipped) ?? 0
  }

  /** Writes the revisions of events. Each has the key of its event, so that it follows the event in the same partition. */
  encodeRevisions(revised: RevisedEvents): EncodedPart[] {
    // Consumers of the spans process the usage themselves, so nothing is written here.
    if (this.#traces !== null) return []
    const out = this.#out
    out.reset()
    for (const item of revised.items) {
      const mark = this.#beginRecord(revised.events, item.after)
      const from = out.pos
      writeRevisedJson(out, revised, item)
      endRecord(out, mark, from)
    }
    return [this.#part(EVENTS_STREAM, revised.items.length)]
  }

  /** Keyed by trace, like the events and signals of the trace. */
  encodeScores(changes: readonly ScoreChange[]): EncodedPart[] {
    if (changes.length === 0) return []
    const out = this.#out
    out.reset()
    for (const change of changes) {
      const mark = beginRecord(out, change.trace_id, [
        ['score_id', change.score_id],
        ['tenant', change.tenant_id],
        ['project', change.project_id],
        ['record', 'score'],
      ])
      const from = out.pos
      out.utf8(JSON.stringify(change))
      endRecord(out, mark, from)
    }
    return [this.#part(SCORES_STREAM, changes.length)]
  }

  #beginRecord(events: EventTable, event: number): ReturnType<typeof beginRecord> {
    return beginRecord(this.#out, events.hex(event, R.trace_id) ?? '', [
      ['event_id', events.hex(event, R.event_id) ?? ''],
      ['tenant', events.text(event, R.tenant_id) ?? ''],
      ['project', events.text(event, R.project_id) ?? ''],
      ['environment', events.text(event, R.environment) ?? ''],
      ['record', 'event'],
    ])
  }

  #writeSignals(input: ProcessedBatch): void {
    const out = this.#out
    out.reset()
    for (const signal of input.signals) {
      const mark = beginRecord(out, signal.trace_id ?? signal.fingerprint, [
        ['event_id', signal.event_id ?? ''],
        ['signal_id', signal.signal_id],
        ['tenant', signal.tenant_id],
        ['record', 'signal'],
      ])
      const from = out.pos
      out.utf8(JSON.stringify(signal))
      endRecord(out, mark, from)
    }
  }

  #part(stream: string, items: number): EncodedPart {
    return { exporter: this.#exporter, stream, items, bytes: this.#out.take() }
  }
}
