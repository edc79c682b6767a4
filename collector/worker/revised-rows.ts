// Stored events that a task makes the exporters revise: each as it was and as it is, read from its entry. The processors of the chain
// do with them what they do with events of a batch: one applies what the ledger decided, one prices them.

import type { SpanBatch } from '../../core/batch.ts'
import type { Processor, RevisedEvent, RevisedEvents } from '../../core/component.ts'
import { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { readEntry } from '../../core/reports/usage-entries.ts'
import type { LedgerCorrection, Revision, UsageState } from '../../core/task.ts'

export class RevisedRows implements RevisedEvents {
  readonly events: EventTable
  readonly items: RevisedEvent[] = []

  constructor(batch: SpanBatch) {
    this.events = new EventTable(batch)
  }

  reset(): void {
    this.events.reset()
    this.items.length = 0
  }

  fill(revisions: readonly Revision[], steps: readonly { readonly processor: Processor }[]): void {
    if (revisions.length === 0) return
    const corrections: LedgerCorrection[] = []
    for (const { entry, before, after, revision, stored = null } of revisions) {
      const [was, receivedAtMs] = this.#read(entry)
      const [is] = this.#read(entry)
      corrections.push(...correctionOf(was, before), ...correctionOf(is, after))
      this.events.setNum(is, N.revision, revision)
      this.items.push({ before: was, after: is, revision, receivedAtMs, stored })
    }
    for (const { processor } of steps) processor.applyLedger?.(this.events, corrections)
    for (let e = 0; e < this.events.count; e++) dropComputed(this.events, e)
    for (const { processor } of steps) processor.reprice?.(this.events)
  }

  #read(entry: Uint8Array): readonly [row: number, receivedAtMs: number] {
    const e = this.events.add(0)
    return [e, readEntry(entry, this.events, e)]
  }
}

function correctionOf(event: number, { outcome, of, rest }: UsageState): LedgerCorrection[] {
  if (outcome === 'counts') return [{ event, reason: 'counts', rest }]
  return [of === null ? { event, reason: 'container' } : { event, reason: 'duplicate', of }]
}

/** A computed cost is that of other counts; a given one stays. */
function dropComputed(events: EventTable, e: number): void {
  if (events.text(e, R.cost_source) === 'given') return
  for (const field of [N.cost_usd, N.cost_input_usd, N.cost_output_usd])
    events.setNum(e, field, Number.NaN)
  events.clear(e, R.price_ref)
  events.clear(e, R.cost_unpriced)
}
