// Health, version and the description of the API. `/health` has no details. The detailed form needs a key if keys are
// configured.

import { z } from 'zod'
import type { ServiceView } from '../../../core/component.ts'
import { documentOf } from '../../openapi.ts'
import type { StoreChecks } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'

const check = z.object({ ok: z.boolean(), detail: z.string() })

export function systemRoutes(app: Api, service: ServiceView, stores: StoreChecks): void {
  probeRoutes(app, service)
  stateRoutes(app, service, stores)
}

function probeRoutes(app: Api, service: ServiceView): void {
  app.get(
    '/health',
    {
      config: { scope: 'public' },
      schema: {
        tags: ['system'],
        summary: 'Is the process alive and taking data?',
        security: [],
        response: { 200: z.object({ status: z.literal('ok') }) },
      },
    },
    () => ({ status: 'ok' as const }),
  )
  app.get(
    '/health/ready',
    {
      config: { scope: 'public' },
      schema: {
        tags: ['system'],
        summary: 'Does it take data now? For probes of orchestrators and load balancers',
        security: [],
        response: {
          200: z.object({ status: z.literal('ready') }),
          503: z.object({ status: z.literal('not_ready'), reasons: z.array(z.string()) }),
        },
      },
    },
    (_req, reply) => {
      const { ok, reasons } = service.readiness()
      if (ok) return { status: 'ready' as const }
      void reply.code(503)
      return { status: 'not_ready' as const, reasons: [...reasons] }
    },
  )
}

function stateRoutes(app: Api, service: ServiceView, stores: StoreChecks): void {
  app.get(
    '/health/detailed',
    {
      config: { scope: 'query', shared: false },
      schema: {
        tags: ['system'],
        summary: 'State of the queue, every exporter and both stores',
        response: {
          200: z.object({
            status: z.enum(['ok', 'degraded']),
            uptime_s: z.number(),
            version: z.string(),
            checks: z.record(z.string(), check),
          }),
        },
      },
    },
    async () => {
      const checks = { ...service.health(), ...(await stores.check()) }
      const isOk = Object.values(checks).every((c) => c.ok)
      return {
        status: isOk ? ('ok' as const) : ('degraded' as const),
        uptime_s: Math.round((Date.now() - service.startedAtMs) / 1000),
        version: service.version,
        checks,
      }
    },
  )
  app.get(
    '/version',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['system'],
        summary: 'Version of the build',
        response: {
          200: z.object({
            version: z.string(),
            node: z.string(),
            git_sha: z.string().nullable(),
            environment: z.string(),
          }),
        },
      },
    },
    () => ({
      version: service.version,
      node: process.version,
      git_sha: process.env['OBSERVA_GIT_SHA'] ?? null,
      environment: process.env['NODE_ENV'] ?? 'production',
    }),
  )
  app.get('/api/v1/openapi.json', { config: { scope: 'public' }, schema: { hide: true } }, () =>
    documentOf(app),
  )
}
