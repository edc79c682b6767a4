// Who asks by a session: of a person who signed in, by cookie or by token. A person acts in one tenant and project at a time:
// the one that the headers x-tenant-id and x-project-id name among the person's own, else the oldest.

import type { FastifyRequest } from 'fastify'
import type { SessionCache } from '../accounts/session-cache.ts'
import { isSessionToken } from '../accounts/sign-in.ts'
import type { Scope, TenantContext } from '../core/tenant.ts'
import type { Membership, SessionRow } from '../storage/control/sessions.ts'
import { ApiError } from './app.ts'
import type { Stores } from './stores.ts'

/** Over https; a browser takes it for this host and path `/` only. */
export const SECURE_COOKIE = '__Host-observa'
/** On http, which is for this machine only. */
export const PLAIN_COOKIE = 'observa_session'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

export interface SignedInRequest {
  readonly session: SessionRow
  /** Null of a person who belongs to no tenant. */
  readonly tenant: TenantContext | null
  /** In the tenant. */
  readonly role: string
}

export class SessionAuth {
  readonly #stores: Stores
  readonly #cache: SessionCache

  constructor(stores: Stores, cache: SessionCache) {
    this.#stores = stores
    this.#cache = cache
  }

  /** Null when the request has no session token, which is then for keys to judge. */
  async signedIn(req: FastifyRequest, scope: Scope | 'session'): Promise<SignedInRequest | null> {
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
    const project = projectOf(req, membership, scope === 'query')
    const role = project.role ?? membership.role
    if (!may(scope === 'query' ? role : membership.role, scope))
      throw new ApiError(403, 'FORBIDDEN', `Your role ${membership.role} may not do this.`)
    const { tenant_id: tenantId } = membership
    const tenant = { tenantId, projectId: project.id, environment: null, keyId: null }
    return { session, tenant, role: membership.role }
  }
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

/** A browser sends a cookie by itself: what changes something must come from our own pages. */
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

/** `none` in a project shuts out; other roles may read. */
function may(role: string, scope: Scope): boolean {
  if (scope === 'admin') return role === 'owner' || role === 'admin'
  return scope === 'query' && role !== 'none'
}

function membershipOf(req: FastifyRequest, session: SessionRow): Membership | null {
  const wanted = req.headers['x-tenant-id']
  if (wanted === undefined) return session.memberships[0] ?? null
  const found = session.memberships.find((m) => m.tenant_id === wanted)
  if (found === undefined) throw new ApiError(404, 'NOT_FOUND', 'There is no such tenant of yours.')
  return found
}

/** Without a project yet, nothing is seen of any. */
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
