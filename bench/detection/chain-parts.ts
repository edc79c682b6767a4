// Spans of `bench/traffic` after the default chain: what a task writes for the detection, and for exporters.

import { pipelineSpec } from '../../collector/service/pipeline-spec.ts'
import { buildChain } from '../../collector/worker/build-chain.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { EncodedPart } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { generateRequests } from '../traffic/generate.ts'

export const SPANS_PER_REQUEST = 100

export interface TaskParts {
  readonly parts: readonly EncodedPart[]
  readonly timingsUs: Readonly<Record<string, number>>
}

/** Runs requests of a hundred spans through the chain, some a task. Their first trace begins at `baseMs`. */
export function* taskParts(
  config: ObservaConfig,
  options: { readonly requests: number; readonly requestsPerTask: number; readonly baseMs: number },
): Generator<TaskParts> {
  const [traces] = config.service.pipelines.values()
  if (traces === undefined) throw new Error('no pipeline')
  const chain = buildChain(pipelineSpec(config, traces, false))
  const { requests, requestsPerTask, baseMs } = options
  const traffic = generateRequests({
    seed: 1,
    requests,
    spansPerRequest: SPANS_PER_REQUEST,
    baseTimeMs: baseMs,
  })
  const all = traffic.map(({ protobuf }) => ({
    payload: protobuf,
    encoding: 'identity' as const,
    format: 'otlp-proto' as const,
    telemetry: 'traces' as const,
    tenant: DEFAULT_TENANT,
    receivedAtMs: baseMs,
  }))
  for (let at = 0; at < all.length; at += requestsPerTask)
    yield chain.run({ requests: all.slice(at, at + requestsPerTask), corrections: [] })
}
