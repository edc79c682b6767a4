// `Idempotency-Key` for every POST that creates something (its response is a 201). A repetition with the same key gets the
// first response and creates nothing. The same key with another body gets a 422, a key whose request is still running a 409.
// A response that shows a credential is not stored, so its repetition gets a 409 too.

import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { nameOf } from '../accounts/audited-change.ts'
import {
  beginRequest,
  forgetRequest,
  type IdempotentRequest,
  type KeptAnswer,
  keepAnswer,
} from '../storage/control/idempotent-requests.ts'
import type { Statements } from '../storage/postgres/connection.ts'
import { withTenant } from '../storage/postgres/roles.ts'
import { ApiError } from './app.ts'
import { actorOf } from './auth.ts'
import type { Stores } from './stores.ts'
import type { Api } from './typed-fastify.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set here for routes whose POST takes an Idempotency-Key. */
    idempotent?: boolean
  }
}

type Handler = (req: FastifyRequest, reply: FastifyReply) => Promise<unknown>

const HEADER = 'idempotency-key'
const KEY = /^[\x21-\x7e]{1,255}$/

/** Call it before the routes are added. */
export function registerIdempotency(app: Api, stores: Stores): void {
  app.addHook('onRoute', (route) => {
    if (!makesSomething(route)) return
    route.config = { ...route.config, idempotent: true }
    const own = route.handler.bind(app) as Handler
    route.handler = async (req, reply) => {
      const request = requestOf(req)
      return request === null
        ? await own(req, reply)
        : await once(stores, request, reply, () => own(req, reply))
    }
  })
}

/** Sign-up and similar routes have no tenant yet, and have limits of their own. */
function makesSomething({ method, config, schema }: RouteOptions): boolean {
  const isOfTenant = config?.scope !== 'public' && config?.scope !== 'session'
  return method === 'POST' && isOfTenant && Object(schema?.response)[201] !== undefined
}

function requestOf(req: FastifyRequest): IdempotentRequest | null {
  const key = req.headers[HEADER]
  if (key === undefined || req.tenant === null) return null
  if (typeof key !== 'string' || !KEY.test(key))
    throw new ApiError(
      400,
      'VALIDATION_ERROR',
      'Idempotency-Key has 1 to 255 visible characters of ASCII, such as a UUID.',
    )
  const { tenantId, projectId } = req.tenant
  return {
    tenantId,
    caller: nameOf(actorOf(req)),
    keyHash: hashOf([key]),
    requestHash: hashOf([req.method, req.url, projectId, JSON.stringify(req.body ?? null)]),
  }
}

const hashOf = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex')

async function once(
  stores: Stores,
  request: IdempotentRequest,
  reply: FastifyReply,
  work: () => Promise<unknown>,
): Promise<unknown> {
  const run = async <T>(statement: (client: Statements) => Promise<T>): Promise<T> =>
    await withTenant(stores.postgres, request.tenantId, statement, { readOnly: false })
  const known = await run((client) => beginRequest(client, request))
  if (known !== null) return repeated(request, known, reply)
  try {
    const answer = await work()
    const isSecret = /no-store/.test(String(reply.getHeader('cache-control') ?? ''))
    const kept = { status: reply.statusCode, answer: isSecret ? null : answer }
    await run((client) => keepAnswer(client, request, kept))
    return answer
  } catch (thrown) {
    await run((client) => forgetRequest(client, request)).catch(() => undefined)
    throw thrown
  }
}

function repeated(request: IdempotentRequest, known: KeptAnswer, reply: FastifyReply): unknown {
  if (known.request_hash !== request.requestHash)
    throw new ApiError(
      422,
      'IDEMPOTENCY_KEY_REUSED',
      'This Idempotency-Key was used for another request: take a new one.',
    )
  if (known.status === null)
    throw new ApiError(409, 'CONFLICT', 'The request with this key is still being worked.', {
      retryAfterS: 1,
    })
  if (known.answer === null)
    throw new ApiError(
      409,
      'CONFLICT',
      'This was done already, and what it made is shown only once.',
    )
  void reply
    .code(known.status)
    .header('idempotent-replayed', 'true')
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
  return known.answer
}
