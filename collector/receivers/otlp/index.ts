// OTLP over gRPC and HTTP: the Export methods, /v1/traces, /v1/logs, /v1/metrics, and the paths that SDKs of vendors
// use. Responses follow the OTLP specification 1.11.0 ("OTLP/gRPC Response", "OTLP/HTTP Response"). `proto/` decodes
// the bodies in workers.

import { z } from 'zod'
import type { Component, Host, ReceiverContext, ReceiverFactory } from '../../../core/component.ts'
import { endpoint } from '../../../core/config/config-types.ts'
import { serverTls } from '../../../core/config/server-tls.ts'
import type { TelemetryKind } from '../../../core/task.ts'
import { EXPORT_METHODS, otlpExport } from '../../grpc/otlp-export.ts'
import { originCheck } from '../../http/cors.ts'
import { DEFAULT_VENDOR_PATHS, otlpHandler } from '../../http/otlp-handler.ts'
import { RECEIVER_METRICS } from '../../http/receiver-counts.ts'

const grpcSchema = z.strictObject({
  endpoint: endpoint()
    .default('127.0.0.1:4317')
    .describe('Address to listen on. Loopback unless set otherwise.')
    .meta({ examples: ['0.0.0.0:4317'] }),
  tls: serverTls(),
})

const httpSchema = z.strictObject({
  endpoint: endpoint()
    .default('127.0.0.1:4318')
    .describe('Address to listen on. Loopback unless set otherwise.')
    .meta({ examples: ['0.0.0.0:4318'] }),
  tls: serverTls(),
  traces_paths: z
    .array(z.string().startsWith('/'))
    .default(['/v1/traces', ...DEFAULT_VENDOR_PATHS.traces])
    .describe('Paths that take traces, those of vendor SDKs among them.'),
  logs_paths: z
    .array(z.string().startsWith('/'))
    .default(['/v1/logs', ...DEFAULT_VENDOR_PATHS.logs])
    .describe('Paths that take logs.'),
  metrics_paths: z
    .array(z.string().startsWith('/'))
    .default(['/v1/metrics', ...DEFAULT_VENDOR_PATHS.metrics])
    .describe('Paths that take metrics.'),
  cors: z
    .strictObject({
      allowed_origins: z
        .array(z.string())
        .default([])
        .describe(
          'Exact origins (scheme, host, port) of browsers that may send, beside those of `pk_` keys. Never a wildcard.',
        ),
      allowed_headers: z
        .array(z.string())
        .default(['content-type', 'content-encoding', 'authorization', 'x-api-key'])
        .describe('Request headers a browser may send.'),
      max_age: z.number().int().min(0).default(86_400).describe('Seconds a preflight is cached.'),
    })
    .prefault({})
    .describe('Cross-origin requests of browsers.'),
})

export const otlpSchema = z.strictObject({
  protocols: z
    .strictObject({
      grpc: grpcSchema.optional().describe('OTLP over gRPC.'),
      http: httpSchema.optional().describe('OTLP over HTTP/1.1.'),
    })
    .prefault({})
    .transform(bothUnlessNamed)
    .describe('Protocols to listen with: those that are named, or both where none is.'),
  auth: z
    .enum(['none', 'keys'])
    .default('none')
    .describe('`keys` asks every request for a key of the `keys` extension.'),
})

interface Protocols {
  readonly grpc?: z.output<typeof grpcSchema> | undefined
  readonly http?: z.output<typeof httpSchema> | undefined
}

/** As in the OpenTelemetry Collector, naming only one protocol turns the other off. */
function bothUnlessNamed(named: Protocols): Protocols {
  if (named.grpc !== undefined || named.http !== undefined) return named
  return { grpc: grpcSchema.parse({}), http: httpSchema.parse({}) }
}

export type OtlpConfig = z.output<typeof otlpSchema>

export const otlp: ReceiverFactory<OtlpConfig> = {
  kind: 'receiver',
  type: 'otlp',
  stability: 'beta',
  summary: 'Receives traces, logs and metrics over OTLP/gRPC and OTLP/HTTP, protobuf and JSON.',
  schema: otlpSchema as z.ZodType<OtlpConfig>,
  metrics: RECEIVER_METRICS,
  create: (config, host, ctx) => new OtlpReceiver(config, host, ctx),
}

class OtlpReceiver implements Component {
  readonly #host: Host

  constructor({ protocols }: OtlpConfig, host: Host, ctx: ReceiverContext) {
    this.#host = host
    if (protocols.grpc !== undefined) addMethods(protocols.grpc, host, ctx)
    if (protocols.http !== undefined) addRoutes(protocols.http, host, ctx)
  }

  start(): Promise<void> {
    this.#host.log.debug('routes registered')
    return Promise.resolve()
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }
}

function addMethods(
  { endpoint: at, tls }: NonNullable<Protocols['grpc']>,
  host: Host,
  ctx: ReceiverContext,
): void {
  ctx.listeners.secure(at, tls)
  const guard = ctx.guard(at)
  for (const telemetry of ['traces', 'logs', 'metrics'] satisfies TelemetryKind[])
    ctx.listeners.grpc(at, EXPORT_METHODS[telemetry], otlpExport({ telemetry, guard }, host, ctx))
}

function addRoutes(http: NonNullable<Protocols['http']>, host: Host, ctx: ReceiverContext): void {
  const routes: readonly (readonly [TelemetryKind, readonly string[]])[] = [
    ['traces', http.traces_paths],
    ['logs', http.logs_paths],
    ['metrics', http.metrics_paths],
  ]
  const cors = {
    isAllowed: originCheck(http.cors.allowed_origins, ctx.auth),
    allowedHeaders: http.cors.allowed_headers,
    maxAgeS: http.cors.max_age,
  }
  ctx.listeners.secure(http.endpoint, http.tls)
  const guard = ctx.guard(http.endpoint, { isAllowedOrigin: cors.isAllowed })
  for (const [telemetry, paths] of routes) {
    const handler = otlpHandler({ telemetry, cors, guard }, host, ctx)
    for (const path of new Set(paths)) ctx.listeners.route(http.endpoint, path, handler)
  }
}
