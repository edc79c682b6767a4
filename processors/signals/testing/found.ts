// For tests of rules: makes events with the given fields and returns the signals found in them.

import { Arena } from '../../../core/arena.ts'
import { SpanBatch } from '../../../core/batch.ts'
import type { ChainContext } from '../../../core/component.ts'
import { EventTable } from '../../../core/event.ts'
import { type FieldName, numberIndex, R, rangeIndex } from '../../../core/fields.ts'
import type { Signal } from '../../../core/signals/signal.ts'
import { signalsSchema } from '../config.ts'
import { signals } from '../index.ts'

export type Fields = Partial<Record<FieldName, string | number>>

export function found(list: readonly Fields[], config: unknown = {}): Signal[] {
  const events = new EventTable(new SpanBatch(new Arena()))
  for (const [i, fields] of list.entries()) {
    const e = events.add(0)
    const { arena } = events
    const id = (r: number, size: number, tag: number): void => {
      const off = arena.reserve(size)
      arena.bytes.fill(tag, off, off + size)
      events.setRange(e, r, off, size)
    }
    id(R.event_id, 16, i + 1)
    id(R.trace_id, 16, 7)
    id(R.span_id, 8, i + 1)
    for (const [name, value] of Object.entries(fields)) {
      const field = name as FieldName
      if (typeof value === 'number') events.setNum(e, numberIndex(field), value)
      else events.setText(e, rangeIndex(field), value)
    }
  }
  const out: Signal[] = []
  const ctx: ChainContext = {
    count: () => {},
    signal: (s) => out.push(s),
    signals: out,
    explain: false,
  }
  signals.create(signalsSchema.parse(config)).process(events.batch, events, ctx)
  return out
}

/** Types of the signals, in the order in which they were found. */
export const typesFound = (...args: Parameters<typeof found>): string[] =>
  found(...args).map((s) => s.type)
