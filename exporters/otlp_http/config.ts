// What a user writes under `otlp_http`, and how it becomes the settings of the sender: files read,
// OTEL_EXPORTER_OTLP_* variables filled in where the configuration is silent.

import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import {
  allowLinkLocal,
  duration,
  outboundUrl,
  secret,
  size,
} from '../../core/config/config-types.ts'
import { parseDurationMs } from '../../core/config/units.ts'
import { ObservaError } from '../../core/errors.ts'
import type { TelemetryKind } from '../../core/task.ts'
import type { PosterSettings, TlsSettings } from './http.ts'

const tls = z
  .strictObject({
    ca_file: z.string().optional().describe('PEM file of certificate authorities to trust.'),
    cert_file: z.string().optional().describe('PEM file of our certificate (mutual TLS).'),
    key_file: z.string().optional().describe('PEM file of the key of cert_file.'),
    insecure_skip_verify: z
      .boolean()
      .default(false)
      .describe('Do not verify the certificate of the destination.'),
    accept_risk: z
      .boolean()
      .default(false)
      .describe('Needed beside insecure_skip_verify: anybody on the path can read the data.'),
  })
  .refine((t) => !t.insecure_skip_verify || t.accept_risk, {
    message: 'insecure_skip_verify needs accept_risk: true beside it',
    path: ['accept_risk'],
  })
  .refine((t) => (t.cert_file === undefined) === (t.key_file === undefined), {
    message: 'cert_file and key_file come together',
    path: ['key_file'],
  })

export const schema = z
  .strictObject({
    endpoint: outboundUrl()
      .optional()
      .describe('Base URL; /v1/traces, /v1/logs and /v1/metrics are appended.'),
    traces_endpoint: outboundUrl().optional().describe('URL for traces, used as it is.'),
    logs_endpoint: outboundUrl().optional().describe('URL for logs, used as it is.'),
    metrics_endpoint: outboundUrl().optional().describe('URL for metrics, used as it is.'),
    headers: z
      .record(z.string(), secret())
      .default({})
      .describe('Headers sent with every request, for example an API key.'),
    from_environment: z
      .boolean()
      .default(false)
      .describe('Take what is not set here from the OTEL_EXPORTER_OTLP_* variables.'),
    compression: z.enum(['gzip', 'none']).default('gzip').describe('Of the request body.'),
    timeout: duration().prefault('10s').describe('For one request and its answer.'),
    connections: z.int().min(1).max(64).default(2).describe('Parallel connections, kept alive.'),
    wait_for_in_flight: duration()
      .prefault('5s')
      .describe('On shutdown, how long a running request may still take; 0 cuts it.'),
    allow_link_local: allowLinkLocal(),
    request_bytes_max: size()
      .prefault('64MiB')
      .describe(
        'A request above this (before compression) is split; a single item above it is refused.',
      ),
    response_bytes_max: size()
      .prefault('4MiB')
      .describe('An answer above this (after decompression) is not read and never retried.'),
    tls: tls.prefault({}).describe('For https.'),
    batch: z
      .strictObject({
        items: z.int().min(1).default(8192).describe('Most items in one send.'),
        bytes: size().prefault('4MiB').describe('Most bytes in one send.'),
        delay: duration().prefault('200ms').describe('Longest wait to fill a batch.'),
      })
      .prefault({})
      .describe('How much is taken from the log at once.'),
  })
  .refine(
    (c) =>
      c.from_environment ||
      [c.endpoint, c.traces_endpoint, c.logs_endpoint, c.metrics_endpoint].some(
        (e) => e !== undefined,
      ),
    {
      message: 'endpoint is required (or one of traces_endpoint, logs_endpoint, metrics_endpoint)',
    },
  )

export type Config = z.output<typeof schema>

