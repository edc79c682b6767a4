// What others see of the running service: whether it takes data now, and if not, every reason why; how its queue and exporters are;
// and which pipelines run.

import type { KeyDirectory } from '../../accounts/key-directory.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { RunningPipeline } from '../../core/component.ts'
import { formatBytes } from '../../core/config/units.ts'
import type { LogStats, Shortage } from '../log/stats.ts'
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

const SHORTAGES: Readonly<Record<Exclude<Shortage, 'closed'>, string>> = {
  bytes: 'the queue is full: it has reached queue.max_bytes',
  disk: 'the disk of the queue is nearly full: it has less free space than queue.min_free_bytes',
  'read-only': 'the queue is read-only: writing failed twice',
}

export function readinessOf({ isReady, isStopping, stats, exporters }: InstanceState): Readiness {
  const reasons: string[] = []
  if (!isReady) reasons.push(isStopping ? 'shutting down' : 'starting')
  const shortage = stats?.shortage ?? null
  if (shortage !== null && shortage !== 'closed') reasons.push(SHORTAGES[shortage])
  for (const { id, loop } of exporters)
    if (loop.isHoldingUp) reasons.push(`exporter ${id} is further behind than its max_lag`)
  return { ok: reasons.length === 0, reasons }
}

/** By component id. */
export type Health = Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>

/** What is known of keys, quotas and mutes, and how old it is. */
type Known = Pick<KeyDirectory, 'isStale' | 'ageMs'>

/** Without `stats` the log is not open, so that nothing is taken. `known` is null without a control plane. */
export function healthOf(
  stats: LogStats | null,
  exporters: InstanceState['exporters'],
  known: Known | null,
): Health {
  const isFull = stats === null || stats.pressure === 'full'
  const waiting = stats === null ? 'not open' : `${formatBytes(stats.neededBytes)} to send`
  const pressure = stats === null || stats.pressure === 'ok' ? '' : `, pressure ${stats.pressure}`
  const shortage = stats?.shortage ?? null
  const why = shortage === null ? '' : ` (${shortage})`
  const queue = { ok: !isFull, detail: `${waiting}${pressure}${why}` }
  const found = exporters.map(({ id, loop }) => [`exporter ${id}`, loop.health()] as const)
  const control = known === null ? {} : { 'control plane': controlOf(known) }
  return { queue, ...Object.fromEntries(found), ...control }
}

function controlOf(known: Known): Health[string] {
  const ageMs = known.ageMs()
  if (!known.isStale) return { ok: true, detail: `heard of ${Math.round(ageMs / 1000)} s ago` }
  const since = Number.isFinite(ageMs) ? `for ${Math.round(ageMs / 1000)} s` : 'since the start'
  return { ok: false, detail: `does not answer ${since}; what is known of it goes on` }
}

export function runningPipelines({ service }: ObservaConfig): readonly RunningPipeline[] {
  return [...service.pipelines].map(([id, { receivers, processors, exporters }]) => ({
    id,
    receivers,
    processors,
    exporters,
  }))
}
