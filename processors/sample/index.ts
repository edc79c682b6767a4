// Head sampling by trace id: all instances make the same decision for a trace, so it is kept or dropped as a whole. Errors
// can be kept whatever the percentage. Dropped items are counted, but nothing about them is stored.

import { z } from 'zod'
import type { SpanBatch } from '../../core/batch.ts'
import type { ChainContext, Processor, ProcessorFactory } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { counter } from '../../core/metrics.ts'
import { SpanView } from '../../core/span-view.ts'

export const sampleSchema = z.strictObject({
  percentage: z
    .number()
    .min(0)
    .max(100)
    .default(100)
    .describe('Percentage of traces that are kept. The trace id alone decides which.'),
  keep_errors: z
    .boolean()
    .default(true)
    .describe('Keeps spans with status error even when their trace is dropped.'),
})

export type SampleConfig = z.output<typeof sampleSchema>

export const sample: ProcessorFactory<SampleConfig> = {
  kind: 'processor',
  type: 'sample',
  stability: 'beta',
  summary: 'Keeps a consistent share of traces, errors always if so configured.',
  schema: sampleSchema as z.ZodType<SampleConfig>,
  metrics: [counter('observa_sample_dropped_items_total', 'Items not in the sample.')],
  create: (config) => new SampleProcessor(config),
}

const STATUS_ERROR = 2

class SampleProcessor implements Processor {
  /** A trace is kept when the lowest 48 bits of its id are below this. */
  readonly #threshold: number
  readonly #keepErrors: boolean

  constructor(config: SampleConfig) {
    this.#threshold = (config.percentage / 100) * 2 ** 48
    this.#keepErrors = config.keep_errors
  }

  process(batch: SpanBatch, _events: EventTable, ctx: ChainContext): void {
    let dropped = 0
    const view = new SpanView(batch)
    for (let span = 0; span < batch.spanCount; span++) {
      if (batch.isDropped(span) || this.#keeps(view.at(span))) continue
      batch.drop(span)
      dropped++
    }
    if (dropped > 0) ctx.count('observa_sample_dropped_items_total', '', dropped)
  }

  /** Decides by the low bytes of the trace id, because they are random (W3C Trace Context Level 2, 2.2.1). */
  #keeps(span: SpanView): boolean {
    const trace = span.traceIdOffset
    if (trace < 0) return true
    if (span.batch.arena.buf.readUIntBE(trace + 10, 6) < this.#threshold) return true
    return this.#keepErrors && span.status === STATUS_ERROR
  }
}
