// Routes for signing up, in and out, the own account, and a new password. Browsers get the session as a cookie.
// Scripts use the token of the response as `Authorization: Bearer`.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { displayName, email } from '../../../accounts/input.ts'
import { TooBusyError } from '../../../accounts/passwords/password.ts'
import {
  type AccountsMode,
  changePassword,
  logIn,
  logOut,
  type SignedIn,
  signUp,
  signUpByMail,
} from '../../../accounts/sign-in.ts'
import type { SignInAttempts } from '../../../accounts/sign-in-attempts.ts'
import type { ServiceView } from '../../../core/component.ts'
import { isLoopback } from '../../../core/http/host-name.ts'
import type { SessionRow } from '../../../storage/control/sessions.ts'
import { ApiError } from '../../app.ts'
import { actorOf, callerOf, sessionOf } from '../../auth.ts'
import { PLAIN_COOKIE, SECURE_COOKIE } from '../../session-auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { NO_MAIL, queued, resetMailOf } from './reset-mail.ts'

export interface AuthRoutesSettings {
  readonly stores: Stores
  readonly mode: AccountsMode
  readonly attempts: SignInAttempts
  readonly service: Pick<ServiceView, 'mailReset'>
}

const meSchema = z.object({
  user_id: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  tenants: z
    .array(z.object({ tenant_id: z.string(), name: z.string(), role: z.string() }))
    .describe('The first one is acted in, unless the header x-tenant-id names another.'),
  expires_at: z.date().describe('When the session ends by itself.'),
})

const signedInSchema = meSchema.extend({
  token: z.string().describe('For scripts: Authorization: Bearer. Browsers get a cookie.'),
})

export const password = z.string().min(1).max(4096)

export function authRoutes(app: Api, settings: AuthRoutesSettings): void {
  signUpRoute(app, settings)
  logInRoute(app, settings)
  sessionRoutes(app, settings)
  passwordRoute(app, settings)
}

function signUpRoute(app: Api, { stores, mode, attempts, service }: AuthRoutesSettings): void {
  app.post(
    '/api/v1/auth/signup',
    {
      config: { scope: 'public', freeText: { name: 200, tenant_name: 200 } },
      schema: {
        tags: ['account'],
        summary: 'Make an account: with a tenant of its own, or by an invitation',
        security: [],
        body: z.strictObject({
          email,
          password,
          name: displayName.optional(),
          tenant_name: displayName.optional().describe('Of the new tenant; without an invitation.'),
          invitation: z.string().max(200).optional().describe('The token of an invitation.'),
        }),
        response: {
          201: signedInSchema,
          202: z
            .object({ message: z.string() })
            .describe(
              'With `accounts: mail` and no invitation: a link to set the password is sent to the address. The same for an address that has an account.',
            ),
        },
      },
    },
    async (req, reply) => {
      guardPasswords(req, reply, attempts)
      const { body } = req
      const input = { ...body, tenantName: body.tenant_name }
      if (mode === 'mail' && body.invitation === undefined) {
        const { mailReset } = service
        if (mailReset === undefined) throw new ApiError(503, 'MAIL_NOT_CONFIGURED', NO_MAIL)
        const userId = await signUpByMail(stores.postgres, mode, input, callerOf(req))
        await queued(() => mailReset(resetMailOf(req, { email: body.email, userId })))
        void reply.code(202)
        return { message: 'A mail with a link to set the password is on its way.' }
      }
      const done = await notTooBusy(() => signUp(stores.postgres, mode, input, callerOf(req)))
      void reply.code(201)
      return welcome(req, reply, done)
    },
  )
}

function logInRoute(app: Api, { stores, attempts }: AuthRoutesSettings): void {
  app.post(
    '/api/v1/auth/login',
    {
      config: { scope: 'public' },
      schema: {
        tags: ['account'],
        summary: 'Log in',
        security: [],
        body: z.strictObject({ email, password }),
        response: { 200: signedInSchema },
      },
    },
    async (req, reply) => {
      guardPasswords(req, reply, attempts)
      const account = req.body.email
      refuseHurry(attempts.waitS(req.ip, account))
      const done = await notTooBusy(() => logIn(stores.postgres, req.body, callerOf(req)))
      if (done === null) {
        attempts.failed(req.ip, account)
        throw new ApiError(401, 'UNAUTHORIZED', 'The e-mail address or the password is wrong.')
      }
      attempts.succeeded(req.ip, account)
      return welcome(req, reply, done)
    },
  )
}

