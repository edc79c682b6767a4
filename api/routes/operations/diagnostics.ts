// `GET /diagnostics`: everything that a problem report needs, in one response without secrets and content: versions, the
// machine, the state of all parts, the configuration, the metrics.

import { arch, availableParallelism, platform, release, totalmem } from 'node:os'
import { memoryUsage, resourceUsage, uptime } from 'node:process'
import { z } from 'zod'
import type { ServiceView } from '../../../core/component.ts'
import type { Metrics } from '../../../core/metrics.ts'
import type { Api } from '../../typed-fastify.ts'

const check = z.object({ ok: z.boolean(), detail: z.string() })

export function diagnosticsRoutes(app: Api, service: ServiceView, metrics: Metrics): void {
  app.get(
    '/diagnostics',
    {
      config: { scope: 'admin', instance: true },
      schema: {
        tags: ['system'],
        summary:
          'What a report of a problem needs: versions, machine, state, configuration, metrics',
        response: {
          200: z.object({
            version: z.string(),
            node: z.string(),
            platform: z.string(),
            cores: z.number(),
            memory_bytes: z.number(),
            uptime_s: z.number(),
            rss_bytes: z.number(),
            heap_used_bytes: z.number(),
            cpu_s: z.number(),
            ready: z.boolean(),
            reasons: z.array(z.string()),
            checks: z.record(z.string(), check),
            dead_letters: z.number(),
            configuration: z.unknown().describe('As it was written; secrets are masked.'),
            metrics: z.string().describe('As /metrics has them.'),
          }),
        },
      },
    },
    async () => {
      const { ok, reasons } = service.readiness()
      const { rss, heapUsed } = memoryUsage()
      const { userCPUTime, systemCPUTime } = resourceUsage()
      const letters = await service.operations.deadLetters.list()
      return {
        version: service.version,
        node: process.version,
        platform: `${platform()} ${release()} ${arch()}`,
        cores: availableParallelism(),
        memory_bytes: totalmem(),
        uptime_s: Math.round(uptime()),
        rss_bytes: rss,
        heap_used_bytes: heapUsed,
        cpu_s: (userCPUTime + systemCPUTime) / 1e6,
        ready: ok,
        reasons: [...reasons],
        checks: { ...service.health() },
        dead_letters: letters.length,
        configuration: service.operations.configuration().written,
        metrics: metrics.render(),
      }
    },
  )
}
