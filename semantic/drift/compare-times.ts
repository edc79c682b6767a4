// Compares the questions and answers of two time ranges: whether they differ by more than chance, which topics grew and
// shrank, and which exchanges are typical of each range.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../../storage/queries/page.ts'
import {
  type DrawnVector,
  drawnVectors,
  newestEmbedder,
  type TopicFilter,
  type TopicSums,
  topicSums,
} from '../../storage/semantic/topic-shares.ts'
import { Yielding } from '../topics/yielding.ts'
import { energyTest } from './energy-test.ts'
import { divergenceOf, type TopicShift, topicShifts } from './share-shift.ts'

/** Largest number of vectors of each range. All pairs are compared: 300 vectors take 0.3 s and 2 MB. */
export const DRAWN_MAX = 300
/** With fewer vectors, nearly every difference can be explained by chance. */
export const DRAWN_MIN = 20
const PERMUTATIONS = 499
/** Significance level: for equal traffic, one comparison in a hundred is below it. */
export const DRIFT_BELOW = 0.01

export interface TimesCompared {
  readonly embedder: string
  readonly drawn: number
  readonly baseDrawn: number
  /** Null when one of the ranges has too few vectors. */
  readonly test: {
    readonly isDrift: boolean
    readonly pValue: number
    readonly effect: number
    readonly permutations: number
  } | null
  readonly shifts: readonly TopicShift[]
  readonly divergence: number
  readonly typicalNow: readonly DrawnVector[]
  readonly typicalBefore: readonly DrawnVector[]
}

export interface CompareOptions {
  readonly seed: string
  readonly typical: number
}

/** Resolves with null when nothing was embedded in either range. */
export async function compareTimes(
  client: ClickHouseClient,
  scope: ProjectScope,
  [now, before]: readonly [TopicFilter, TopicFilter],
  { seed, typical }: CompareOptions,
  signal: AbortSignal,
): Promise<TimesCompared | null> {
  const embedder =
    (await newestEmbedder(client, scope, 'vectors', now)) ??
    (await newestEmbedder(client, scope, 'vectors', before))
  if (embedder === null) return null
  const draw = (f: TopicFilter): Promise<readonly DrawnVector[]> =>
    drawnVectors(client, scope, embedder, { ...f, seed, limit: DRAWN_MAX })
  const [drawn, base] = [await draw(now), await draw(before)]
  const sums = await topicSums(client, scope, embedder, now)
  const baseSums = await topicSums(client, scope, embedder, before)
  const shifts = shiftsOf(sums, baseSums)
  const shared = {
    embedder,
    drawn: drawn.length,
    baseDrawn: base.length,
    shifts,
    divergence: divergenceOf(shifts),
  }
  if (Math.min(drawn.length, base.length) < DRAWN_MIN)
    return { ...shared, test: null, typicalNow: [], typicalBefore: [] }
  const tested = await energyTest(
    drawn.map((d) => d.v),
    base.map((d) => d.v),
    { seed, permutations: PERMUTATIONS },
    new Yielding(signal),
  )
  const { pValue, effect, permutations, typicalNow, typicalBefore } = tested
  return {
    ...shared,
    test: { isDrift: pValue < DRIFT_BELOW, pValue, effect, permutations },
    typicalNow: typicalNow.slice(0, typical).flatMap((i) => drawn[i] ?? []),
    typicalBefore: typicalBefore.slice(0, typical).flatMap((i) => base[i] ?? []),
  }
}

function shiftsOf(now: readonly TopicSums[], before: readonly TopicSums[]): readonly TopicShift[] {
  const effective = (sums: readonly TopicSums[]): number =>
    sums.reduce((n, s) => n + s.effective, 0)
  const ids = new Set([...now, ...before].map((s) => s.topicId))
  const counts = [...ids].map((topicId) => ({
    topicId,
    now: now.find((s) => s.topicId === topicId)?.traces ?? 0,
    before: before.find((s) => s.topicId === topicId)?.traces ?? 0,
  }))
  return topicShifts(counts, { now: effective(now), before: effective(before) })
}
