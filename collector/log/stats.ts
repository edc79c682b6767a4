// What the log says about itself, for health, diagnostics and admission.

import type { RecoveryReport } from './recovery.ts'
import type { Durability } from './settings.ts'

/** `soft`: slow clients down; `full`: appends are refused. */
export type Pressure = 'ok' | 'soft' | 'full'

export interface LogStats {
  readonly durability: Durability
  readonly state: 'ok' | 'read-only' | 'closed'
  readonly pressure: Pressure
  readonly firstSequence: bigint
  readonly nextSequence: bigint
  readonly segments: number
  /** Bytes of segments that some consumer still needs. */
  readonly neededBytes: number
  /** Bytes of all segment files, needed or not. */
  readonly diskBytes: number
  readonly cachedBytes: number
  readonly pendingAppends: number
  readonly pendingBytes: number
  /** Items ever appended, by exporter. */
  readonly items: Readonly<Record<string, number>>
  readonly events: number
  readonly consumers: Readonly<Record<string, bigint>>
  readonly recovery: RecoveryReport
}
