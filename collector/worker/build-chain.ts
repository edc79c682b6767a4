// Builds the chain of a pipeline from its cloneable description: the list of what the hot path may touch.
// Used by the worker entry and by `pipe`.

import type { EncoderFactory, ProcessorFactory } from '../../core/component.ts'
import type { TaskRequest } from '../../core/task.ts'
import { encoder as clickhouse } from '../../exporters/clickhouse/encode.ts'
import { encoder as debug } from '../../exporters/debug/encode.ts'
import { encoder as file } from '../../exporters/file/encode.ts'
import { encoder as kafka } from '../../exporters/kafka/encode.ts'
import { encoder as otlpHttp } from '../../exporters/otlp_http/encode.ts'
import { encoder as postgres } from '../../exporters/postgres/encode.ts'
import { attributes } from '../../processors/attributes/index.ts'
import { applyHints, canonicalize } from '../../processors/canonicalize/index.ts'
import { cost } from '../../processors/cost/index.ts'
import { filter } from '../../processors/filter/index.ts'
import { sample } from '../../processors/sample/index.ts'
import { scrub } from '../../processors/scrub/index.ts'
import { signals } from '../../processors/signals/index.ts'
import type { DecodeLimits } from '../../proto/decode.ts'
import { Chain } from './chain.ts'
import { MetricsChain } from './metrics-chain.ts'

/** One processor or encoder: id in the config, type of the component, settings as `prepare`/`encoderSettings` gave them. */
export interface ComponentSpec {
  readonly id: string
  readonly type: string
  readonly settings: unknown
}

/** A pipeline as it crosses to a worker. */
export interface PipelineSpec {
  readonly id: string
  readonly processors: readonly ComponentSpec[]
  readonly encoders: readonly ComponentSpec[]
  readonly limits: DecodeLimits
  readonly explain: boolean
}

// The settings of a spec were made by the factory of the same type on the main thread, so the cast from
// `unknown` back to that factory's settings is true by construction.
type AnyProcessor = ProcessorFactory<unknown, unknown>
type AnyEncoder = EncoderFactory<unknown>

const PROCESSORS = new Map<string, AnyProcessor>(
  [scrub, canonicalize, cost, signals, filter, attributes, sample].map((f) => [
    f.type,
    f as unknown as AnyProcessor,
  ]),
)

const ENCODERS = new Map<string, AnyEncoder>([
  ['clickhouse', clickhouse as AnyEncoder],
  ['postgres', postgres as AnyEncoder],
  ['kafka', kafka as AnyEncoder],
  ['otlp_http', otlpHttp as AnyEncoder],
  ['file', file as AnyEncoder],
  ['debug', debug as AnyEncoder],
])

function find<T>(map: ReadonlyMap<string, T>, type: string): T {
  const found = map.get(type)
  if (found === undefined) throw new Error(`no component of type ${type} in the worker`)
  return found
}

/** For traces and logs. */
export function buildChain(spec: PipelineSpec): Chain {
  return new Chain({
    steps: spec.processors.map((p) => ({
      id: p.id,
      processor: find(PROCESSORS, p.type).create(p.settings),
    })),
    encoders: spec.encoders.map((e) => ({
      id: e.id,
      encoder: find(ENCODERS, e.type)(e.id, e.settings),
    })),
    limits: spec.limits,
    explain: spec.explain,
    applyHints,
  })
}

/** For metrics, which pass through scrubbed. */
export function buildMetricsChain(spec: PipelineSpec): MetricsChain {
  const visitors = spec.processors.flatMap((p) => {
    const visitor = find(PROCESSORS, p.type).createMetricsVisitor?.(p.settings)
    return visitor === undefined ? [] : [visitor]
  })
  const encoders = spec.encoders.map((e) => find(ENCODERS, e.type)(e.id, e.settings))
  return new MetricsChain(visitors, encoders, spec.limits)
}

/** True when the request belongs to the chain of spans and logs. */
export function isMetrics(request: TaskRequest): boolean {
  return request.signals === 'metrics'
}
