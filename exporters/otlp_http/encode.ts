// The part of `otlp_http` that runs in workers: the scrubbed batch as OTLP protobuf, traces and logs separately. Metrics
// arrive as scrubbed bytes already. Joining and size limits are left to `send.ts`.

import type {
  Encoder,
  EncoderFactory,
  MetricsRequest,
  ProcessedBatch,
} from '../../core/component.ts'
import type { EncodedPart, TelemetryKind } from '../../core/task.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { encodeLogs, encodeTraces } from '../../proto/otlp/encode.ts'

export interface EncoderSettings {
  readonly telemetry: readonly TelemetryKind[]
}

export const encoder: EncoderFactory<EncoderSettings> = (exporterId, settings) =>
  new OtlpEncoder(exporterId, settings)

class OtlpEncoder implements Encoder {
  readonly #exporter: string
  readonly #traces: boolean
  readonly #logs: boolean
  readonly #metrics: boolean
  readonly #out = new ByteWriter()

  constructor(exporter: string, settings: EncoderSettings) {
    this.#exporter = exporter
    this.#traces = settings.telemetry.includes('traces')
    this.#logs = settings.telemetry.includes('logs')
    this.#metrics = settings.telemetry.includes('metrics')
  }

  encode(input: ProcessedBatch, skip: ReadonlySet<number>): EncodedPart[] {
    const { batch } = input
    const skipped = spansOf(input, skip)
    const include = (span: number): boolean => !skipped.has(span)
    const parts: EncodedPart[] = []
    // A request without items must not be sent, so none is made.
    if (this.#traces) {
      this.#out.reset()
      const items = encodeTraces(this.#out, batch, include)
      if (items > 0) parts.push(this.#part('traces', items))
    }
    if (this.#logs) {
      this.#out.reset()
      const items = encodeLogs(this.#out, batch, include)
      if (items > 0) parts.push(this.#part('logs', items))
    }
    return parts
  }

  encodeMetrics({ bytes, dataPoints }: MetricsRequest): EncodedPart[] {
    if (!this.#metrics || dataPoints === 0) return []
    // Copied, because other exporters of the pipeline get the same bytes, and parts are transferred to the main thread.
    return [
      { exporter: this.#exporter, stream: 'metrics', items: dataPoints, bytes: bytes.slice() },
    ]
  }

  #part(stream: TelemetryKind, items: number): EncodedPart {
    return { exporter: this.#exporter, stream, items, bytes: this.#out.take() }
  }
}

/** The spans that the events in `skip` were made from. */
function spansOf(input: ProcessedBatch, skip: ReadonlySet<number>): ReadonlySet<number> {
  const out = new Set<number>()
  for (const event of skip) out.add(input.events.spanRowOf(event))
  return out
}
