// Measures how long requests to the API take, by route and outcome.

import type { ServiceView } from '../core/component.ts'
import { histogram, type Metrics } from '../core/metrics.ts'
import type { Api } from './typed-fastify.ts'

/** Seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export const REQUEST_METRICS = [
  histogram(
    'observa_api_request_seconds',
    'Time from the first byte of a request to the last of its answer, by route.',
    BUCKETS,
    ['method', 'route', 'status'],
  ),
]

/** The label for the route is its pattern, and the label for the status is its class, so that ids create no series. */
export function useRequestMetrics(
  app: Api,
  metrics: Metrics,
  { reportRequest }: Pick<ServiceView, 'reportRequest'> = {},
): void {
  app.addHook('onResponse', async (req, reply) => {
    const route = req.routeOptions.url ?? 'none'
    const status = `${Math.floor(reply.statusCode / 100)}xx`
    const labels = `method="${req.method}",route="${route}",status="${status}"`
    metrics.observe('observa_api_request_seconds', labels, reply.elapsedTime / 1000)
    reportRequest?.({
      method: req.method,
      route,
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
      requestId: req.id,
    })
  })
}
