// The configuration schema of the `otlp_http` exporter, and how it becomes the sender's settings: files are read, and options
// that are not set are taken from the OTEL_EXPORTER_OTLP_* variables.

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
    cert_file: z.string().optional().describe('PEM file of the client certificate (mutual TLS).'),
    key_file: z.string().optional().describe('PEM file of the key of cert_file.'),
    insecure_skip_verify: z
      .boolean()
      .default(false)
      .describe('Do not verify the certificate of the destination.'),
    accept_risk: z
      .boolean()
      .default(false)
      .describe(
        'Must be true together with insecure_skip_verify: without verification anybody on the network path can read the data.',
      ),
  })
  .refine((t) => !t.insecure_skip_verify || t.accept_risk, {
    message: 'insecure_skip_verify needs accept_risk: true beside it',
    path: ['accept_risk'],
  })
  .refine((t) => (t.cert_file === undefined) === (t.key_file === undefined), {
    message: 'cert_file and key_file must be given together',
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
      .describe('Take options that are not set here from the OTEL_EXPORTER_OTLP_* variables.'),
    compression: z
      .enum(['gzip', 'none'])
      .default('gzip')
      .describe('Compression of the request body.'),
    timeout: duration().prefault('10s').describe('Longest time for one request and its response.'),
    connections: z.int().min(1).max(64).default(2).describe('Parallel connections, kept alive.'),
    wait_for_in_flight: duration()
      .prefault('5s')
      .describe('How long a running request may still take on shutdown; 0 aborts it at once.'),
    allow_link_local: allowLinkLocal(),
    request_bytes_max: size()
      .prefault('64MiB')
      .describe(
        'A request larger than this (before compression) is split; a single item larger than this is refused.',
      ),
    response_bytes_max: size()
      .prefault('4MiB')
      .describe(
        'A response larger than this (after decompression) is not read, and its request is not retried.',
      ),
    tls: tls.prefault({}).describe('TLS options for https.'),
    batch: z
      .strictObject({
        items: z.int().min(1).default(8192).describe('Most items in one send.'),
        bytes: size().prefault('4MiB').describe('Most bytes in one send.'),
        delay: duration().prefault('200ms').describe('Longest wait to fill a batch.'),
      })
      .prefault({})
      .describe('How much is taken from the log for one send.'),
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

/** A test keeps this equal to the version in package.json. */
export const USER_AGENT = `Observa-OTLP-Exporter-JavaScript/0.1.0 (node ${process.version})`

const TELEMETRY_KINDS: readonly TelemetryKind[] = ['traces', 'logs', 'metrics']

/** URL for each telemetry kind. Kinds without an endpoint are absent. */
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
        `The ${kind} endpoint is not an http or https URL.`,
        'Check OTEL_EXPORTER_OTLP_ENDPOINT.',
      )
    out[kind] = new URL(text)
  }
  return out
}

/** The URL with `path` appended, whether the base ends with a slash or not. A query string stays at the end. */
function appended(base: string, path: string): string {
  if (!URL.canParse(base)) return base
  const at = new URL(base)
  at.pathname = `${at.pathname.replace(/\/+$/, '')}/${path}`
  return at.href
}

/** Parses a header list in the W3C Baggage form of OTEL_EXPORTER_OTLP_HEADERS: `a=1,b=two%20words`. */
export function parseHeaderList(text: string): Record<string, string> {
  const out: Record<string, string> = {}
  for (const member of text.split(',')) {
    const [pair = ''] = member.split(';')
    const at = pair.indexOf('=')
    if (at <= 0) continue
    const value = pair.slice(at + 1).trim()
    try {
      out[pair.slice(0, at).trim()] = decodeURIComponent(value)
    } catch {
      // A percent sign that is not part of an escape: the value is taken literally.
      out[pair.slice(0, at).trim()] = value
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

/** The specification says milliseconds. Other tools accept `5s`, so that works too. */
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
