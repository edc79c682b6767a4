// Encodes signals for exporters with the exporters' own encoders. This runs on the main thread, because signals about traces and
// trends are few.

import { Arena } from '../../core/arena.ts'
import { SpanBatch } from '../../core/batch.ts'
import type { ChainContext, Encoder } from '../../core/component.ts'
import { EventTable } from '../../core/event.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type { EncodedPart } from '../../core/task.ts'
import { type ComponentSpec, encodersOf } from '../worker/build-chain.ts'

const NONE: ReadonlySet<number> = new Set()

export class SignalParts {
  readonly #encoders: readonly Encoder[]
  readonly #events = new EventTable(new SpanBatch(new Arena()))

  constructor(exporters: readonly ComponentSpec[]) {
    this.#encoders = encodersOf(exporters)
  }

  encode(signals: readonly Signal[]): EncodedPart[] {
    const ctx: ChainContext = { count: () => {}, signal: () => {}, signals, explain: false }
    const input = { batch: this.#events.batch, events: this.#events, signals }
    return this.#encoders
      .flatMap((encoder) => encoder.encode(input, NONE, ctx))
      .filter((part) => part.items > 0)
  }
}
