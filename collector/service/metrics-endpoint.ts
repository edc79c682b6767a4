// The metrics of the process itself, under the Collector's names, and the handler of `/metrics`.

import type { HttpHandler } from '../../core/component.ts'
import type { RequestGuard } from '../../core/http/request-guard.ts'
import { DATA_HEADERS } from '../../core/http/security-headers.ts'
import { counter, gauge, labelValue, type Metrics } from '../../core/metrics.ts'

export const PROCESS_METRICS = [
  counter('otelcol_process_uptime_seconds_total', 'Uptime of the process.'),
  counter('otelcol_process_cpu_seconds_total', 'User and system CPU time of the process.'),
  gauge('otelcol_process_memory_rss_bytes', 'Resident set size of the process.'),
  gauge('observa_event_loop_lag_seconds', 'Delay of the main event loop.'),
  gauge('observa_build_info', 'Version of the process and of Node.', ['version', 'node']),
]

export function watchProcess(metrics: Metrics, version: string): void {
  metrics.set(
    'observa_build_info',
    `version="${labelValue(version)}",node="${labelValue(process.version)}"`,
    1,
  )
  let seen = { uptime: 0, cpu: 0 }
  metrics.onCollect(() => {
    const { user, system } = process.cpuUsage()
    const now = { uptime: process.uptime(), cpu: (user + system) / 1e6 }
    metrics.add('otelcol_process_uptime_seconds_total', '', now.uptime - seen.uptime)
    metrics.add('otelcol_process_cpu_seconds_total', '', now.cpu - seen.cpu)
    metrics.set('otelcol_process_memory_rss_bytes', '', process.memoryUsage.rss())
    seen = now
  })
  watchEventLoop(metrics)
}

function watchEventLoop(metrics: Metrics): void {
  let last = performance.now()
  let lag = 0
  setInterval(() => {
    const now = performance.now()
    lag = Math.max(lag, now - last - 500)
    last = now
  }, 500).unref()
  metrics.onCollect(() => {
    metrics.set('observa_event_loop_lag_seconds', '', Math.max(0, lag) / 1000)
    lag = 0
  })
}

export function metricsHandler(metrics: Metrics, guard: RequestGuard): HttpHandler {
  return (req, res) => {
    const refusal = guard.refusalOf(req)
    if (refusal !== null) {
      res.writeHead(refusal.status, { ...DATA_HEADERS, 'content-type': 'text/plain' })
      res.end(`${refusal.message}\n`)
      return
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.writeHead(405, { ...DATA_HEADERS, allow: 'GET, HEAD' })
      res.end()
      return
    }
    const type = 'text/plain; version=0.0.4; charset=utf-8'
    res.writeHead(200, { ...DATA_HEADERS, 'content-type': type })
    res.end(metrics.render())
  }
}
