// The fastify application of the REST API. A zod schema is at once validation, type and OpenAPI document. All errors
// have one form, and every response has the security headers and a request id. Routes are in `routes/`.

import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import compress from '@fastify/compress'
import swagger from '@fastify/swagger'
import Fastify, {
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import {
  hasZodFastifySchemaValidationErrors,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import { ControlError, type ControlErrorCode } from '../accounts/control-error.ts'
import type { Authenticator, HttpHandler } from '../core/component.ts'
import { faultOf } from '../core/fault.ts'
import { hostNameOf } from '../core/http/host-name.ts'
import type { RequestGuard } from '../core/http/request-guard.ts'
import { givenRequestId, PAGE_HEADERS } from '../core/http/security-headers.ts'
import { CursorError } from '../storage/queries/page.ts'
import { unavailableStore } from '../storage/unavailable.ts'
import { collectMethods } from './allowed-methods.ts'
import {
  collisionOf,
  type ErrorAnswer,
  isTooExpensive,
  sendError,
  TOO_EXPENSIVE,
} from './error-answers.ts'
import { documented } from './openapi.ts'
import { ID_CHARS_MAX } from './routes/query-parameters.ts'
import type { Api } from './typed-fastify.ts'

/** The longest body of a request to the API; ingest has its own limits. */
const BODY_BYTES_MAX = 1024 * 1024
/** After how many seconds a client may retry when a store does not respond. */
const RETRY_AFTER_S = 5

export interface AppSettings {
  readonly log: Logger
  readonly version: string
  readonly auth: Authenticator
  /** Returns the person who signed in, or null for a request with a key. Without it only keys are known. */
  readonly signedIn?: (req: FastifyRequest) => Promise<object | null>
  readonly guard: RequestGuard
  readonly trustedProxies?: readonly string[]
  /**
   * Removes secrets from a header that is stored, for example in the audit log. Without it, headers are stored as they came.
   */
  readonly scrub?: (field: string, text: string) => string
  /** Answers a browser that opens an address which nobody serves. Returns false to leave it to the API. */
  readonly missingPage?: (req: FastifyRequest, reply: FastifyReply) => boolean
}

/** Makes the application without a socket of its own. `handlerOf` returns the function that a listener calls. */
export async function makeApp(settings: AppSettings): Promise<Api> {
  const { scrub = (_field, text) => text } = settings
  const app = Fastify({
    // The type of pino is wider than the interface that fastify needs.
    loggerInstance: settings.log as unknown as import('fastify').FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (req) => {
      const given = givenRequestId(req.headers['x-request-id'])
      // A request id with a secret is replaced as a whole, because a part of it would identify no request.
      return given !== null && scrub('request_id', given) === given ? given : randomUUID()
    },
    // The listener belongs to the service, which shares it with receivers. Fastify gets single requests.
    serverFactory: (handler) => createServer(handler),
    bodyLimit: BODY_BYTES_MAX,
    trustProxy: (settings.trustedProxies ?? []).length > 0 && [...(settings.trustedProxies ?? [])],
    routerOptions: { maxParamLength: ID_CHARS_MAX },
    frameworkErrors: (error, req, reply) => answerUnroutable(error, req, reply, settings),
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.addHook('onRequest', (req, reply, done) => {
    void reply.headers({ ...PAGE_HEADERS, 'x-request-id': req.id })
    const agent = req.headers['user-agent']
    // Only changes are stored together with their author.
    if (agent !== undefined && req.method !== 'GET')
      req.raw.headers['user-agent'] = scrub('user_agent', agent)
    const refusal = settings.guard.refusalOf(req.raw)
    // Links are made of the Host header, and log lines contain it.
    if (req.headers.host !== undefined && hostNameOf(req.headers.host) === null)
      done(new ApiError(400, 'VALIDATION_ERROR', 'the Host header is no host name'))
    // A NUL character is in no name or id, and Postgres cannot store a text with one.
    else if (refusal === null && /%00/.test(req.url))
      done(new ApiError(400, 'VALIDATION_ERROR', 'a value holds a NUL character'))
    else if (refusal === null) done()
    else done(new ApiError(refusal.status, refusal.code, refusal.message))
  })
  // Neither a browser nor a proxy may keep what belongs to a tenant; static files say themselves how long they hold.
  app.addHook('onSend', (_req, reply, _payload, done) => {
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store')
    done()
  })
  // Fastify would also parse text/plain, which a page of another site may send without a preflight.
  app.removeContentTypeParser('text/plain')
  checkWhatIsSent(app)
  const methodsOf = collectMethods(app)
  app.setErrorHandler(onError)
  const answerMissing = async (req: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    // Clients without the right to read must not learn which routes exist.
    if (req.url.startsWith('/api/')) await requireCredential(req, settings)
    const allowed = methodsOf(req.url.split('?', 1)[0] as string)
    if (allowed.length === 0) {
      if (settings.missingPage?.(req, reply) !== true)
        sendError(reply, req, { status: 404, code: 'NOT_FOUND', message: 'no such route' })
    } else {
      const allow = allowed.join(', ')
      void reply.header('allow', allow)
      const message = `only ${allow} is served here`
      sendError(reply, req, { status: 405, code: 'METHOD_NOT_ALLOWED', message })
    }
    return reply
  }
  // Runs before the body is read, because for a method that is not served the content type does not matter.
  app.addHook('onRequest', async (req, reply) =>
    req.is404 ? await answerMissing(req, reply) : undefined,
  )
  app.setNotFoundHandler(answerMissing)
  await app.register(compress, { global: true, threshold: 1024, encodings: ['gzip', 'br'] })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Observa API',
        // That of the API. The document is public, and the version of the build is not.
        version: '1',
        description: 'Traces, canonical events and signals of LLM applications.',
      },
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description: 'An sk_ key that has the scope of the operation (x-required-scope).',
          },
        },
      },
      security: [{ key: [] }],
    },
    transform: documented,
  })
  return app
}

