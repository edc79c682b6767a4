// Time of each stage of the chain in µs a span, by dialect: decoding, each processor, one encoding for each exporter.
// Everything runs on one thread of this process, without HTTP and without the log. `node bench/chain.bench.ts [rounds] [spans
// a task]`

import { pipelineSpec } from '../collector/service/pipeline-spec.ts'
import { buildChain } from '../collector/worker/build-chain.ts'
import type { TaskRequest } from '../core/task.ts'
import { DEFAULT_TENANT } from '../core/tenant.ts'
import { chainConfig } from './chain-config.ts'
import { DIALECT_MIX } from './traffic/dialect.ts'
import { generateRequests, type TrafficRequest } from './traffic/generate.ts'
import type { Dialect } from './traffic/operation.ts'

const SPANS_PER_REQUEST = 100
const REQUESTS = 64
// After about 150,000 spans V8 has optimised the code, as in a service that has run for some time.
const WARM_UP_ROUNDS = 25

const EXPORTERS = {
  clickhouse: { url: 'http://127.0.0.1:8123' },
  postgres: { url: 'postgres://observa@127.0.0.1/observa' },
  otlp_http: { endpoint: 'http://127.0.0.1:4318' },
}

const rounds = Number(process.argv[2] ?? 7)
const spansPerTask = Number(process.argv[3] ?? 1000)

async function main(): Promise<void> {
  const config = await chainConfig(EXPORTERS)
  const [traces] = config.service.pipelines.values()
  if (traces === undefined) throw new Error('no pipeline')
  const spec = pipelineSpec(config, traces, false)
  const kinds: readonly (Dialect | undefined)[] = [
    undefined,
    ...(Object.keys(DIALECT_MIX) as Dialect[]),
  ]
  const columns = kinds.map((dialect) => stageTimes(buildChain(spec), requestsOf(dialect)))
  print(
    kinds.map((kind) => kind ?? 'mix'),
    columns,
  )
}

function requestsOf(dialect: Dialect | undefined): TaskRequest[] {
  const traffic: TrafficRequest[] = generateRequests({
    seed: 1,
    requests: REQUESTS,
    spansPerRequest: SPANS_PER_REQUEST,
    ...(dialect === undefined ? {} : { dialect }),
  })
  return traffic.map((request) => ({
    payload: request.protobuf,
    encoding: 'identity',
    format: 'otlp-proto',
    telemetry: 'traces',
    tenant: DEFAULT_TENANT,
    receivedAtMs: Date.now(),
  }))
}

/** Median over rounds in µs a span, by stage and in total. */
function stageTimes(
  chain: ReturnType<typeof buildChain>,
  requests: readonly TaskRequest[],
): ReadonlyMap<string, number> {
  const samples = new Map<string, number[]>()
  const perTask = Math.max(1, Math.round(spansPerTask / SPANS_PER_REQUEST))
  const spans = requests.length * SPANS_PER_REQUEST
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const sums: Record<string, number> = {}
    const startMs = performance.now()
    for (let at = 0; at < requests.length; at += perTask) {
      const result = chain.run({ requests: requests.slice(at, at + perTask), corrections: [] })
      const refused = result.verdicts.find((v) => v.kind === 'refused')
      if (refused !== undefined) throw new Error(refused.message)
      for (const [stage, us] of Object.entries(result.timingsUs))
        sums[stage] = (sums[stage] ?? 0) + us
    }
    sums['all'] = (performance.now() - startMs) * 1000
    if (round < 0) continue
    for (const [stage, us] of Object.entries(sums))
      samples.set(stage, [...(samples.get(stage) ?? []), us / spans])
  }
  return new Map([...samples].map(([stage, values]) => [stage, middle(values)]))
}

function print(names: readonly string[], columns: readonly ReadonlyMap<string, number>[]): void {
  const line = (first: string, cells: readonly string[]): void => {
    const row = first.padEnd(20) + cells.map((cell) => cell.padStart(14)).join('')
    process.stdout.write(`${row}\n`)
  }
  process.stdout.write(
    `µs a span, median of ${rounds} rounds, ${REQUESTS} requests of ${SPANS_PER_REQUEST} spans, ${spansPerTask} spans a task, one thread\n`,
  )
  line('stage', names)
  for (const stage of columns[0]?.keys() ?? [])
    line(
      stage,
      columns.map((column) => (column.get(stage) ?? Number.NaN).toFixed(2)),
    )
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

await main()
