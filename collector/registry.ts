// All components there are. Adding one is its folder and one line here (and one in `worker/build-chain.ts`
// for what runs in a worker).

import { api } from '../api/index.ts'
import {
  type AnyExporter,
  type AnyExtension,
  type AnyProcessor,
  type AnyReceiver,
  makeRegistry,
} from '../config/registry-type.ts'
import { clickhouse } from '../exporters/clickhouse/index.ts'
import { debug } from '../exporters/debug/index.ts'
import { file } from '../exporters/file/index.ts'
import { kafka } from '../exporters/kafka/index.ts'
import { otlpHttp } from '../exporters/otlp_http/index.ts'
import { postgres } from '../exporters/postgres/index.ts'
import { attributes } from '../processors/attributes/index.ts'
import { canonicalize } from '../processors/canonicalize/index.ts'
import { cost } from '../processors/cost/index.ts'
import { filter } from '../processors/filter/index.ts'
import { sample } from '../processors/sample/index.ts'
import { scrub } from '../processors/scrub/index.ts'
import { signals } from '../processors/signals/index.ts'
import { keys } from './extensions/keys/index.ts'
import { observa } from './receivers/observa/index.ts'
import { otlp } from './receivers/otlp/index.ts'

// A factory takes the configuration that its own schema parsed, so forgetting the type here is safe: the
// loader hands each configuration back to the factory it came from.
const any = <F>(list: readonly unknown[]): readonly F[] => list as readonly F[]

export const registry = makeRegistry({
  receivers: any<AnyReceiver>([otlp, observa]),
  processors: any<AnyProcessor>([scrub, canonicalize, cost, signals, filter, attributes, sample]),
  exporters: any<AnyExporter>([clickhouse, postgres, kafka, otlpHttp, file, debug]),
  extensions: any<AnyExtension>([api, keys]),
})
