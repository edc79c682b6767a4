// Starts the exporters of a configuration: each has a sender, and a loop that feeds it from the log. Also tells whether an exporter
// is so far behind that receivers must refuse.

import { join } from 'node:path'
import type { ObservaConfig } from '../../config/root.ts'
import type { Clock, Random } from '../../core/clock.ts'
import type { Host, Sender } from '../../core/component.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { DurableLog } from '../log/log.ts'
import type { LagSettings } from '../sender/lag-limit.ts'
import { SenderLoop } from '../sender/sender-loop.ts'
import { stopOnFailure } from './stop-on-failure.ts'

export interface RunningExporter {
  readonly id: string
  readonly sender: Sender
  readonly loop: SenderLoop
}

export interface ExporterOptions {
  readonly config: ObservaConfig
  readonly dataDir: string
  readonly durable: DurableLog
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
}

const START_MS_MAX = 120_000

/** Starts the exporters that pipelines use, one after another, and yields each as soon as it has started. */
export async function* startedExporters(
  options: ExporterOptions,
  hostOf: (id: string) => Host,
): AsyncGenerator<RunningExporter> {
  const { config } = options
  const used = new Set([...config.service.pipelines.values()].flatMap((p) => p.exporters))
  for (const [id, exporter] of config.exporters) {
    if (!used.has(id)) continue
    const host = hostOf(id)
    const sender = await exporter.factory.createSender(exporter.config, host)
    await stopOnFailure(sender, () => sender.start(AbortSignal.timeout(START_MS_MAX)))
    const limits = exporter.factory.limits(exporter.config)
    const loop = await stopOnFailure(sender, () =>
      SenderLoop.open({
        exporterId: id,
        sender,
        limits,
        log: options.durable,
        dir: config.queue.dir ?? join(options.dataDir, 'queue'),
        deadLetterBytesMax: config.queue.dead_letter_max_bytes,
        ...lagOf(config, id),
        clock: options.clock,
        random: options.random,
        metrics: options.metrics,
        logger: host.log,
      }),
    )
    yield { id, sender, loop }
  }
}

/** An empty object for an exporter without a limit. */
function lagOf({ queue }: ObservaConfig, id: string): { readonly lag?: LagSettings } {
  const limit = queue.max_lag[id]
  if (limit === undefined) return {}
  const { bytes, age, action } = limit
  return { lag: { bytesMax: bytes ?? null, ageMsMax: age ?? null, whenBehind: action } }
}

/** Tells whether an exporter of these pipelines is so far behind that their receivers must refuse. */
export function heldUp(
  { service }: ObservaConfig,
  pipelines: readonly string[],
  exporters: readonly RunningExporter[],
): () => boolean {
  const used = new Set(pipelines.flatMap((id) => service.pipelines.get(id)?.exporters ?? []))
  const loops = exporters.filter((e) => used.has(e.id)).map((e) => e.loop)
  return () => loops.some((loop) => loop.isHoldingUp)
}
