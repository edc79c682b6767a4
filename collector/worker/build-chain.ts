// Builds the chain of a pipeline from its cloneable description: the list of what the hot path may touch.
// Used by the worker entry and by `pipe`.

import type { Encoder, EncoderFactory, ProcessorFactory } from '../../core/component.ts'
import type { InstanceSecrets } from '../../core/identity/pseudonym.ts'
import type { TaskRequest } from '../../core/task.ts'
import { encoder as observationEncoder } from '../../detection/encode.ts'
import type { DecodeLimits } from '../../proto/decode.ts'
import { EXPORTERS, PROCESSORS as FACTORIES } from '../components.ts'
import { Chain } from './chain.ts'
import type { DeletedEvents } from './deleted-events.ts'
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
  /** Of the instance; without them ids are masked. */
  readonly secrets?: InstanceSecrets
}

// The settings of a spec were made by the factory of the same type on the main thread, so the cast from
// `unknown` back to that factory's settings is true by construction.
type AnyProcessor = ProcessorFactory<unknown, unknown>
type AnyEncoder = EncoderFactory<unknown>

const PROCESSORS: ReadonlyMap<string, AnyProcessor> = new Map(
  FACTORIES.map((f) => [f.type, f as unknown as AnyProcessor]),
)

const ENCODERS: ReadonlyMap<string, AnyEncoder> = new Map([
  ['detection', observationEncoder as AnyEncoder] as const,
  ...(await Promise.all(
    Object.entries(EXPORTERS).map(
      async ([type, { encoder }]) => [type, (await encoder()) as AnyEncoder] as const,
    ),
  )),
])

function find<T>(map: ReadonlyMap<string, T>, type: string): T {
  const found = map.get(type)
  if (found === undefined) throw new Error(`no component of type ${type} in the worker`)
  return found
}

/** The encoders of exporters, or of the detection. */
export function encodersOf(specs: readonly ComponentSpec[]): Encoder[] {
  return specs.map((e) => find(ENCODERS, e.type)(e.id, e.settings))
}

/** For traces and logs. */
export function buildChain(spec: PipelineSpec, deleted?: DeletedEvents): Chain {
  return new Chain({
    steps: spec.processors.map((p) => ({
      id: p.id,
      processor: find(PROCESSORS, p.type).create(p.settings, spec.secrets),
    })),
    encoders: spec.encoders.map((e) => ({
      id: e.id,
      encoder: find(ENCODERS, e.type)(e.id, e.settings),
    })),
    limits: spec.limits,
    explain: spec.explain,
    ...(deleted === undefined ? {} : { deleted }),
  })
}

/** For metrics, which pass through scrubbed. */
export function buildMetricsChain(spec: PipelineSpec, deleted?: DeletedEvents): MetricsChain {
  const visitors = spec.processors.flatMap((p) => {
    const visitor = find(PROCESSORS, p.type).createMetricsVisitor?.(p.settings, spec.secrets)
    return visitor === undefined ? [] : [visitor]
  })
  const encoders = spec.encoders.map((e) => find(ENCODERS, e.type)(e.id, e.settings))
  return new MetricsChain(visitors, encoders, spec.limits, deleted ?? null)
}

/** True when the request belongs to the chain of spans and logs. */
export function isMetrics(request: TaskRequest): boolean {
  return request.telemetry === 'metrics'
}
