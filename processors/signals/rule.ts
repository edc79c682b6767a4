// What a rule is: a row of the table in `rules.ts`, or a file of its own beside it.

import type { EventTable } from '../../core/event.ts'
import type { Severity, SignalType } from '../../core/signal.ts'
import type { SignalsConfig } from './config.ts'

export interface Finding {
  readonly type: SignalType
  readonly severity: Severity
  readonly value: number | null
  readonly threshold: number | null
  readonly evidence: Readonly<Record<string, string | number | boolean | null>>
}

export interface Rule {
  /** Id and version, part of the signal's identity. */
  readonly id: string
  readonly types: readonly SignalType[]
  /** Judges one call's figures: containers, which repeat their calls' figures, are left out. */
  readonly perCall: boolean
  /** Judges how a span ended: log records beside the span, which say it again, are left out. */
  readonly perSpan?: boolean
  check(events: EventTable, e: number, config: SignalsConfig): Finding | null
}
