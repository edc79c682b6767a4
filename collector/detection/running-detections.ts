// All detections of an instance, from its start to its end.

import type { ObservaConfig } from '../../config/root.ts'
import { DetectionLoop, type DetectionLoopOptions } from './detection-loop.ts'
import { detectionsOf } from './detections.ts'

export class RunningDetections {
  readonly #loops: DetectionLoop[] = []

  /** Claims their places in the log; before any consumer of the log starts. */
  async open(config: ObservaConfig, options: Omit<DetectionLoopOptions, 'spec'>): Promise<void> {
    for (const spec of detectionsOf(config))
      this.#loops.push(await DetectionLoop.open({ ...options, spec }))
  }

  start(): void {
    for (const loop of this.#loops) loop.start()
  }

  /** Finds what is left in the log; exporters still have to send it. */
  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()))
  }

  useSettingsOf(config: ObservaConfig): void {
    for (const spec of detectionsOf(config))
      this.#loops.find((loop) => loop.id === spec.id)?.useSettings(spec.settings)
  }
}