export interface Settings extends PosterSettings {
  readonly urls: Readonly<Partial<Record<TelemetryKind, URL>>>
  readonly requestBytesMax: number
  readonly waitForInFlightMs: number
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Kept equal to package.json by a test. */
export const USER_AGENT = `Observa-OTLP-Exporter-JavaScript/0.1.0 (node ${process.version})`

const TELEMETRY_KINDS: readonly TelemetryKind[] = ['traces', 'logs', 'metrics']

/** Where each telemetry kind goes; those without an endpoint are absent. */
export function endpoints(
  config: Config,
  environment: Environment,
): Readonly<Partial<Record<TelemetryKind, URL>>> {
  const env = config.from_environment ? environment : {}
  const out: Partial<Record<TelemetryKind, URL>> = {}
  for (const kind of TELEMETRY_KINDS) {
    const own =
      config[`${kind}_endpoint`]?.reveal() ??
      env[`OTEL_EXPORTER_OTLP_${kind.toUpperCase()}_ENDPOINT`]
    const base = config.endpoint?.reveal() ?? env['OTEL_EXPORTER_OTLP_ENDPOINT']
    const text = own ?? (base === undefined ? undefined : appended(base, `v1/${kind}`))
    if (text === undefined) continue
    if (!URL.canParse(text) || !/^https?:/.test(text))
      throw new ObservaError(
        'OBS_OTLP_ENDPOINT',
        `The ${kind} endpoint is no http or https URL.`,
        'Check OTEL_EXPORTER_OTLP_ENDPOINT.',
      )
    out[kind] = new URL(text)
  }
  return out
}

/** The path goes under the base, whether that ends with a slash or not; a query stays behind it. */
function appended(base: string, path: string): string {
  if (!URL.canParse(base)) return base
  const at = new URL(base)
  at.pathname = `${at.pathname.replace(/\/+$/, '')}/${path}`
  return at.href
}

/** Header list in W3C baggage form, as OTEL_EXPORTER_OTLP_HEADERS holds it: `a=1,b=two%20words`. */
export function parseHeaderList(text: string): Record<string, string> {
  const out: Record<string, string> = {}
  for (const member of text.split(',')) {
    const [pair] = member.split(';')
    const at = (pair ?? '').indexOf('=')
    if (at <= 0) continue
    const value = (pair as string).slice(at + 1).trim()
    try {
      out[(pair as string).slice(0, at).trim()] = decodeURIComponent(value)
    } catch {
      // A lone percent sign: the value is meant as it stands.
      out[(pair as string).slice(0, at).trim()] = value
    }
  }
  return out
}

export async function settings(config: Config, environment: Environment): Promise<Settings> {
  const env = config.from_environment ? environment : {}
  const urls = endpoints(config, environment)
  if (Object.keys(urls).length === 0)
    throw new ObservaError(
      'OBS_OTLP_ENDPOINT',
      'from_environment is set, but the environment names no endpoint.',
      'Set OTEL_EXPORTER_OTLP_ENDPOINT or write endpoint in the configuration.',
    )
  return {
    urls,
    headers: {
      'user-agent': USER_AGENT,
      ...parseHeaderList(env['OTEL_EXPORTER_OTLP_HEADERS'] ?? ''),
      ...Object.fromEntries(
        Object.entries(config.headers).map(([name, value]) => [name, value.reveal()]),
      ),
    },
    compression: config.compression,
    timeoutMs: timeoutOf(config, env),
    connectionsMax: config.connections,
    waitForInFlightMs: config.wait_for_in_flight,
    allowLinkLocal: config.allow_link_local,
    requestBytesMax: config.request_bytes_max,
    responseBytesMax: config.response_bytes_max,
    tls: await tlsSettings(config.tls, env),
  }
}

/** The variable holds milliseconds by the specification; other tools write `5s`, which is taken too. */
function timeoutOf(config: Config, env: Environment): number {
  const text = env['OTEL_EXPORTER_OTLP_TIMEOUT']
  if (text === undefined) return config.timeout
  const ms = /^\d+$/.test(text) ? Number(text) : parseDurationMs(text)
  return ms === null || ms <= 0 ? config.timeout : ms
}

async function tlsSettings(config: Config['tls'], env: Environment): Promise<TlsSettings> {
  const read = async (path: string | undefined): Promise<string | undefined> =>
    path === undefined ? undefined : readFile(path, 'utf8')
  const [ca, cert, key] = await Promise.all([
    read(config.ca_file ?? env['OTEL_EXPORTER_OTLP_CERTIFICATE']),
    read(config.cert_file ?? env['OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE']),
    read(config.key_file ?? env['OTEL_EXPORTER_OTLP_CLIENT_KEY']),
  ])
  return {
    rejectUnauthorized: !config.insecure_skip_verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}
