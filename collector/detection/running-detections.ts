// All detections of an instance, and what carries the signals of jobs and changes of scores into its log, from its start to its end.

import type { ObservaConfig } from '../../config/root.ts'
import { DerivedSignals } from './derived-signals.ts'
import { DetectionLoop, type DetectionLoopOptions } from './detection-loop.ts'
import { detectionsOf } from './detections.ts'
import type { OutboxLoop } from './outbox-loop.ts'
import { scoreChanges } from './score-changes.ts'

export interface DetectionsOptions extends Omit<DetectionLoopOptions, 'spec'> {
  /** Of the Postgres in which the signals of jobs wait; holds the password. Null without one. */
  readonly postgresUrl: string | null
}

export class RunningDetections {
  readonly #loops: DetectionLoop[] = []
  #derived: DerivedSignals | null = null
  #scores: OutboxLoop | null = null

  /** Registers their cursors with the log. Call it before any consumer of the log starts. */
  async open(config: ObservaConfig, options: DetectionsOptions): Promise<void> {
    for (const spec of detectionsOf(config))
      this.#loops.push(await DetectionLoop.open({ ...options, spec }))
    const url = options.postgresUrl
    if (url !== null && this.#loops.length > 0)
      this.#derived = new DerivedSignals(config, { ...options, url })
    this.#scores = scoreChanges(config, { ...options, url })
  }

  start(): void {
    for (const loop of this.#loops) loop.start()
    this.#derived?.start()
    this.#scores?.start()
  }

  /** Reads the remaining records. The signals that it finds have yet to be exported. */
  async stop(): Promise<void> {
    const outboxes = [this.#derived?.stop(), this.#scores?.stop()]
    await Promise.all([...this.#loops.map((loop) => loop.stop()), ...outboxes])
  }

  useSettingsOf(config: ObservaConfig): void {
    for (const spec of detectionsOf(config))
      this.#loops.find((loop) => loop.id === spec.id)?.useSettings(spec.settings)
    this.#derived?.useSettingsOf(config)
  }
}
