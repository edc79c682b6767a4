// Observa as a subject of measurements: the default processors, with exporters that send to the sink or with the embedded
// stores. Durability has its default, so every 200 means that the data was written to disk first.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from '../test/ports.ts'
import { OUT_DIRECTORY } from './load/build.ts'
import { pinTo, startProcess } from './process.ts'
import {
  fetchText,
  type RunningSubject,
  type StartSubject,
  type Subject,
  sumMetric,
} from './subject.ts'

const ROOT = join(import.meta.dirname, '..')
/** Long, because the embedded stores are created on the first start. */
const START_TIMEOUT_MS = 120_000

/** Items refused by the destination, or taken for re-sends. The load client sends no re-sends, so both count as lost. */
const LOST = ['observa_dead_letter_items_total', 'observa_pipeline_resent_items_total']

type Exporters = (sinkUrl: string) => Readonly<Record<string, object>>

interface ProductVariant {
  readonly describe: string
  readonly exporters: Exporters
}

const VARIANTS: Readonly<Record<string, ProductVariant>> = {
  'observa-clickhouse': {
    describe: 'Observa: scrub, canonicalize, cost, signals; durable; ClickHouse rows to the sink',
    exporters: (sinkUrl) => ({ clickhouse: { url: sinkUrl, database: 'observa', migrate: false } }),
  },
  'observa-postgres': {
    describe:
      'Observa: the same processors; durable; ClickHouse rows to the sink, and the embedded Postgres, whose own CPU time counts too',
    exporters: (sinkUrl) => ({
      clickhouse: { url: sinkUrl, database: 'observa', migrate: false },
      postgres: { embedded: true },
    }),
  },
  'observa-otlp': {
    describe: 'Observa: the same processors; durable; OTLP out uncompressed to the sink',
    exporters: (sinkUrl) => ({ otlp_http: { endpoint: sinkUrl, compression: 'none' } }),
  },
  'observa-embedded': {
    describe: 'Observa: the same processors; durable; embedded ClickHouse engine and Postgres',
    exporters: () => ({ clickhouse: { embedded: true }, postgres: { embedded: true } }),
  },
}

export const productSubjects: readonly Subject[] = Object.entries(VARIANTS).map(
  ([name, variant]) => ({
    name,
    describe: variant.describe,
    start: (options) => startProduct({ name, variant, directory: ROOT, nodeOptions: [] }, options),
  }),
)

/** A subject that runs the sources in another directory, with extra options for `node`. */
export function productAt(
  name: string,
  directory: string,
  nodeOptions: readonly string[],
): Pick<Subject, 'start'> {
  const variant = VARIANTS[name]
  if (variant === undefined)
    throw new Error(`no subject ${name}; there are ${Object.keys(VARIANTS).join(', ')}`)
  return { start: (options) => startProduct({ name, variant, directory, nodeOptions }, options) }
}

interface Product {
  readonly name: string
  readonly variant: ProductVariant
  /** The directory with the sources. */
  readonly directory: string
  readonly nodeOptions: readonly string[]
}

async function startProduct(product: Product, options: StartSubject): Promise<RunningSubject> {
  const { name, variant, nodeOptions } = product
  const main = join(product.directory, 'collector', 'main.ts')
  const directory = mkdtempSync(join(OUT_DIRECTORY, `${name}-`))
  const ports = { otlp: await freePort(), api: await freePort(), metrics: await freePort() }
  const config = join(directory, 'config.yaml')
  writeFileSync(
    config,
    stringify(configuration(variant.exporters(options.sinkUrl), ports, directory)),
  )
  const child = startProcess({
    name,
    command: [
      ...pinTo(options.cpus),
      process.execPath,
      ...nodeOptions,
      main,
      'run',
      '--config',
      config,
    ],
    onOutput: options.onOutput,
  })
  const stop = async (): Promise<void> => {
    await child.stop()
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
  try {
    await child.until('healthy', START_TIMEOUT_MS, async () => {
      await fetchText(`http://127.0.0.1:${ports.api}/health`)
      return true
    })
  } catch (error) {
    await stop()
    throw error
  }
  const metrics = (): Promise<string> => fetchText(`http://127.0.0.1:${ports.metrics}/metrics`)
  return {
    process: child,
    dataDir: join(directory, 'data'),
    url: (form) =>
      form === 'ndjson'
        ? `http://127.0.0.1:${ports.api}/api/v1/events/ingest`
        : `http://127.0.0.1:${ports.otlp}/v1/traces`,
    stop,
    metrics,
    lost: (text) => LOST.reduce((sum, name) => sum + (sumMetric(text, name) ?? 0), 0),
    pending: async () => {
      const text = await metrics()
      const items = sumMetric(text, 'observa_exporter_queue_items')
      if (items === null) throw new Error('/metrics has no observa_exporter_queue_items')
      return items
    },
  }
}

function configuration(
  exporters: Readonly<Record<string, object>>,
  ports: { readonly otlp: number; readonly api: number; readonly metrics: number },
  directory: string,
): object {
  return {
    data_dir: join(directory, 'data'),
    receivers: {
      otlp: { protocols: { http: { endpoint: `127.0.0.1:${ports.otlp}` } } },
      observa: { endpoint: `127.0.0.1:${ports.api}` },
    },
    processors: { scrub: {}, canonicalize: {}, cost: {}, signals: {} },
    exporters,
    extensions: { api: { endpoint: `127.0.0.1:${ports.api}` } },
    telemetry: { metrics: { endpoint: `127.0.0.1:${ports.metrics}` }, logs: { level: 'warn' } },
    service: {
      extensions: ['api'],
      pipelines: {
        traces: {
          receivers: ['otlp', 'observa'],
          processors: ['scrub', 'canonicalize', 'cost', 'signals'],
          exporters: Object.keys(exporters),
        },
      },
    },
  }
}
