// Authenticates a request once, before its route, for the scope that the route declares. A route without a declared
// scope prevents the start.

import { isDeepStrictEqual } from 'node:util'
import type { FastifyRequest } from 'fastify'
import type { Actor } from '../accounts/audited-change.ts'
import type { Authenticator } from '../core/component.ts'
import type { KeyScope, TenantContext } from '../core/tenant.ts'
import type { SessionRow } from '../storage/control/sessions.ts'
import { ApiError } from './app.ts'
import { ADMIN_ROLES, type SessionAuth, type SignedInRequest } from './session-auth.ts'
import type { Api } from './typed-fastify.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * The scope that a key needs for this route. `session` routes are for signed-in people and not for keys. `public`
     * routes need no credential.
     */
    scope?: KeyScope | 'public' | 'session'
    /**
     * True for routes about the whole instance rather than one tenant. Only tenants that operate the instance may use them.
     */
    instance?: boolean
  }
  interface FastifyRequest {
    tenant: TenantContext | null
    /** The person of the session, or null. */
    signedIn: SignedInRequest | null
    /** Whether prompts, answers, and inputs and outputs of tools may be shown. */
    mayReadContent: boolean
    /** Whether the credential may change settings of the tenant, and therefore may see all of them. */
    mayAdminister: boolean
    /** Whether the credential is of a tenant that operates the instance. */
    operatesInstance: boolean
    /** Checks again whether the credential still permits the request. Responses that stay open ask from time to time. */
    isStillAllowed: () => Promise<boolean>
  }
}

type Caller = Pick<FastifyRequest, 'signedIn' | 'tenant' | 'mayReadContent' | 'mayAdminister'>

/**
 * Adds authentication to the application. Without `sessions` only keys are accepted. `operates` says whether the admins of a tenant
 * may see and change what concerns the whole instance.
 */
export function useAuth(
  app: Api,
  auth: Authenticator,
  sessions: SessionAuth | null = null,
  operates: (tenantId: string) => boolean = () => true,
): void {
  app.decorateRequest('tenant', null)
  app.decorateRequest('signedIn', null)
  app.decorateRequest('mayReadContent', true)
  app.decorateRequest('mayAdminister', true)
  app.decorateRequest('operatesInstance', false)
  app.decorateRequest('isStillAllowed', () => Promise.resolve(true))
  app.addHook('onRoute', (route) => {
    if (route.config?.scope === undefined)
      throw new Error(`route ${String(route.method)} ${route.url} declares no scope`)
  })
  const credentialOf = async (
    req: FastifyRequest,
    scope: KeyScope | 'session',
  ): Promise<Caller> => {
    const signedIn = (await sessions?.signedIn(req, scope)) ?? null
    if (signedIn !== null)
      return {
        signedIn,
        tenant: signedIn.tenant,
        mayReadContent: true,
        mayAdminister: ADMIN_ROLES.has(signedIn.role),
      }
    if (scope === 'session') throw await noPerson(req, auth)
    const result = await auth.authenticate(req.headers, req.url, scope)
    if (!result.ok) throw new ApiError(result.status, result.code, result.message, result)
    return {
      signedIn,
      tenant: result.tenant,
      mayReadContent: result.scopes.has('content'),
      mayAdminister: result.scopes.has('admin'),
    }
  }
  app.addHook('preValidation', async (req) => {
    const scope = req.routeOptions.config.scope
    if (scope === undefined || scope === 'public') return
    const caller = await credentialOf(req, scope)
    Object.assign(req, caller)
    req.isStillAllowed = async () => {
      try {
        const now = await credentialOf(req, scope)
        return (
          now.mayReadContent === caller.mayReadContent &&
          isDeepStrictEqual(now.tenant, caller.tenant)
        )
      } catch {
        return false
      }
    }
  })
  app.addHook('preValidation', async (req) => {
    if (req.tenant !== null) req.operatesInstance = operates(req.tenant.tenantId)
    if (req.routeOptions.config.instance === true && !req.operatesInstance)
      throw new ApiError(
        403,
        'OPERATORS_ONLY',
        'This concerns the whole instance: the option `operators` of the api extension names the tenants that may.',
      )
  })
}

/** Refuses a credential that may not read prompts and answers. */
export function requireContent(req: FastifyRequest): void {
  if (req.mayReadContent) return
  const message = 'This key may not read prompts and answers: it lacks the scope "content".'
  throw new ApiError(403, 'FORBIDDEN', message)
}

/**
 * The error for a request without a session: 403 with a valid key, because a key is not a person, and 401 otherwise.
 */
async function noPerson(req: FastifyRequest, auth: Authenticator): Promise<ApiError> {
  const { authorization, 'x-api-key': apiKey } = req.headers
  const isKeyless = authorization === undefined && apiKey === undefined
  const result = isKeyless ? null : await auth.authenticate(req.headers, req.url, 'ingest')
  if (result === null || (!result.ok && result.status === 401))
    return new ApiError(401, 'UNAUTHORIZED', 'Nobody is signed in: log in first.')
  return new ApiError(403, 'FORBIDDEN', 'This is for people who are signed in, not for keys.')
}

/** The tenant of an authenticated request. */
export function tenantOf(req: FastifyRequest): TenantContext {
  if (req.tenant === null) throw new ApiError(401, 'UNAUTHORIZED', 'a key is required')
  return req.tenant
}

/** The session of a route with the scope `session`. */
export function sessionOf(req: FastifyRequest): SessionRow {
  if (req.signedIn === null) throw new ApiError(401, 'UNAUTHORIZED', 'Nobody is signed in.')
  return req.signedIn.session
}

/** The actor for the audit log. */
export function actorOf(req: FastifyRequest): Actor {
  const of = callerOf(req)
  if (req.signedIn !== null) return { ...of, kind: 'user', id: req.signedIn.session.user_id }
  const { keyId } = tenantOf(req)
  return keyId === null ? of : { ...of, kind: 'key', id: keyId }
}

/** The actor of a request that is not authenticated: only where it comes from. */
export function callerOf(req: FastifyRequest): Actor {
  const userAgent = req.headers['user-agent'] ?? null
  return { kind: 'anonymous', id: null, ip: req.ip, userAgent, requestId: req.id }
}
