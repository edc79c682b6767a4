// Writes changes of scores into the log, for exporters that pass scores on. Whoever changes one, a job, the API or a deletion, may be
// another process, so the changes wait in Postgres.

import type { ObservaConfig } from '../../config/root.ts'
import type { Encoder } from '../../core/component.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { ScoreChange } from '../../core/scores/score-change.ts'
import { SCORES_LOGGED } from '../../semantic/semantic-metrics.ts'
import { noteScoreReader, takeScoreChanges } from '../../storage/semantic/score-changes.ts'
import type { DurableLog } from '../log/log.ts'
import { encodersOf } from '../worker/build-chain.ts'
import { OutboxLoop, type OutboxOptions } from './outbox-loop.ts'

const PIPELINE = 'scores'

export interface ScoreChangesOptions extends Pick<OutboxOptions, 'clock' | 'logger'> {
  /** Of Postgres; null without one. */
  readonly url: string | null
  readonly log: DurableLog
  readonly metrics: Metrics
}

/** Null when no exporter that is in use passes scores on, and, with a warning, when no scores are kept. */
export function scoreChanges(
  config: ObservaConfig,
  { log, metrics, url, ...shared }: ScoreChangesOptions,
): OutboxLoop | null {
  const encoders = scoreEncodersOf(config)
  if (encoders.length === 0) return null
  if (url === null) {
    shared.logger.warn(
      {},
      'no scores are sent: they are kept in Postgres, and no pipeline exports to one',
    )
    return null
  }
  const append = async (changes: readonly ScoreChange[]): Promise<void> => {
    const parts = encoders.flatMap((encoder) => encoder.encodeScores?.(changes) ?? [])
    await log.append({
      pipeline: PIPELINE,
      parts,
      eventCount: 0,
      eventIds: new Uint8Array(0),
      claims: new Int32Array(0),
      createdAtMs: shared.clock.nowMs(),
    })
    metrics.add(SCORES_LOGGED, '', changes.length)
  }
  return new OutboxLoop({
    ...shared,
    url,
    what: 'changes of scores',
    take: async (pool, signal) => {
      await noteScoreReader(pool)
      return await takeScoreChanges(pool, append, signal)
    },
  })
}

function scoreEncodersOf({ exporters, service }: ObservaConfig): Encoder[] {
  const inUse = new Set([...service.pipelines.values()].flatMap((p) => p.exporters))
  const specs = [...inUse].flatMap((id) => {
    const e = exporters.get(id)
    if (e?.factory.takesScores?.(e.config) !== true) return []
    return [{ id, type: e.factory.type, settings: e.factory.encoderSettings(e.config) }]
  })
  return encodersOf(specs)
}