function checkWhatIsSent(app: Api): void {
  app.addHook('preHandler', async (req) => refuseBackwardRange(req.query))
  // Bytes that are no UTF-8 would be stored as other characters than the client meant.
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (req, body: Buffer, done) => {
    if (isUtf8(body)) void parse(req, body.toString('utf8'), done)
    else done(new ApiError(400, 'VALIDATION_ERROR', 'the body is no UTF-8'), undefined)
  })
}

/** The same for all routes, whatever they do with a range in which nothing can be. */
function refuseBackwardRange(query: unknown): void {
  for (const prefix of ['', 'base_']) {
    const { [`${prefix}from`]: from, [`${prefix}to`]: to } = Object(query)
    if (typeof from === 'number' && typeof to === 'number' && from >= to)
      throw new ApiError(400, 'VALIDATION_ERROR', `${prefix}from is not before ${prefix}to`)
  }
}

/**
 * Answers requests whose path the router refuses before any hook runs, with the headers that hooks would add. The
 * path is not repeated in the response.
 */
function answerUnroutable(
  error: FastifyError,
  req: FastifyRequest,
  reply: FastifyReply,
  { guard, missingPage }: AppSettings,
): void {
  void reply.headers({ ...PAGE_HEADERS, 'x-request-id': req.id })
  const refusal = guard.refusalOf(req.raw)
  if (refusal !== null)
    sendError(reply, req, { status: refusal.status, code: refusal.code, message: refusal.message })
  else if (missingPage?.(req, reply) === true) return
  else if (error.code === 'FST_ERR_MAX_PARAM_LENGTH')
    sendError(reply, req, {
      status: 400,
      code: 'VALIDATION_ERROR',
      message: 'a segment of the path is longer than any id',
    })
  else
    sendError(reply, req, {
      status: 400,
      code: 'VALIDATION_ERROR',
      message: 'the path has a % that encodes nothing',
    })
}

