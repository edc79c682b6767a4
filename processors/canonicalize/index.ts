// The processor `canonicalize` makes one canonical event of every dialect of GenAI telemetry, with tokens that add
// up. The tables are in `dialects/`; `docs/adding-a-dialect.md` explains how to add one.

import { z } from 'zod'
import type { ProcessorFactory } from '../../core/component.ts'
import { counter } from '../../core/metrics.ts'
import { DIALECTS } from './dialects/all.ts'
import { wordsTransform } from './readers/names.ts'
import { TRANSFORMS } from './readers/transforms.ts'
import { Tables } from './rules/tables.ts'
import { EventMaker } from './steps/event-maker.ts'
import { FINISHING } from './steps/finishing.ts'
import { storedSources } from './steps/stored-sources.ts'
import { DROPPED_KEYS } from './vocabulary/dropped-keys.ts'

const schema = z
  .strictObject({
    keep_attributes: z
      .boolean()
      .default(true)
      .describe('Keep source attributes that no canonical field took, under `attributes`.'),
    keep_resource_attributes: z
      .boolean()
      .default(true)
      .describe(
        'Keep resource and scope attributes that no field took, under `attributes` with the prefix `resource.` or `scope.`.',
      ),
    attribute_bytes_max: z
      .number()
      .int()
      .min(256)
      .default(65_536)
      .describe('Longer text values under `attributes` are cut to this many bytes and counted.'),
    field_sources: z
      .boolean()
      .default(true)
      .describe(
        'Events say which rules filled their fields (`field_sources`, about 36 bytes an event), so that a stored event can be explained.',
      ),
    drop_keys: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Further attribute keys that are never stored; a `*` at the end makes it a prefix.',
      ),
    provider_aliases: z
      .record(z.string(), z.string())
      .default({})
      .describe('Further spellings of providers: name on the wire -> canonical provider.'),
  })
  .describe('Turns every dialect of GenAI telemetry into one canonical event.')

export type CanonicalizeConfig = z.infer<typeof schema>

export const HOW_VALUES_ARE_READ = { named: TRANSFORMS, ofWords: wordsTransform }

export const canonicalize: ProcessorFactory<CanonicalizeConfig> = {
  kind: 'processor',
  type: 'canonicalize',
  stability: 'beta',
  summary: 'Turns every dialect of GenAI telemetry into one canonical event whose tokens add up.',
  schema,
  metrics: [
    counter(
      'observa_canonicalize_unknown_total',
      'Spans and log records of no GenAI dialect, by instrumentation scope.',
      ['scope'],
    ),
    counter('observa_canonicalize_truncated_total', 'Attributes cut to attribute_bytes_max.'),
    counter(
      'observa_canonicalize_unplanned_total',
      'Spans that took the slow way: the keys of their shape had not come twice.',
    ),
    counter(
      'observa_usage_inconsistent_total',
      'Reports of usage whose counts add up to the reported total in no reading, by instrumentation scope.',
      ['scope'],
    ),
    counter(
      'observa_usage_unread_total',
      'Spans of no known dialect whose attributes state token counts that no rule reads, by instrumentation scope.',
      ['scope'],
    ),
    counter(
      'observa_canonicalize_failed_total',
      'Values that a transform could not read; they stay as attributes.',
      ['step'],
    ),
  ],
  create(settings) {
    return makeEventMaker(settings, true)
  },
  explainStored: storedSources,
}

/** With `plans` false no plan is used, for tests. */
export function makeEventMaker(settings: CanonicalizeConfig, plans: boolean): EventMaker {
  const tables = new Tables(DIALECTS, HOW_VALUES_ARE_READ, [...DROPPED_KEYS, ...settings.drop_keys])
  return new EventMaker(tables, FINISHING, {
    keepAttributes: settings.keep_attributes,
    keepResourceAttributes: settings.keep_resource_attributes,
    attributeBytesMax: settings.attribute_bytes_max,
    providerAliases: settings.provider_aliases,
    namesSources: settings.field_sources,
    plans,
  })
}
