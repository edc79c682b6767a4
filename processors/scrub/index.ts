// `scrub`: finds secrets and personal data in every place of a batch and replaces them. First in each chain,
// so that nothing behind it (events, stores, logs, dead letters) ever sees one.

import type { z } from 'zod'
import type { SpanBatch } from '../../core/batch.ts'
import type {
  ChainContext,
  MetricsVisitor,
  Processor,
  ProcessorFactory,
} from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { counter } from '../../core/metrics.ts'
import { type ScrubConfig, type ScrubSettings, scrubSchema, settingsOf } from './config.ts'
import { createByteScrubber, Inspectors } from './create.ts'
import { BatchScrubber } from './inputs/batch.ts'
import { StreamScrubber } from './inputs/stream-chunks.ts'

export type { ScrubConfig, ScrubSettings } from './config.ts'
export { createByteScrubber, createTextScrubber, defaultSettings } from './create.ts'
export { scrubStream } from './inputs/line-stream.ts'
export type { ScrubbedText, TextSpan } from './inputs/text.ts'

export const scrub: ProcessorFactory<ScrubConfig, ScrubSettings> = {
  kind: 'processor',
  type: 'scrub',
  stability: 'beta',
  summary: 'Removes secrets and personal data from every place of spans, logs and metrics.',
  schema: scrubSchema as unknown as z.ZodType<ScrubConfig>,
  metrics: [
    counter('observa_scrub_findings_total', 'Secrets found, by type and kind of place.', [
      'type',
      'place',
    ]),
    counter('observa_scrub_dropped_total', 'Spans that the action drop_event removed.'),
  ],
  prepare: async (config) => settingsOf(config),
  create: (settings) => new ScrubProcessor(settings),
  createMetricsVisitor: (settings): MetricsVisitor => createByteScrubber(settings).visit,
}

export default scrub

class ScrubProcessor implements Processor {
  readonly #places: BatchScrubber
  readonly #streams: StreamScrubber

  constructor(settings: ScrubSettings) {
    this.#places = new BatchScrubber(new Inspectors(settings))
    this.#streams = new StreamScrubber(this.#places)
  }

  process(batch: SpanBatch, _events: EventTable, ctx: ChainContext): void {
    this.#places.run(batch, ctx, (span) => this.#streams.span(span))
  }
}