async function requireCredential(
  req: FastifyRequest,
  { auth, signedIn }: AppSettings,
): Promise<void> {
  if (signedIn !== undefined && (await signedIn(req)) !== null) return
  const result = await auth.authenticate(req.headers, req.url, 'query')
  if (!result.ok) throw new ApiError(result.status, result.code, result.message, result)
}

/** The function that a listener calls for every request that no receiver takes. */
export async function handlerOf(app: Api): Promise<HttpHandler> {
  await app.ready()
  return (req, res) => app.routing(req, res)
}

/** An error that is shown to the client. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly retryAfterS: number | null

  constructor(
    status: number,
    code: string,
    message: string,
    { retryAfterS }: { readonly retryAfterS?: number } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.retryAfterS = retryAfterS ?? null
  }
}

/** The status and code for a refused change of the control plane. */
const REFUSALS: Readonly<Record<ControlErrorCode, readonly [status: number, code: string]>> = {
  INVALID: [400, 'VALIDATION_ERROR'],
  FORBIDDEN: [403, 'FORBIDDEN'],
  NOT_FOUND: [404, 'NOT_FOUND'],
  CONFLICT: [409, 'CONFLICT'],
}

/** The answer to a body that fastify refuses before a route sees it. Its own codes would tie clients to the framework. */
function unreadableBody(status: number, message: string): ErrorAnswer {
  if (status === 413)
    return {
      status,
      code: 'PAYLOAD_TOO_LARGE',
      message: `the body has more than ${BODY_BYTES_MAX / 2 ** 20} MiB`,
    }
  if (status === 415)
    return {
      status,
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: 'the body must be JSON: send content-type: application/json',
    }
  return { status, code: 'VALIDATION_ERROR', message }
}

function onError(
  error: FastifyError | ApiError | ControlError,
  req: FastifyRequest,
  reply: FastifyReply,
): void {
  if (error instanceof ControlError) {
    const [status, code] = REFUSALS[error.code]
    sendError(reply, req, { status, code, message: `${error.message} ${error.hint}`.trim() })
    return
  }
  if (error instanceof ApiError) {
    if (error.retryAfterS !== null) void reply.header('retry-after', error.retryAfterS)
    sendError(reply, req, { status: error.status, code: error.code, message: error.message })
    return
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const details = error.validation.map((v) => ({
      field: v.instancePath.replace(/^\//, '').replaceAll('/', '.'),
      message: v.message ?? 'invalid',
    }))
    sendError(reply, req, {
      status: 400,
      code: 'VALIDATION_ERROR',
      message: 'the request is not valid',
      details,
    })
    return
  }
  if (error instanceof CursorError) {
    sendError(reply, req, {
      status: 400,
      code: 'VALIDATION_ERROR',
      message: 'the cursor is none of this list and sort',
    })
    return
  }
  if (isTooExpensive(error)) {
    sendError(reply, req, TOO_EXPENSIVE)
    return
  }
  const collision = collisionOf(error)
  if (collision !== null) {
    if (collision.status === 503) void reply.header('retry-after', RETRY_AFTER_S)
    sendError(reply, req, collision)
    return
  }
  const store = unavailableStore(error)
  if (store !== null) {
    req.log.warn({ store, code: error.code, requestId: req.id }, 'a store did not answer')
    void reply.header('retry-after', RETRY_AFTER_S)
    sendError(reply, req, {
      status: 503,
      code: 'STORE_UNAVAILABLE',
      message: `${store} does not answer at present`,
    })
    return
  }
  const status = error.statusCode ?? 500
  if (status < 500) {
    sendError(reply, req, unreadableBody(status, error.message))
    return
  }
  const { kind, at } = faultOf(error, 'api')
  req.log.error({ kind, at, requestId: req.id }, 'request failed')
  sendError(reply, req, { status: 500, code: 'INTERNAL_ERROR', message: 'internal error' })
}
