// The legacy Observa protocol: NDJSON, a JSON array or the v0 object, with the checks and bodies of the old server,
// so that old apps work unchanged. The processors interpret the events.

import { z } from 'zod'
import type { Component, Host, ReceiverContext, ReceiverFactory } from '../../../core/component.ts'
import { endpoint } from '../../../core/config/config-types.ts'
import { serverTls } from '../../../core/config/server-tls.ts'
import { originCheck } from '../../http/cors.ts'
import { otlpHandler } from '../../http/otlp-handler.ts'
import { RECEIVER_METRICS } from '../../http/receiver-counts.ts'
import { observaHandler } from './handler.ts'

export const observaSchema = z.strictObject({
  endpoint: endpoint()
    .default('127.0.0.1:3000')
    .describe('Address to listen on; shared with the REST API when both name the same.'),
  tls: serverTls(),
  events_paths: z
    .array(z.string().startsWith('/'))
    .default(['/api/v1/events/ingest'])
    .describe('Paths that take NDJSON lines or a JSON array of events.'),
  trace_paths: z
    .array(z.string().startsWith('/'))
    .default(['/api/v1/traces/ingest'])
    .describe('Paths that take the v0 object.'),
  otlp_paths: z
    .array(z.string().startsWith('/'))
    .default(['/v1/traces'])
    .describe(
      'Paths that take the v0 object or OTLP traces, told apart by the body: where the oldest SDK posts. Left to an otlp receiver on the same endpoint.',
    ),
  auth: z
    .enum(['none', 'keys'])
    .default('none')
    .describe('`keys` asks every request for a key of the `keys` extension.'),
  cors: z
    .strictObject({
      allowed_origins: z
        .array(z.string())
        .default([])
        .describe(
          'Exact origins (scheme, host, port) of browsers that may send, beside those of `pk_` keys.',
        ),
      max_age: z.number().int().min(0).default(86_400).describe('Seconds a preflight is cached.'),
    })
    .prefault({})
    .describe('Cross-origin requests of browsers.'),
})

export type ObservaConfig = z.output<typeof observaSchema>

export const observa: ReceiverFactory<ObservaConfig> = {
  kind: 'receiver',
  type: 'observa',
  stability: 'beta',
  summary: 'Receives legacy Observa events: NDJSON, JSON array and the v0 object.',
  schema: observaSchema as z.ZodType<ObservaConfig>,
  metrics: RECEIVER_METRICS,
  create: (config, host, ctx) => new ObservaReceiver(config, host, ctx),
}

class ObservaReceiver implements Component {
  constructor(config: ObservaConfig, host: Host, ctx: ReceiverContext) {
    const cors = {
      isAllowed: originCheck(config.cors.allowed_origins, ctx.auth),
      allowedHeaders: ['content-type', 'authorization', 'x-api-key'],
      maxAgeS: config.cors.max_age,
    }
    const isAllowedOrigin = cors.isAllowed
    ctx.listeners.secure(config.endpoint, config.tls)
    const json = ctx.guard(config.endpoint, { isAllowedOrigin, isJsonOnly: true })
    const events = observaHandler({ v0: false, cors, guard: json }, host, ctx)
    const traces = observaHandler({ v0: true, cors, guard: json }, host, ctx)
    for (const path of config.events_paths) ctx.listeners.route(config.endpoint, path, events)
    for (const path of config.trace_paths) ctx.listeners.route(config.endpoint, path, traces)
    const guard = ctx.guard(config.endpoint, { isAllowedOrigin })
    const either = otlpHandler({ telemetry: 'traces', cors, guard }, host, ctx)
    for (const path of config.otlp_paths) ctx.listeners.spareRoute(config.endpoint, path, either)
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }
}
