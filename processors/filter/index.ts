// Drops spans and log records by conditions on their name, attributes, resource or canonical fields. An item is dropped when
// it meets any condition of `drop`, or when there are `keep` conditions and it meets none.

import { z } from 'zod'
import type { SpanBatch } from '../../core/batch.ts'
import type { ChainContext, Processor, ProcessorFactory } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { counter } from '../../core/metrics.ts'
import { SpanView } from '../../core/span-view.ts'
import { type Condition, conditionSchema, type Test, testsOf } from './condition.ts'

export const filterSchema = z.strictObject({
  drop: z
    .array(conditionSchema)
    .default([])
    .describe('Conditions. An item that meets any of them is dropped.')
    .meta({ examples: [[{ attribute: 'http.route', equals: '/health' }]] }),
  keep: z
    .array(conditionSchema)
    .default([])
    .describe('Conditions. If there are any, an item that meets none of them is dropped.'),
})

export type FilterConfig = z.output<typeof filterSchema>

export const filter: ProcessorFactory<FilterConfig> = {
  kind: 'processor',
  type: 'filter',
  stability: 'beta',
  summary: 'Drops spans and log records by conditions; every drop is counted.',
  schema: filterSchema as z.ZodType<FilterConfig>,
  metrics: [counter('observa_filter_dropped_items_total', 'Items dropped by a condition.')],
  create: (config) => new FilterProcessor(config),
}

class FilterProcessor implements Processor {
  readonly #drop: readonly Test[]
  readonly #keep: readonly Test[]

  constructor(config: FilterConfig) {
    const compile = (conditions: readonly Condition[]): Test[] => conditions.map(testsOf)
    this.#drop = compile(config.drop)
    this.#keep = compile(config.keep)
  }

  process(batch: SpanBatch, events: EventTable, ctx: ChainContext): void {
    const eventOf = eventIndex(batch, events)
    const view = new SpanView(batch)
    let dropped = 0
    for (let span = 0; span < batch.spanCount; span++) {
      if (batch.isDropped(span)) continue
      const e = eventOf[span] ?? -1
      const holds = (t: Test): boolean => t(view.at(span), events, e)
      const unwanted = this.#drop.some(holds) || (this.#keep.length > 0 && !this.#keep.some(holds))
      if (!unwanted) continue
      batch.drop(span)
      dropped++
    }
    if (dropped > 0) ctx.count('observa_filter_dropped_items_total', '', dropped)
  }
}

/** The event made of each span; -1 for none. Empty before `canonicalize`. */
function eventIndex(batch: SpanBatch, events: EventTable): Int32Array {
  const of = new Int32Array(batch.spanCount).fill(-1)
  for (let e = 0; e < events.count; e++) of[events.spanOf[e] as number] = e
  return of
}
