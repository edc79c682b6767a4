// From a checked configuration to what a worker is given: cloneable settings, no factories.

import type { ObservaConfig, Pipeline } from '../../config/root.ts'
import { type InstanceSecrets, NO_SECRETS } from '../../core/identity/pseudonym.ts'
import { DEFAULT_LIMITS, type DecodeLimits } from '../../proto/decode.ts'
import type { PipelineSpec } from '../worker/build-chain.ts'

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

/** A pipeline as it crosses to a worker. */
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
    encoders: pipeline.exporters.flatMap((id) => {
      const e = config.exporters.get(id)
      if (e === undefined) return []
      return [{ id, type: e.factory.type, settings: e.factory.encoderSettings(e.config) }]
    }),
    limits: decodeLimits(config),
    explain,
    secrets,
  }
}

/** Id of the pipeline that takes metrics where the configuration has none for them: it counts what nobody keeps. */
export const UNKEPT_METRICS = 'metrics (unkept)'

export function unkeptMetricsSpec(config: ObservaConfig): PipelineSpec {
  const limits = decodeLimits(config)
  return { id: UNKEPT_METRICS, processors: [], encoders: [], limits, explain: false }
}
