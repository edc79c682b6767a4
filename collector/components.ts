// The list of processors and exporters; `edge-components.ts` lists receivers and extensions. A new component needs its folder
// and one line in a list. The main thread loads the factories (`registry.ts`). A worker loads the processors, and only the
// encoder of an exporter (`worker/build-chain.ts`), because not every thread should load the clients of stores and brokers.

import { attributes } from '../processors/attributes/index.ts'
import { canonicalize } from '../processors/canonicalize/index.ts'
import { cost } from '../processors/cost/index.ts'
import { filter } from '../processors/filter/index.ts'
import { sample } from '../processors/sample/index.ts'
import { scrub } from '../processors/scrub/index.ts'
import { signals } from '../processors/signals/index.ts'

export const PROCESSORS = [scrub, canonicalize, cost, signals, filter, attributes, sample]

/** Each exporter by type: the factory for the main thread, and the encoder for workers. */
export const EXPORTERS = {
  clickhouse: {
    factory: async () => (await import('../exporters/clickhouse/index.ts')).clickhouse,
    encoder: async () => (await import('../exporters/clickhouse/encode.ts')).encoder,
  },
  postgres: {
    factory: async () => (await import('../exporters/postgres/index.ts')).postgres,
    encoder: async () => (await import('../exporters/postgres/encode.ts')).encoder,
  },
  kafka: {
    factory: async () => (await import('../exporters/kafka/index.ts')).kafka,
    encoder: async () => (await import('../exporters/kafka/encode.ts')).encoder,
  },
  otlp_http: {
    factory: async () => (await import('../exporters/otlp_http/index.ts')).otlpHttp,
    encoder: async () => (await import('../exporters/otlp_http/encode.ts')).encoder,
  },
  file: {
    factory: async () => (await import('../exporters/file/index.ts')).file,
    encoder: async () => (await import('../exporters/file/encode.ts')).encoder,
  },
  debug: {
    factory: async () => (await import('../exporters/debug/index.ts')).debug,
    encoder: async () => (await import('../exporters/debug/encode.ts')).encoder,
  },
}
