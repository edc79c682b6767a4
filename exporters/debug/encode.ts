// The part of the `debug` exporter that runs in workers: one line of text for each event and signal, from scrubbed content
// only.

import type { Encoder, EncoderFactory, ProcessedBatch } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import type { Signal } from '../../core/signal.ts'
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
    for (let e = 0; e < events.count; e++) {
      if (skip.has(e) || batch.isDropped(events.spanOf[e] as number)) continue
      this.#event(events, e)
      items++
    }
    for (const signal of input.signals) this.#text(signalLine(signal))
    items += input.signals.length
    if (items === 0) return []
    return [{ exporter: this.#exporter, stream: 'lines', items, bytes: this.#out.take() }]
  }

  #event(events: EventTable, e: number): void {
    const { verbosity, lineBytesMax } = this.#settings
    if (verbosity !== 'detailed') {
      this.#text(verbosity === 'basic' ? basicLine(events, e) : normalLine(events, e))
      return
    }
    const start = this.#out.pos
    writeEventJson(this.#out, events, e)
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
function cutAt(b: Uint8Array, start: number, end: number, max: number): number {
  if (end - start <= max) return end
  let at = start + max
  while (at > start && ((b[at] as number) & 0xc0) === 0x80) at--
  return at
}

function basicLine(events: EventTable, e: number): string {
  const ms = events.num(e, N.duration_ms)
  return [
    events.text(e, R.kind) ?? 'span',
    events.text(e, R.name) ?? '(no name)',
    events.text(e, R.status) ?? 'unset',
    Number.isNaN(ms) ? '' : `${Math.round(ms)} ms`,
  ]
    .filter((word) => word !== '')
    .join(' ')
}

function normalLine(events: EventTable, e: number): string {
  const words = [basicLine(events, e)]
  const add = (name: string, value: string | null): void => {
    if (value !== null) words.push(`${name}=${value}`)
  }
  const number = (n: number): string | null => {
    const value = events.num(e, n)
    return Number.isNaN(value) ? null : String(value)
  }
  add('dialect', events.text(e, R.dialect))
  add('provider', events.text(e, R.provider))
  add('model', events.text(e, R.response_model) ?? events.text(e, R.request_model))
  add('input_tokens', number(N.input_tokens))
  add('output_tokens', number(N.output_tokens))
  add('cost_usd', number(N.cost_usd))
  add('error', events.text(e, R.error_type))
  add('project', events.text(e, R.project_id))
  add('trace', events.hex(e, R.trace_id))
  add('span', events.hex(e, R.span_id))
  return words.join(' ')
}

const signalLine = (s: Signal): string =>
  `signal ${s.type} ${s.severity} value=${s.value} threshold=${s.threshold} trace=${s.trace_id} span=${s.span_id}`
