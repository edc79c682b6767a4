// The state of the log, for health, diagnostics and admission.

import { ObservaError } from '../../core/errors.ts'
import type { RecoveryReport } from './recovery.ts'
import type { Durability } from './settings.ts'

/** `soft`: clients should slow down. `full`: appends are refused. */
export type Pressure = 'ok' | 'soft' | 'full'

/**
 * Why appends are refused. `bytes`: the log has reached its limit, because an exporter is behind. `disk`: the disk has less free space than
 * the log leaves to others, whatever the log itself holds. `read-only`: writing failed. `closed`: the process ends.
 */
export type Shortage = 'bytes' | 'disk' | 'read-only' | 'closed'

export interface LogStats {
  readonly durability: Durability
  readonly state: 'ok' | 'read-only' | 'closed'
  readonly pressure: Pressure
  /** Null unless the pressure is `full`. */
  readonly shortage: Shortage | null
  readonly firstSequence: bigint
  readonly nextSequence: bigint
  readonly segments: number
  /** The bytes of segments that some consumer still needs. */
  readonly neededBytes: number
  /** The bytes of all segment files, needed or not. */
  readonly diskBytes: number
  readonly cachedBytes: number
  readonly pendingAppends: number
  readonly pendingBytes: number
  /** The number of items ever appended, by exporter. */
  readonly items: Readonly<Record<string, number>>
  readonly events: number
  readonly consumers: Readonly<Record<string, bigint>>
  readonly recovery: RecoveryReport
}

/** The error of an append that is refused for lack of room. */
export function fullError(shortage: Shortage): ObservaError {
  return shortage === 'disk'
    ? new ObservaError(
        'OBS_LOG_FULL',
        'The disk of the log is nearly full.',
        'Free space on it, or lower queue.min_free_bytes.',
      )
    : new ObservaError(
        'OBS_LOG_FULL',
        'The log has reached queue.max_bytes.',
        'An exporter is behind: observa_exporter_lag_bytes names it.',
      )
}
