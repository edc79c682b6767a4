// The part of the `debug` exporter that runs in workers: one line of text for each event and signal, from scrubbed content
// only.

import type { Encoder, EncoderFactory, ProcessedBatch } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type { EncodedPart } from '../../core/task.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import type { Verbosity } from './config.ts'

export interface EncoderSettings {
  readonly verbosity: Verbosity
  readonly lineBytesMax: number
}

const LF = 0x0a

export const encoder: EncoderFactory<EncoderSettings> = (exporterId, settings) =>
  new DebugEncoder(exporterId, settings)

class DebugEncoder implements Encoder {
  readonly #exporter: string
  readonly #settings: EncoderSettings
  readonly #out = new ByteWriter()

  constructor(exporter: string, settings: EncoderSettings) {
    this.#exporter = exporter
    this.#settings = settings
  }

  encode(input: ProcessedBatch, skip: ReadonlySet<number>): EncodedPart[] {
    const { batch, events } = input
    this.#out.reset()
    let items = 0
    for (let event = 0; event < events.count; event++) {
      if (skip.has(event) || batch.isDropped(events.spanRowOf(event))) continue
      this.#event(events, event)
      items++
    }
    for (const signal of input.signals) this.#text(signalLine(signal))
    items += input.signals.length
    if (items === 0) return []
    return [{ exporter: this.#exporter, stream: 'lines', items, bytes: this.#out.take() }]
  }

  #event(events: EventTable, event: number): void {
    const { verbosity, lineBytesMax } = this.#settings
    if (verbosity !== 'detailed') {
      this.#text(verbosity === 'basic' ? basicLine(events, event) : normalLine(events, event))
      return
    }
    const start = this.#out.pos
    writeEventJson(this.#out, events, event)
    this.#out.pos = cutAt(this.#out.bytes, start, this.#out.pos, lineBytesMax)
    this.#out.u8(LF)
  }

  #text(line: string): void {
    const start = this.#out.pos
    this.#out.utf8(line.replaceAll(/\p{Cc}+/gu, ' '))
    this.#out.pos = cutAt(this.#out.bytes, start, this.#out.pos, this.#settings.lineBytesMax)
    this.#out.u8(LF)
  }
}

/** Where a range ends if cut to at most `max` bytes, without cutting a UTF-8 character in two. */
function cutAt(bytes: Uint8Array, start: number, end: number, max: number): number {
  if (end - start <= max) return end
  let at = start + max
  while (at > start && ((bytes[at] as number) & 0xc0) === 0x80) at--
  return at
}

function basicLine(events: EventTable, event: number): string {
  const ms = events.num(event, N.duration_ms)
  return [
    events.text(event, R.kind) ?? 'span',
    events.text(event, R.name) ?? '(no name)',
    events.text(event, R.status) ?? 'unset',
    Number.isNaN(ms) ? '' : `${Math.round(ms)} ms`,
  ]
    .filter((word) => word !== '')
    .join(' ')
}

function normalLine(events: EventTable, event: number): string {
  const words = [basicLine(events, event)]
  const add = (name: string, value: string | null): void => {
    if (value !== null) words.push(`${name}=${value}`)
  }
  const number = (n: number): string | null => {
    const value = events.num(event, n)
    return Number.isNaN(value) ? null : String(value)
  }
  add('dialect', events.text(event, R.dialect))
  add('provider', events.text(event, R.provider))
  add('model', events.text(event, R.response_model) ?? events.text(event, R.request_model))
  add('input_tokens', number(N.input_tokens))
  add('output_tokens', number(N.output_tokens))
  add('cost_usd', number(N.cost_usd))
  add('error', events.text(event, R.error_type))
  add('project', events.text(event, R.project_id))
  add('trace', events.hex(event, R.trace_id))
  add('span', events.hex(event, R.span_id))
  return words.join(' ')
}

const signalLine = (signal: Signal): string =>
  `signal ${signal.type} ${signal.severity} value=${signal.value} threshold=${signal.threshold} trace=${signal.trace_id} span=${signal.span_id}`
