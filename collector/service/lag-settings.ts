// The limits on how far exporters may fall behind: from the configuration, and what they mean to receivers.

import type { ObservaConfig } from '../../config/root.ts'
import type { LagSettings } from '../sender/lag-limit.ts'
import type { SenderLoop } from '../sender/sender-loop.ts'

/** An empty object for an exporter without a limit. */
export function lagOf({ queue }: ObservaConfig, id: string): { readonly lag?: LagSettings } {
  const limit = queue.max_lag[id]
  if (limit === undefined) return {}
  const { bytes, age, action } = limit
  return { lag: { bytesMax: bytes ?? null, ageMsMax: age ?? null, whenBehind: action } }
}

/** Tells whether an exporter of these pipelines is so far behind that their receivers must refuse. */
export function heldUp(
  { service }: ObservaConfig,
  pipelines: readonly string[],
  exporters: readonly { readonly id: string; readonly loop: SenderLoop }[],
): () => boolean {
  const used = new Set(pipelines.flatMap((id) => service.pipelines.get(id)?.exporters ?? []))
  const loops = exporters.filter((e) => used.has(e.id)).map((e) => e.loop)
  return () => loops.some((loop) => loop.isHoldingUp)
}