function sessionRoutes(app: Api, { stores }: AuthRoutesSettings): void {
  app.get(
    '/api/v1/auth/me',
    {
      config: { scope: 'session' },
      schema: { tags: ['account'], summary: 'Who I am', response: { 200: meSchema } },
    },
    (req) => me(sessionOf(req)),
  )
  app.post(
    '/api/v1/auth/logout',
    {
      config: { scope: 'session' },
      schema: {
        tags: ['account'],
        summary: 'Log out: the session is refused on every instance within seconds',
        response: { 204: z.null().describe('Ended.') },
      },
    },
    async (req, reply) => {
      await logOut(stores.postgres, sessionOf(req), actorOf(req))
      void reply.header('set-cookie', [ended(SECURE_COOKIE, '; Secure'), ended(PLAIN_COOKIE, '')])
      return await reply.code(204).send(null)
    },
  )
}

function passwordRoute(app: Api, { stores, attempts }: AuthRoutesSettings): void {
  app.post(
    '/api/v1/auth/password',
    {
      config: { scope: 'session' },
      schema: {
        tags: ['account'],
        summary: 'Change the password; all other sessions end',
        body: z.strictObject({ current: password, password }),
        response: { 204: z.null().describe('Changed.') },
      },
    },
    async (req, reply) => {
      guardPasswords(req, reply, attempts)
      const session = sessionOf(req)
      refuseHurry(attempts.waitS(req.ip, session.email))
      const passwords = { current: req.body.current, next: req.body.password }
      const isDone = await notTooBusy(() =>
        changePassword(stores.postgres, session, passwords, actorOf(req)),
      )
      if (!isDone) {
        attempts.failed(req.ip, session.email)
        throw new ApiError(403, 'FORBIDDEN', 'The present password is another.')
      }
      return await reply.code(204).send(null)
    },
  )
}

/** Refuses passwords over connections that others can read, and limits the attempts of an address. */
export function guardPasswords(
  req: FastifyRequest,
  reply: FastifyReply,
  attempts: SignInAttempts,
): void {
  if (req.protocol !== 'https' && !isLoopback(req.ip.replace(/^::ffff:/, '')))
    throw new ApiError(
      403,
      'FORBIDDEN',
      'Passwords are taken over https only, or from this machine: put a proxy with TLS in front and list it in trusted_proxies of the api extension.',
    )
  const { limit, remaining, resetS, retryAfterS } = attempts.request(req.ip)
  void reply.headers({
    'ratelimit-policy': `"address";q=${limit};w=900`,
    ratelimit: `"address";r=${remaining};t=${resetS}`,
    'x-ratelimit-limit': limit,
    'x-ratelimit-remaining': remaining,
    'x-ratelimit-reset': resetS,
  })
  if (retryAfterS !== null)
    throw new ApiError(
      429,
      'RATE_LIMIT_EXCEEDED',
      `This address has sent ${limit} requests to the routes of accounts within 15 minutes.`,
      { retryAfterS },
    )
}

function refuseHurry(waitS: number): void {
  if (waitS > 0)
    throw new ApiError(
      429,
      'RATE_LIMIT_EXCEEDED',
      'Several passwords were wrong: wait before the next one.',
      { retryAfterS: waitS },
    )
}

export async function notTooBusy<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (!(thrown instanceof TooBusyError)) throw thrown
    const message = 'More sign-ins wait than can be served now.'
    throw new ApiError(503, 'SERVICE_UNAVAILABLE', message, { retryAfterS: 5 })
  }
}

function welcome(req: FastifyRequest, reply: FastifyReply, done: SignedIn) {
  void reply.headers({ 'set-cookie': sessionCookie(req, done), 'cache-control': 'no-store' })
  return { ...me(done.session), token: done.token }
}

export function sessionCookie(req: FastifyRequest, { token, expiresAt }: SignedIn): string {
  const seconds = Math.floor((expiresAt.getTime() - Date.now()) / 1000)
  return req.protocol === 'https'
    ? `${SECURE_COOKIE}=${token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${seconds}`
    : `${PLAIN_COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}`
}

const ended = (name: string, more: string): string =>
  `${name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0${more}`

const me = (session: SessionRow) => ({
  user_id: session.user_id,
  email: session.email,
  name: session.name,
  tenants: session.memberships.map((m) => ({
    tenant_id: m.tenant_id,
    name: m.tenant_name,
    role: m.role,
  })),
  expires_at: new Date(session.expires_at),
})
