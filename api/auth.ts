// Who asks: the credential of a request, checked once before its route, for the scope the route declares.
// A route without a declared scope does not start (`config.scope` is required by the check below).

import type { FastifyRequest } from 'fastify'
import type { Actor } from '../accounts/change.ts'
import type { Authenticator } from '../core/component.ts'
import type { Scope, TenantContext } from '../core/tenant.ts'
import { ApiError } from './app.ts'
import type { Api } from './typed-fastify.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Scope a key needs for this route; `public` needs no credential. */
    scope?: Scope | 'public'
  }
  interface FastifyRequest {
    tenant: TenantContext | null
  }
}

const EXPLORER = '/docs'

export function useAuth(app: Api, auth: Authenticator): void {
  app.decorateRequest('tenant', null)
  app.addHook('onRoute', (route) => {
    // The explorer's plugin knows nothing of our scopes; its pages hold no data.
    if (route.url.startsWith(EXPLORER)) route.config = { ...route.config, scope: 'public' }
    if (route.config?.scope === undefined)
      throw new Error(`route ${String(route.method)} ${route.url} declares no scope`)
  })
  app.addHook('preValidation', async (req) => {
    const scope = req.routeOptions.config.scope
    if (scope === undefined || scope === 'public') return
    const result = await auth.authenticate(req.headers, req.url, scope)
    if (!result.ok) throw new ApiError(result.status, result.code, result.message, result)
    req.tenant = result.tenant
  })
}

/** Tenant of an authenticated request. */
export function tenantOf(req: FastifyRequest): TenantContext {
  if (req.tenant === null) throw new ApiError(401, 'UNAUTHORIZED', 'a key is required')
  return req.tenant
}

/** Who asks, for the audit log. */
export function actorOf(req: FastifyRequest): Actor {
  const { keyId } = tenantOf(req)
  const userAgent = req.headers['user-agent'] ?? null
  const of = { ip: req.ip, userAgent, requestId: req.id }
  return keyId === null ? { kind: 'anonymous', id: null, ...of } : { kind: 'key', id: keyId, ...of }
}
