// The running pipelines: how their components are connected, how many items each one has taken, refused, sent and still
// holds, and whether it is healthy. Counts are since the start; two responses give a rate.

import { z } from 'zod'
import type { ServiceView } from '../../../core/component.ts'
import type { Metrics } from '../../../core/metrics.ts'
import type { Api } from '../../typed-fastify.ts'

const items = (what: string) => z.number().describe(`${what}, since the start.`)

const receiverSchema = z.object({
  id: z.string(),
  accepted: items('Spans, log records and metric points that were taken'),
  refused: items('Those that were refused'),
})

const exporterSchema = z.object({
  id: z.string(),
  ok: z.boolean(),
  detail: z.string(),
  sent: items('Items that the destination accepted'),
  failed: items('Items that the destination refused for good'),
  retries: items('Attempts that failed and are repeated'),
  dead_lettered: items('Items among the dead letters'),
  skipped: items('Items that were never sent because the exporter was too far behind'),
  queued: z.number().describe('Items in the log that are not sent yet.'),
  oldest_s: z.number().describe('Age of the oldest of these, seconds.'),
  breaker: z.enum(['closed', 'half-open', 'open']),
})

const graphSchema = z.object({
  at: z.date(),
  started_at: z.date(),
  pipelines: z.array(
    z.object({
      id: z.string(),
      receivers: z.array(z.string()),
      processors: z.array(z.string()),
      exporters: z.array(z.string()),
    }),
  ),
  queue: z.object({
    bytes: z.number().describe('Bytes of the log that an exporter still has to send.'),
    bytes_max: z.number().describe('Where senders are refused.'),
    items: z.number().describe('Items that the exporter furthest behind has not sent.'),
    oldest_s: z.number().describe('Age of the oldest of these, seconds.'),
  }),
  receivers: z.array(receiverSchema),
  exporters: z.array(exporterSchema),
})

const ACCEPTED = [
  'otelcol_receiver_accepted_spans',
  'otelcol_receiver_accepted_log_records',
  'otelcol_receiver_accepted_metric_points',
] as const
const REFUSED = [
  'otelcol_receiver_refused_spans',
  'otelcol_receiver_refused_log_records',
  'otelcol_receiver_refused_metric_points',
] as const
const OF_EXPORTERS = {
  sent: 'otelcol_exporter_sent_spans',
  failed: 'otelcol_exporter_send_failed_spans',
  retries: 'observa_exporter_retries_total',
  dead_lettered: 'observa_dead_letter_items_total',
  skipped: 'observa_exporter_skipped_items_total',
  queued: 'observa_exporter_queue_items',
  oldest_s: 'observa_exporter_queue_age_seconds',
  breaker: 'observa_exporter_breaker_state',
} as const
const OF_LOG = { bytes: 'observa_log_needed_bytes', bytes_max: 'observa_log_bytes_max' } as const
const BREAKER_STATES = ['closed', 'half-open', 'open'] as const

const addressesSchema = z.object({
  otlp_http: z.string().nullable().describe('OTEL_EXPORTER_OTLP_ENDPOINT, over HTTP.'),
  otlp_grpc: z.string().nullable().describe('The same over gRPC.'),
})

export function pipelineRoutes(app: Api, service: ServiceView, metrics: Metrics): void {
  app.get(
    '/api/v1/addresses',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['system'],
        summary: 'Where applications send, as this machine sees it; null where nothing listens',
        response: { 200: addressesSchema },
      },
    },
    () => {
      const { otlp, grpc } = service.receiverUrls()
      return { otlp_http: otlp, otlp_grpc: grpc }
    },
  )
  app.get(
    '/api/v1/pipeline',
    {
      // Counts are those of the whole instance, so only its operators may read them.
      config: { scope: 'admin', instance: true },
      schema: {
        tags: ['system'],
        summary: 'The pipelines that run, with what each component has taken, sent and still holds',
        response: { 200: graphSchema },
      },
    },
    () => graphOf(service, metrics),
  )
}

function graphOf(service: ServiceView, metrics: Metrics): z.output<typeof graphSchema> {
  const values = metrics.current([
    ...ACCEPTED,
    ...REFUSED,
    ...Object.values(OF_EXPORTERS),
    ...Object.values(OF_LOG),
  ])
  const sum = (name: string, label: string, id: string): number => {
    let total = 0
    for (const [labels, value] of values.get(name) ?? [])
      if (labels.split(',').includes(`${label}="${id}"`)) total += value
    return total
  }
  const pipelines = service.pipelines().map((p) => ({
    id: p.id,
    receivers: [...p.receivers],
    processors: [...p.processors],
    exporters: [...p.exporters],
  }))
  const health = service.health()
  const exporters = [...new Set(pipelines.flatMap((p) => p.exporters))]
  const of = (id: string, field: keyof typeof OF_EXPORTERS): number =>
    sum(OF_EXPORTERS[field], 'exporter', id)
  return {
    at: new Date(),
    started_at: new Date(service.startedAtMs),
    pipelines,
    queue: {
      bytes: total(values.get(OF_LOG.bytes)),
      bytes_max: total(values.get(OF_LOG.bytes_max)),
      items: Math.max(0, ...exporters.map((id) => of(id, 'queued'))),
      oldest_s: Math.max(0, ...exporters.map((id) => of(id, 'oldest_s'))),
    },
    receivers: [...new Set(pipelines.flatMap((p) => p.receivers))].map((id) => ({
      id,
      accepted: ACCEPTED.reduce((n, name) => n + sum(name, 'receiver', id), 0),
      refused: REFUSED.reduce((n, name) => n + sum(name, 'receiver', id), 0),
    })),
    exporters: exporters.map((id) => ({
      id,
      ok: health[`exporter ${id}`]?.ok ?? false,
      detail: health[`exporter ${id}`]?.detail ?? 'not running',
      sent: of(id, 'sent'),
      failed: of(id, 'failed'),
      retries: of(id, 'retries'),
      dead_lettered: of(id, 'dead_lettered'),
      skipped: of(id, 'skipped'),
      queued: of(id, 'queued'),
      oldest_s: of(id, 'oldest_s'),
      breaker: BREAKER_STATES[of(id, 'breaker')] ?? 'open',
    })),
  }
}

function total(series: Iterable<readonly [labels: string, value: number]> | undefined): number {
  let sum = 0
  for (const [, value] of series ?? []) sum += value
  return sum
}
