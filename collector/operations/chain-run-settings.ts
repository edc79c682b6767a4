// The settings of a run of payloads through the pipelines of a configuration. They can be cloned, so another thread can make the run.

import type { ObservaConfig } from '../../config/root.ts'
import type { InstanceSecrets } from '../../core/identity/pseudonym.ts'
import { DETECTION, detectionsOf } from '../detection/detections.ts'
import { pipelineSpec } from '../service/pipeline-spec.ts'
import type { PipelineSpec } from '../worker/build-chain.ts'
import type { ChainRunSettings } from '../worker/chain-run.ts'

export interface ChainRunOptions {
  /** The pipeline to run. Null selects the first pipeline of the request's telemetry kind. */
  readonly pipelineId: string | null
  readonly explain: boolean
  /** True if the run must also encode the events for the exporters. */
  readonly isEncoding: boolean
}

export function chainRunSettings(
  config: ObservaConfig,
  options: ChainRunOptions,
  secrets: InstanceSecrets,
): ChainRunSettings {
  const pipelines = [...config.service.pipelines.values()].map((pipeline) => {
    const spec = pipelineSpec(config, pipeline, options.explain, secrets)
    const { telemetry } = pipeline
    return {
      telemetry,
      spec: options.isEncoding ? spec : { ...spec, encoders: observationsOnly(spec) },
    }
  })
  const detections = detectionsOf(config).map(({ id, settings }) => ({ id, settings }))
  return { pipelines, detections, pipelineId: options.pipelineId }
}

const observationsOnly = ({ encoders }: PipelineSpec) =>
  encoders.filter((e) => e.type === DETECTION)
