// Stores planted calls together with their vectors, as if they had been sampled and embedded.

import type { ClickHouseClient } from '@clickhouse/client'
import { storeSampled, storeVectors, type Vector } from '../../storage/semantic/vectors.ts'
import { plantedCall, plantedVector } from './planted-topics.ts'
import { eventIdOf, type StoredCall, storeCalls, traceIdOf } from './stored-calls.ts'

export const EMBEDDER = 'planted#1'

export interface Planted {
  readonly topic: number
  readonly n: number
  readonly more?: Partial<StoredCall>
  /** Instead of the vector of the topic. */
  readonly v?: Float32Array
}

/** `rate` is the share of the sample, the same for all of them. */
export async function storePlanted(
  client: ClickHouseClient,
  project: string,
  planted: readonly Planted[],
  rate = 1,
): Promise<readonly StoredCall[]> {
  const calls = planted.map(({ topic, n, more }) => plantedCall(project, topic, n, more))
  await storeCalls(client, calls)
  const vectors = calls.map((call, i): Vector => {
    const { topic = 0, n = 0, v } = planted[i] ?? {}
    return {
      tenantId: call.tenant ?? 't',
      projectId: project,
      embedder: EMBEDDER,
      trace: traceIdOf(call),
      event: eventIdOf(call),
      at: String(BigInt(Date.now() - (call.agoS ?? 5) * 1000) * 1_000_000n),
      environment: '',
      model: call.model ?? 'gpt-test',
      route: call.route ?? '',
      v: Array.from(v ?? plantedVector(topic, n)),
    }
  })
  await storeSampled(
    client,
    vectors.map(({ tenantId, projectId, trace, event }) => ({
      tenantId,
      projectId,
      trace,
      event,
      reason: 'rate',
      rate,
    })),
  )
  await storeVectors(client, vectors)
  return calls
}
