// The interface of a rule over single events. The rules are rows of the tables beside this file; `all-rules.ts` lists them.

import type { EventTable } from '../../../core/event.ts'
import type { Severity, SignalType } from '../../../core/signals/signal.ts'
import type { SignalsConfig } from '../config.ts'

export interface Finding {
  readonly type: SignalType
  readonly severity: Severity
  readonly value: number | null
  readonly threshold: number | null
  readonly evidence: Readonly<Record<string, string | number | boolean | null>>
  /** Distinguishes issues of this type. Findings with equal dimensions are occurrences of one issue. */
  readonly dimensions: readonly (string | null)[]
}

export interface SignalRule {
  /** Id and version of the rule. Both are part of the signal's identity. */
  readonly id: string
  readonly types: readonly SignalType[]
  /** True for a rule about the figures of one call. Containers, which repeat the figures of their calls, are skipped. */
  readonly perCall: boolean
  /** True for a rule about how a span ended. Log records that belong to a span, and repeat its failure, are skipped. */
  readonly perSpan?: boolean
  /** True for a rule about failures. A span that repeats the failure of a call inside it is skipped. */
  readonly perFault?: boolean
  /** True for a rule about tokens or cost, which later reports of a call may correct. */
  readonly perUsage?: boolean
  /**
   * True for a rule about content. It also checks the second report of a call, because the first may lack the messages. Equal findings
   * in both are one signal.
   */
  readonly perContent?: boolean
  check(events: EventTable, event: number, config: SignalsConfig): Finding | null
}
