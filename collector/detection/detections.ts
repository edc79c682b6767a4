// The detections that a configuration needs: one for each `signals` processor in a pipeline, with its settings and the exporters
// that receive its signals.

import type { ObservaConfig, Pipeline } from '../../config/root.ts'
import type { DetectionSettings } from '../../detection/settings.ts'
import type { ComponentSpec } from '../worker/build-chain.ts'

export const DETECTION = 'detection'

export interface DetectionSpec {
  /** Its name in the log and in metrics, such as `detection:signals`. */
  readonly id: string
  readonly settings: DetectionSettings
  readonly exporters: readonly ComponentSpec[]
}

/** The encoder that writes observations for a pipeline's detection. Null for a pipeline without a `signals` processor. */
export function observationEncoderOf(
  config: ObservaConfig,
  pipeline: Pipeline,
): ComponentSpec | null {
  const id = pipeline.processors.find((p) => config.processors.get(p)?.factory.type === 'signals')
  return id === undefined ? null : { id: `${DETECTION}:${id}`, type: DETECTION, settings: {} }
}

export function detectionsOf(config: ObservaConfig): DetectionSpec[] {
  const out = new Map<string, DetectionSpec>()
  for (const pipeline of config.service.pipelines.values()) {
    const encoder = observationEncoderOf(config, pipeline)
    if (encoder === null) continue
    const processor = config.processors.get(encoder.id.slice(DETECTION.length + 1))
    const known = out.get(encoder.id)?.exporters ?? []
    const added = pipeline.exporters.flatMap((id) => {
      const e = config.exporters.get(id)
      if (e === undefined || known.some((k) => k.id === id)) return []
      return [{ id, type: e.factory.type, settings: e.factory.encoderSettings(e.config) }]
    })
    // The schema of the `signals` processor includes the settings of the detection.
    const settings = processor?.settings as DetectionSettings
    out.set(encoder.id, { id: encoder.id, settings, exporters: [...known, ...added] })
  }
  return [...out.values()]
}
