// Routes for signing in at an OpenID provider. Both are opened by the browser itself and answer with a redirect: `start` to the
// provider, and `callback`, to which the provider sends the person back, to the console. A refusal goes to the sign-in page, which has
// a text for each reason.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  type BrowserSecret,
  browserSecretOf,
  newBrowserSecret,
  pathOfThisSite,
  SIGN_IN_SECONDS_MAX,
} from '../../../accounts/oidc/browser-secret.ts'
import { CALLBACK_PATH, type OidcProvider } from '../../../accounts/oidc/oidc-provider.ts'
import {
  OIDC_REFUSALS,
  type OidcRefusal,
  OidcRefusedError,
} from '../../../accounts/oidc/oidc-refusal.ts'
import { signInByOidc } from '../../../accounts/oidc/oidc-sign-in.ts'
import type { AccountsMode } from '../../../accounts/sign-in.ts'
import type { SignInAttempts } from '../../../accounts/sign-in-attempts.ts'
import type { Clock } from '../../../core/clock.ts'
import type { ServiceView } from '../../../core/component.ts'
import { counter, type Metrics } from '../../../core/metrics.ts'
import { unavailableStore } from '../../../storage/unavailable.ts'
import { ApiError } from '../../app.ts'
import { callerOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { guardPasswords, sessionCookie } from './auth.ts'

export interface OidcRoutesSettings {
  readonly stores: Stores
  readonly service: Pick<ServiceView, 'storedIds'>
  readonly metrics: Metrics
  readonly clock: Clock
  readonly mode: AccountsMode
  readonly oidc: OidcProvider | null
  readonly attempts: SignInAttempts
}

const START_PATH = '/api/v1/auth/oidc/start'

export const OIDC_METRICS = [
  counter('observa_oidc_sign_ins_total', 'Sign-ins by OpenID that ended here, by outcome.', [
    'outcome',
  ]),
]

/** The cookie of a sign-in that was begun. `Lax`, because the provider is another site. */
const SECURE_COOKIE = '__Host-observa_oidc'
const PLAIN_COOKIE = 'observa_oidc'

export function oidcRoutes(app: Api, settings: OidcRoutesSettings): void {
  optionsRoute(app, settings)
  startRoute(app, settings)
  callbackRoute(app, settings)
}

function optionsRoute(app: Api, { mode, oidc }: OidcRoutesSettings): void {
  app.get(
    '/api/v1/auth/options',
    {
      config: { scope: 'public' },
      schema: {
        tags: ['account'],
        summary: 'How people sign in here',
        security: [],
        response: {
          200: z.object({
            accounts: z
              .enum(['open', 'mail', 'invite', 'closed'])
              .describe('Who may make an account.'),
            oidc: z
              .object({
                name: z.string().describe('For people: the name of the provider.'),
                start_url: z.string().describe('Where a browser begins; takes return_to.'),
                refusals: z
                  .array(z.enum(OIDC_REFUSALS))
                  .describe('Reasons that may come back to the sign-in page, as #oidc=reason.'),
              })
              .nullable()
              .describe('The OpenID provider; null where people sign in with a password only.'),
          }),
        },
      },
    },
    () => ({
      accounts: mode,
      oidc:
        oidc === null
          ? null
          : {
              name: oidc.settings.name,
              start_url: `${oidc.settings.externalUrl}${START_PATH}`,
              refusals: [...OIDC_REFUSALS],
            },
    }),
  )
}

function startRoute(app: Api, settings: OidcRoutesSettings): void {
  const { clock, attempts } = settings
  app.get(
    START_PATH,
    {
      config: { scope: 'public' },
      exposeHeadRoute: false,
      schema: {
        tags: ['account'],
        summary: 'Sign in at the OpenID provider: for browsers',
        security: [],
        querystring: z.strictObject({
          return_to: z
            .string()
            .max(1000)
            .optional()
            .describe('A path of the console, to which the person comes back; others are ignored.'),
        }),
        response: { 303: z.null().describe('To the provider, or with a reason to /sign-in.') },
      },
    },
    async (req, reply) => {
      const oidc = configured(settings)
      try {
        guard(req, reply, attempts)
        const secret = newBrowserSecret(pathOfThisSite(req.query.return_to), clock.nowMs())
        const address = await oidc.addressFor(secret)
        void reply.header('set-cookie', cookieOf(req, secret.cookie, SIGN_IN_SECONDS_MAX))
        return await reply.redirect(address, 303)
      } catch (thrown) {
        return await refused(reply, settings, oidc, thrown)
      }
    },
  )
}

function callbackRoute(app: Api, settings: OidcRoutesSettings): void {
  const { stores, mode, attempts, metrics } = settings
  app.get(
    CALLBACK_PATH,
    {
      config: { scope: 'public' },
      exposeHeadRoute: false,
      schema: {
        tags: ['account'],
        summary: 'Where the OpenID provider sends people back: for browsers',
        security: [],
        querystring: z.looseObject({
          code: z.string().max(8192).optional(),
          state: z.string().max(200).optional(),
          error: z.string().max(200).optional(),
        }),
        response: {
          303: z.null().describe('Signed in: to the console. Otherwise with a reason to /sign-in.'),
        },
      },
    },
    async (req, reply) => {
      const oidc = configured(settings)
      void reply.header('set-cookie', cookieOf(req, '', 0))
      try {
        guard(req, reply, attempts)
        const secret = begunSecret(req, req.query.state ?? '', settings.clock)
        const person = await oidc.personOf(/\?.*$/s.exec(req.url)?.[0] ?? '', secret)
        const signIn = { pool: stores.postgres, mode, settings: oidc.settings }
        const done = await signInByOidc(signIn, person, scrubbedCaller(req, settings))
        metrics.add('observa_oidc_sign_ins_total', 'outcome="done"')
        void reply.header('set-cookie', sessionCookie(req, done))
        const path = pathOfThisSite(secret.returnTo)
        return await reply.redirect(`${oidc.settings.externalUrl}${path}`, 303)
      } catch (thrown) {
        return await refused(reply, settings, oidc, thrown)
      }
    },
  )
}

function configured({ oidc }: OidcRoutesSettings): OidcProvider {
  if (oidc !== null) return oidc
  throw new ApiError(404, 'NOT_FOUND', 'This instance has no OpenID provider (oidc).')
}

/** The same limits as for passwords, because a session is given out here too. */
function guard(req: FastifyRequest, reply: FastifyReply, attempts: SignInAttempts): void {
  try {
    guardPasswords(req, reply, attempts)
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown
    throw new OidcRefusedError(thrown.status === 429 ? 'too_many' : 'insecure', { cause: thrown })
  }
}

/** What the browser got when it began the sign-in with this state. */
function begunSecret(req: FastifyRequest, state: string, clock: Clock): BrowserSecret {
  const wanted = req.protocol === 'https' ? SECURE_COOKIE : PLAIN_COOKIE
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=', 2)
    const found = name === wanted ? browserSecretOf(value, state, clock.nowMs()) : null
    if (found !== null) return found
  }
  throw new OidcRefusedError('state')
}

