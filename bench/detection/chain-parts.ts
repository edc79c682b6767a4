// Spans of `bench/traffic` after the default chain: what a task writes for the detection, and for exporters.

import { registry } from '../../collector/registry.ts'
import { pipelineSpec } from '../../collector/service/pipeline-spec.ts'
import { buildChain } from '../../collector/worker/build-chain.ts'
import { loadConfig } from '../../config/load.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { EncodedPart } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { generateRequests } from '../traffic/generate.ts'

export const SPANS_PER_REQUEST = 100

/** The default processors before an exporter, which is given as YAML: `debug: {}`. */
export async function configWith(exporter: string): Promise<ObservaConfig> {
  const [name] = exporter.split(':')
  const text = `
receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {}, cost: {}, signals: {} }
exporters: { ${exporter} }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [${name}] }
`
  const loaded = await loadConfig({
    files: ['bench.yaml'],
    sets: [],
    env: {},
    readFile: () => Promise.resolve(text),
    fileMode: () => Promise.resolve(0o600),
    registry,
  })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors, null, 2))
  return loaded.config
}

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
