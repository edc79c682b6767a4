// Authenticates people who signed in, by cookie or token. A person acts in one tenant and project at a time: those
// that the headers x-tenant-id and x-project-id name, else the person's oldest ones.

import type { FastifyRequest } from 'fastify'
import type { SessionCache } from '../accounts/session-cache.ts'
import { isSessionToken } from '../accounts/sign-in.ts'
import type { KeyScope, TenantContext } from '../core/tenant.ts'
import type { Membership, SessionRow } from '../storage/control/sessions.ts'
import { ApiError } from './app.ts'
import type { Stores } from './stores.ts'
import type { Api } from './typed-fastify.ts'

/** The cookie over https. A browser sends it to this host and path `/` only. */
export const SECURE_COOKIE = '__Host-observa'
/** The cookie over http, which is for this machine only. */
export const PLAIN_COOKIE = 'observa_session'

/** The roles in a tenant that may change its settings. */
export const ADMIN_ROLES: ReadonlySet<string> = new Set(['owner', 'admin'])

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

export interface SignedInRequest {
  readonly session: SessionRow
  /** Null if the person belongs to no tenant. */
  readonly tenant: TenantContext | null
  /** The role in the tenant. */
  readonly role: string
}

export class SessionAuth {
  readonly #stores: Stores
  readonly #cache: SessionCache

  constructor(stores: Stores, cache: SessionCache) {
    this.#stores = stores
    this.#cache = cache
  }

  /** Returns null when the request has no session token, so that its key is checked instead. */
  async signedIn(
    req: FastifyRequest,
    scope: KeyScope | 'session',
  ): Promise<SignedInRequest | null> {
    const given = tokenOf(req)
    if (given === null) return null
    if (given.isCookie) refuseForeignPage(req)
    const session = await this.#cache.find(this.#stores.postgres, given.token)
    if (session === null)
      throw new ApiError(
        401,
        'UNAUTHORIZED',
        'This session is not known or has ended: log in again.',
      )
    if (scope === 'session') return { session, ...anyTenant(req, session) }
    const membership = membershipOf(req, session)
    if (membership === null)
      throw new ApiError(403, 'FORBIDDEN', 'You belong to no tenant: ask for an invitation.')
    const isOfProject = scope === 'query' || scope === 'ingest'
    const project = projectOf(req, membership, isOfProject)
    const role = project.role ?? membership.role
    if (!may(isOfProject ? role : membership.role, scope))
      throw new ApiError(
        403,
        'FORBIDDEN',
        `Your role ${isOfProject ? role : membership.role} may not do this: it takes ${rolesFor(scope)}.`,
      )
    const { tenant_id: tenantId } = membership
    const tenant = { tenantId, projectId: project.id, environment: null, keyId: null }
    return { session, tenant, role: membership.role }
  }
}

/**
 * Forgets sessions before a change of accounts is answered, so that whoever logged out is out when the answer comes. Other instances
 * hear of it within seconds.
 */
export function forgetAfterChanges(app: Api, cache: SessionCache): void {
  app.addHook('onSend', (req, reply, payload, done) => {
    const { scope } = req.routeOptions.config
    const isOfAccounts = scope === 'session' || scope === 'admin' || scope === 'public'
    if (isOfAccounts && !SAFE_METHODS.has(req.method) && reply.statusCode < 400) cache.forget()
    done(null, payload)
  })
}

function tokenOf(
  req: FastifyRequest,
): { readonly token: string; readonly isCookie: boolean } | null {
  const bearer = /^bearer\s+(\S+)$/i.exec(req.headers.authorization ?? '')?.[1]
  if (bearer !== undefined)
    return isSessionToken(bearer) ? { token: bearer, isCookie: false } : null
  if (req.headers.authorization !== undefined || req.headers['x-api-key'] !== undefined) return null
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=', 2)
    if ((name === SECURE_COOKIE || name === PLAIN_COOKIE) && isSessionToken(value))
      return { token: value, isCookie: true }
  }
  return null
}

/** Refuses changes from pages of other sites, because a browser attaches the cookie to their requests too. */
function refuseForeignPage(req: FastifyRequest): void {
  if (SAFE_METHODS.has(req.method)) return
  const { origin } = req.headers
  const site = req.headers['sec-fetch-site']
  const isOwnOrigin =
    origin === undefined || (URL.canParse(origin) && new URL(origin).host === req.headers.host)
  const isOwnSite = site === undefined || site === 'same-origin' || site === 'none'
  if (isOwnOrigin && isOwnSite) return
  throw new ApiError(403, 'FORBIDDEN', 'A page of another site may not do this.')
}

/**
 * True if the role allows the scope. `none` in a project denies access, all other roles may read, and all but viewers may add, such
 * as scores.
 */
function may(role: string, scope: KeyScope): boolean {
  if (scope === 'admin') return ADMIN_ROLES.has(role)
  if (scope === 'ingest') return role !== 'none' && role !== 'viewer'
  return scope === 'query' && role !== 'none'
}

/** The roles that may, for people who have another. */
function rolesFor(scope: KeyScope): string {
  if (scope === 'admin') return 'the role owner or admin'
  return scope === 'ingest' ? 'the role owner, admin or member' : 'a role in this project'
}

function membershipOf(req: FastifyRequest, session: SessionRow): Membership | null {
  const wanted = req.headers['x-tenant-id']
  if (wanted === undefined) return session.memberships[0] ?? null
  const found = session.memberships.find((m) => m.tenant_id === wanted)
  if (found === undefined) throw new ApiError(404, 'NOT_FOUND', 'There is no such tenant of yours.')
  return found
}

/** The project that the person acts in. In a tenant without projects nothing is visible. */
function projectOf(
  req: FastifyRequest,
  membership: Membership,
  isNeeded: boolean,
): { readonly id: string; readonly role: string | null } {
  const wanted = req.headers['x-project-id']
  const open = membership.projects.filter((p) => p.role !== 'none')
  const found = wanted === undefined ? open[0] : open.find((p) => p.project_id === wanted)
  if (found !== undefined) return { id: found.project_id, role: found.role }
  if (wanted !== undefined && isNeeded)
    throw new ApiError(404, 'NOT_FOUND', 'There is no such project of yours.')
  return { id: '', role: null }
}

function anyTenant(
  req: FastifyRequest,
  session: SessionRow,
): { readonly tenant: TenantContext | null; readonly role: string } {
  const membership = membershipOf(req, session)
  if (membership === null) return { tenant: null, role: 'none' }
  const { id: projectId } = projectOf(req, membership, false)
  const { tenant_id: tenantId, role } = membership
  return { tenant: { tenantId, projectId, environment: null, keyId: null }, role }
}
