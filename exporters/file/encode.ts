// The part of the `file` exporter that runs in workers: one JSON line for each event ("record":"event") and signal
// ("record":"signal").

import type {
  Encoder,
  EncoderFactory,
  ProcessedBatch,
  RevisedEvents,
} from '../../core/component.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type { EncodedPart } from '../../core/task.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import { writeRevisedJson } from '../../proto/revised-json.ts'

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
      if (skip.has(event) || batch.isDropped(events.spanRowOf(event))) continue
      const start = beginLine(out)
      writeEventJson(out, events, event)
      endLine(out, start)
      items++
    }
    if (items > 0) parts.push(this.#part('events', items))
    if (!this.#signals || input.signals.length === 0) return parts
    out.reset()
    for (const signal of input.signals) writeSignal(out, signal)
    parts.push(this.#part('signals', input.signals.length))
    return parts
  }

  encodeRevisions(revised: RevisedEvents): EncodedPart[] {
    const out = this.#out
    out.reset()
    for (const item of revised.items) {
      const start = beginLine(out)
      writeRevisedJson(out, revised, item)
      endLine(out, start)
    }
    return [this.#part('events', revised.items.length)]
  }

  #part(stream: string, items: number): EncodedPart {
    return { exporter: this.#exporter, stream, items, bytes: this.#out.take() }
  }
}

/** Begins the line of an event; returns where the event's object begins. */
function beginLine(out: ByteWriter): number {
  out.ascii('{"record":"event"')
  return out.pos
}

function endLine(out: ByteWriter, start: number): void {
  // The event's opening brace becomes the comma after our own first field.
  out.bytes[start] = COMMA
  out.u8(LF)
}

function writeSignal(out: ByteWriter, signal: Signal): void {
  out.utf8(JSON.stringify({ record: 'signal', ...signal }))
  out.u8(LF)
}
