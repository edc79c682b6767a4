// The part of the `file` exporter that runs in workers: one JSON line for each event ("record":"event") and signal
// ("record":"signal").

import type {
  Encoder,
  EncoderFactory,
  ProcessedBatch,
  RevisedEvents,
} from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import type { Signal } from '../../core/signal.ts'
import type { EncodedPart } from '../../core/task.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'

export interface EncoderSettings {
  readonly signals: boolean
}

const COMMA = 0x2c
const LF = 0x0a

export const encoder: EncoderFactory<EncoderSettings> = (exporterId, settings) =>
  new LineEncoder(exporterId, settings)

class LineEncoder implements Encoder {
  readonly #exporter: string
  readonly #signals: boolean
  readonly #out = new ByteWriter(256 * 1024)

  constructor(exporter: string, settings: EncoderSettings) {
    this.#exporter = exporter
    this.#signals = settings.signals
  }

  encode(input: ProcessedBatch, skip: ReadonlySet<number>): EncodedPart[] {
    const { batch, events } = input
    const out = this.#out
    const parts: EncodedPart[] = []
    out.reset()
    let items = 0
    for (let event = 0; event < events.count; event++) {
      if (skip.has(event) || batch.isDropped(events.spanOf[event] as number)) continue
      this.#writeEvent(events, event)
      items++
    }
    if (items > 0) parts.push(this.#part('events', items))
    if (!this.#signals || input.signals.length === 0) return parts
    out.reset()
    for (const signal of input.signals) writeSignal(out, signal)
    parts.push(this.#part('signals', input.signals.length))
    return parts
  }

  encodeRevisions({ events, items }: RevisedEvents): EncodedPart[] {
    this.#out.reset()
    for (const { after } of items) this.#writeEvent(events, after)
    return [this.#part('events', items.length)]
  }

  #writeEvent(events: EventTable, event: number): void {
    const out = this.#out
    out.ascii('{"record":"event"')
    const start = out.pos
    writeEventJson(out, events, event)
    // The event's opening brace becomes the comma after our own first field.
    out.bytes[start] = COMMA
    out.u8(LF)
  }

  #part(stream: string, items: number): EncodedPart {
    return { exporter: this.#exporter, stream, items, bytes: this.#out.take() }
  }
}

function writeSignal(out: ByteWriter, signal: Signal): void {
  out.utf8(JSON.stringify({ record: 'signal', ...signal }))
  out.u8(LF)
}
