// What others see of the running service: whether it takes data now, and if not, every reason why; how its queue and exporters are;
// and which pipelines run.

import type { ObservaConfig } from '../../config/root.ts'
import type { RunningPipeline } from '../../core/component.ts'
import { formatBytes } from '../../core/config/units.ts'
import type { LogStats } from '../log/log.ts'
import type { SenderLoop } from '../sender/sender-loop.ts'

export interface Readiness {
  readonly ok: boolean
  /** Sentences for people; empty when `ok`. */
  readonly reasons: readonly string[]
}

export interface InstanceState {
  readonly isReady: boolean
  readonly isStopping: boolean
  /** Null before the log is open. */
  readonly stats: LogStats | null
  readonly exporters: readonly { readonly id: string; readonly loop: SenderLoop }[]
}

export function readinessOf({ isReady, isStopping, stats, exporters }: InstanceState): Readiness {
  const reasons: string[] = []
  if (!isReady) reasons.push(isStopping ? 'shutting down' : 'starting')
  if (stats?.state === 'read-only') reasons.push('the queue is read-only: writing failed twice')
  else if (stats?.pressure === 'full') reasons.push('the queue or its disk is full')
  for (const { id, loop } of exporters)
    if (loop.isHoldingUp) reasons.push(`exporter ${id} is further behind than its max_lag`)
  return { ok: reasons.length === 0, reasons }
}

/** By component id. */
export type Health = Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>

/** Without `stats` the log is not open, so that nothing is taken. */
export function healthOf(stats: LogStats | null, exporters: InstanceState['exporters']): Health {
  const isFull = stats === null || stats.pressure === 'full'
  const waiting = stats === null ? 'not open' : `${formatBytes(stats.neededBytes)} to send`
  const pressure = stats === null || stats.pressure === 'ok' ? '' : `, pressure ${stats.pressure}`
  const queue = { ok: !isFull, detail: `${waiting}${pressure}` }
  const found = exporters.map(({ id, loop }) => [`exporter ${id}`, loop.health()] as const)
  return { queue, ...Object.fromEntries(found) }
}

export function runningPipelines({ service }: ObservaConfig): readonly RunningPipeline[] {
  return [...service.pipelines].map(([id, { receivers, processors, exporters }]) => ({
    id,
    receivers,
    processors,
    exporters,
  }))
}
