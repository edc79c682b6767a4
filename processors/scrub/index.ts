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
import type { InstanceSecrets } from '../../core/identity/pseudonym.ts'
import { counter } from '../../core/metrics.ts'
import { defaultSettings, type ScrubConfig, scrubSchema, settingsOf } from './config.ts'
import { BatchScrubber } from './inputs/batch.ts'
import type { StreamOutcome } from './inputs/line-stream.ts'
import { JsonLines, PlainLines, scrubLines } from './inputs/line-stream.ts'
import { LineScrubber } from './inputs/lines.ts'
import { MetricScrubber } from './inputs/metrics.ts'
import { storedIdsOf } from './inputs/stored-ids.ts'
import { StreamScrubber } from './inputs/stream-chunks.ts'
import { TextScrubber } from './inputs/text.ts'
import { createJudges, judgesByKey } from './judge/create-judges.ts'
import { type ScrubSettings } from './judge/settings.ts'

export type { ScrubConfig } from './config.ts'
export { defaultSettings } from './config.ts'
export type { ScrubSettings } from './judge/settings.ts'

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
    counter(
      'observa_scrub_pseudonyms_total',
      'Pseudonyms of ids, by whether they were remembered: many that were not mean more ids than are remembered.',
      ['remembered'],
    ),
    counter('observa_scrub_dropped_total', 'Spans that the action drop_event removed.'),
  ],
  prepare: async (config) => settingsOf(config),
  create: (settings, secrets) => new ScrubProcessor(settings, secrets),
  createMetricsVisitor: (settings, secrets): MetricsVisitor =>
    createMetricScrubber(settings, secrets).visit,
  pseudonymKey: (settings) => settings.pseudonym?.key ?? null,
  storedIds: (settings, secrets) =>
    storedIdsOf(
      () => judgesByKey(settings, secrets),
      () => createJudges(settings, secrets),
    ),
}

class ScrubProcessor implements Processor {
  readonly #batches: BatchScrubber
  readonly #streams: StreamScrubber

  constructor(settings: ScrubSettings, secrets?: InstanceSecrets) {
    this.#batches = new BatchScrubber(createJudges(settings, secrets))
    this.#streams = new StreamScrubber(this.#batches.attributes, this.#batches.values)
  }

  process(batch: SpanBatch, _events: EventTable, ctx: ChainContext): void {
    this.#batches.run(batch, ctx, this.#streams)
  }
}

/** Scrubs strings of a tenant. `field` is the name of the attribute or header the text stood in. */
export function createTextScrubber(
  settings: ScrubSettings = defaultSettings(),
  tenant = '',
): TextScrubber {
  return new TextScrubber(createJudges(settings), tenant)
}

/** Scrubs the strings of metrics requests. */
export function createMetricScrubber(
  settings: ScrubSettings = defaultSettings(),
  secrets?: InstanceSecrets,
): MetricScrubber {
  return new MetricScrubber(createJudges(settings, secrets))
}

export interface StreamOptions {
  /** `{id, field, text}` a line in, `{id, text, spans}` a line out. */
  readonly jsonl: boolean
  /** What `prepare` returned; default: an empty configuration. */
  readonly settings?: unknown
  /** Whose text it is, for settings of single tenants. */
  readonly tenant?: string
}

/** What `prepare` returned for a configured processor; the settings of an empty configuration when there is none. */
function preparedSettings(settings: unknown): ScrubSettings {
  // What the registry hands over is what this component's `prepare` made.
  return (settings as ScrubSettings | undefined) ?? defaultSettings()
}

/** Scrubs texts as a configured processor does, whose `prepare` returned the settings. */
export function preparedTextScrubber(settings: unknown): TextScrubber {
  return createTextScrubber(preparedSettings(settings))
}

/** The `scrub` command: scrubs `input` into `output`; resolves when all is written. */
export function scrubStream(
  input: AsyncIterable<unknown>,
  output: NodeJS.WritableStream,
  options: StreamOptions,
): Promise<StreamOutcome> {
  const settings = preparedSettings(options.settings)
  const tenant = options.tenant ?? ''
  const judges = createJudges(settings)
  const lines = options.jsonl
    ? new JsonLines(new TextScrubber(judges, tenant))
    : new PlainLines(new LineScrubber(judges, tenant))
  return scrubLines(input, output, lines)
}
