// The addresses that an instance will listen on, as its configuration says.

import { listenersIn } from '../../config/cross-checks.ts'
import type { ObservaConfig } from '../../config/root.ts'
import { isUsed } from './pipeline-spec.ts'

/** `host:port` of every receiver and extension that is in use, and of the metrics. */
export function endpointsOf(config: ObservaConfig): ReadonlySet<string> {
  const receivers = [...config.receivers].filter(([id]) => isUsed(config, id))
  const extensions = [...config.extensions].filter(([id]) => config.service.extensions.includes(id))
  const found = [...receivers, ...extensions].flatMap(([id, component]) =>
    listenersIn(component.config, [id]).map((l) => l.endpoint),
  )
  const { metrics } = config.telemetry
  return new Set(metrics.enabled ? [...found, metrics.endpoint] : found)
}
