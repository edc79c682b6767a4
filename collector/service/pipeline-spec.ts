// Turns a checked configuration into settings for workers, which can be cloned and contain no functions.

import { listenersIn } from '../../config/cross-checks.ts'
import type { ObservaConfig, Pipeline } from '../../config/root.ts'
import type { ReceiverUrls } from '../../core/component.ts'
import { type InstanceSecrets, NO_SECRETS } from '../../core/identity/pseudonym.ts'
import { DEFAULT_LIMITS, type DecodeLimits } from '../../proto/decode.ts'
import { observationEncoderOf } from '../detection/detections.ts'
import type { Listeners } from '../http/listeners.ts'
import type { OtlpConfig } from '../receivers/otlp/index.ts'
import type { ComponentSpec, PipelineSpec } from '../worker/build-chain.ts'

export function decodeLimits(config: ObservaConfig): DecodeLimits {
  const { limits } = config
  return {
    ...DEFAULT_LIMITS,
    decodedBytesMax: limits.max_decoded_bytes,
    spansMax: limits.max_spans,
    depthMax: limits.max_depth,
    lineBytesMax: limits.max_line_bytes,
  }
}

/** The description of a pipeline for a worker. With `explain` the worker says which source filled each field. */
export function pipelineSpec(
  config: ObservaConfig,
  pipeline: Pipeline,
  explain: boolean,
  secrets: InstanceSecrets = NO_SECRETS,
): PipelineSpec {
  return {
    id: pipeline.id,
    processors: pipeline.processors.flatMap((id) => {
      const p = config.processors.get(id)
      return p === undefined ? [] : [{ id, type: p.factory.type, settings: p.settings }]
    }),
    encoders: [
      ...pipeline.exporters.flatMap((id) => {
        const e = config.exporters.get(id)
        if (e === undefined) return []
        return [{ id, type: e.factory.type, settings: e.factory.encoderSettings(e.config) }]
      }),
      ...observations(config, pipeline),
    ],
    limits: decodeLimits(config),
    explain,
    secrets,
  }
}

function observations(config: ObservaConfig, pipeline: Pipeline): ComponentSpec[] {
  const encoder = observationEncoderOf(config, pipeline)
  return encoder === null ? [] : [encoder]
}

/**
 * The id of the pipeline that takes metrics if the configuration has no pipeline for them. It counts metrics and discards
 * them.
 */
export const UNKEPT_METRICS = 'metrics (unkept)'

export function unkeptMetricsSpec(config: ObservaConfig): PipelineSpec {
  const limits = decodeLimits(config)
  return { id: UNKEPT_METRICS, processors: [], encoders: [], limits, explain: false }
}

/** Whether a pipeline takes what the receiver receives. */
export function isUsed({ service }: ObservaConfig, receiver: string): boolean {
  return [...service.pipelines.values()].some((p) => p.receivers.includes(receiver))
}

/** The first of these exporters that sends events as JSON, null when none does. */
export function jsonExporterOf(
  { exporters }: ObservaConfig,
  ids: readonly string[],
): string | null {
  const sendsJson = (id: string): boolean => {
    const e = exporters.get(id)
    return e?.factory.sendsEventJson?.(e.config) === true
  }
  return ids.find(sendsJson) ?? null
}

/** The ids of pipelines with exactly these exporters. `group` has the sorted ids of the exporters, joined by spaces. */
export function idsWithExporters({ service }: ObservaConfig, group: string): Set<string> {
  const all = [...service.pipelines.values()]
  return new Set(all.filter((p) => p.exporters.toSorted().join(' ') === group).map((p) => p.id))
}

/** The ids of the pipelines that are named `component` or have a component of this id. Null if there is none. */
export function pipelinesWith(
  { service }: ObservaConfig,
  component: string,
): ReadonlySet<string> | null {
  const found = [...service.pipelines].filter(
    ([id, p]) =>
      id === component || [...p.receivers, ...p.processors, ...p.exporters].includes(component),
  )
  return found.length === 0 ? null : new Set(found.map(([id]) => id))
}

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

/** The URL of the first receiver of each kind. */
export function receiverUrls(config: ObservaConfig, listeners: Listeners): ReceiverUrls {
  const found: { -readonly [Kind in keyof ReceiverUrls]: ReceiverUrls[Kind] } = {
    grpc: null,
    otlp: null,
    http: null,
  }
  const bound = (endpoint: string | undefined): string | null =>
    endpoint === undefined ? null : listeners.url(endpoint)
  for (const { factory, config: own } of config.receivers.values()) {
    const { endpoint, protocols } = own as {
      readonly endpoint?: string
      readonly protocols?: OtlpConfig['protocols']
    }
    if (factory.type === 'observa') found.http ??= bound(endpoint)
    if (factory.type !== 'otlp') continue
    found.grpc ??= bound(protocols?.grpc?.endpoint)
    found.otlp ??= bound(protocols?.http?.endpoint)
  }
  return found
}