function cookieOf(req: FastifyRequest, value: string, seconds: number): string {
  const more = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}`
  return req.protocol === 'https'
    ? `${SECURE_COOKIE}=${value}; Secure; ${more}`
    : `${PLAIN_COOKIE}=${value}; ${more}`
}

/** Headers of reads are not scrubbed before, but this one is stored with the session. */
function scrubbedCaller(req: FastifyRequest, { service }: OidcRoutesSettings) {
  const caller = callerOf(req)
  const agent = caller.userAgent ?? null
  const userAgent = agent === null ? null : service.storedIds.textOf('', 'user_agent', agent)
  return { ...caller, userAgent }
}

async function refused(
  reply: FastifyReply,
  { metrics }: OidcRoutesSettings,
  { settings }: OidcProvider,
  thrown: unknown,
): Promise<FastifyReply> {
  const reason = reasonOf(thrown)
  if (reason === null) throw thrown
  metrics.add('observa_oidc_sign_ins_total', `outcome="${reason}"`)
  return await reply.redirect(`${settings.externalUrl}/sign-in#oidc=${reason}`, 303)
}

function reasonOf(thrown: unknown): OidcRefusal | null {
  if (thrown instanceof OidcRefusedError) return thrown.reason
  const isStoreAway = thrown instanceof ApiError || unavailableStore(thrown) !== null
  return isStoreAway ? 'accounts' : null
}
