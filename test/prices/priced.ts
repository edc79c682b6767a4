// For tests: sends spans through `canonicalize` and `cost`.

import { EventTable } from '../../core/event.ts'
import {
  context,
  decodeBatch,
  eventsOf,
  makeProcessor,
  otlpJsonOf,
  type PlainSpan,
  type TestEvent,
} from '../../processors/canonicalize/testing/run-batch.ts'
import { BUILTIN } from '../../processors/cost/builtin-table.ts'
import { CostProcessor } from '../../processors/cost/cost-processor.ts'

/** Spans in a batch, about as many as a busy worker gets. */
const BATCH = 500

const canonicalizer = makeProcessor()
const pricer = new CostProcessor([BUILTIN])

/** The events made from the spans. */
export function priced(spans: readonly PlainSpan[]): TestEvent[] {
  const out: TestEvent[] = []
  for (let from = 0; from < spans.length; from += BATCH) {
    const body = otlpJsonOf(...spans.slice(from, from + BATCH))
    const batch = decodeBatch([{ format: 'otlp-json', body }])
    const table = new EventTable(batch)
    const ctx = context(new Map(), false)
    canonicalizer.process(batch, table, ctx)
    pricer.process(batch, table, ctx)
    out.push(...eventsOf(table))
  }
  return out
}
