// The fastify application of the REST API: schema = validation = types = OpenAPI. Errors have one form,
// every answer carries the security headers and a request id. Routes are in `routes/`.

import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import compress from '@fastify/compress'
import swagger from '@fastify/swagger'
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import type { Authenticator, HttpHandler } from '../core/component.ts'

/** Fastify with zod schemas as types. */
export type Api = FastifyInstance<
  import('node:http').Server,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  import('fastify').FastifyBaseLogger,
  ZodTypeProvider
>

const REQUEST_ID = /^[\w.-]{1,64}$/

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
  'strict-transport-security': 'max-age=31536000; includeSubDomains; preload',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'x-xss-protection': '1; mode=block',
  'referrer-policy': 'strict-origin-when-cross-origin',
}

export interface AppSettings {
  readonly log: Logger
  readonly version: string
  readonly auth: Authenticator
}

/** The application without a socket of its own; `handlerOf` gives what a listener calls. */
export async function makeApp(settings: AppSettings): Promise<Api> {
  const app = Fastify({
    // pino's own type is wider than the interface fastify asks for.
    loggerInstance: settings.log as unknown as import('fastify').FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (req) => {
      const given = req.headers['x-request-id']
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
    },
    // The listener is ours, shared with receivers: fastify only handles what it is handed.
    serverFactory: (handler) => createServer(handler),
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 200 },
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.addHook('onRequest', (req, reply, done) => {
    void reply.headers({ ...SECURITY_HEADERS, 'x-request-id': req.id })
    done()
  })
  app.setErrorHandler(onError)
  app.setNotFoundHandler(async (req, reply) => {
    // Who may not read learns nothing about which routes there are.
    if (req.url.startsWith('/api/')) await requireKey(req, settings.auth)
    sendError(reply, req, 404, 'NOT_FOUND', 'no such route')
    return reply
  })
  await app.register(compress, { global: true, threshold: 1024, encodings: ['gzip', 'br'] })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Observa API',
        version: settings.version,
        description: 'Traces, canonical events and issues of LLM applications.',
      },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An sk_ key with scope query.' },
        },
      },
      security: [{ key: [] }],
    },
    transform: jsonSchemaTransform,
  })
  return app
}

async function requireKey(req: FastifyRequest, auth: Authenticator): Promise<void> {
  const result = await auth.authenticate(req.headers, req.url, 'query')
  if (!result.ok) throw new ApiError(result.status, result.code, result.message)
}

/** What a listener calls for every request that no receiver takes. */
export async function handlerOf(app: Api): Promise<HttpHandler> {
  await app.ready()
  return (req, res) => app.routing(req, res)
}

/** An error a route means to show. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

function onError(error: FastifyError | ApiError, req: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof ApiError) {
    sendError(reply, req, error.status, error.code, error.message)
    return
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const details = error.validation.map((v) => ({
      field: v.instancePath.replace(/^\//, '').replaceAll('/', '.'),
      message: v.message ?? 'invalid',
    }))
    sendError(reply, req, 400, 'VALIDATION_ERROR', 'the request is not valid', details)
    return
  }
  const status = error.statusCode ?? 500
  if (status < 500) {
    sendError(reply, req, status, error.code, error.message)
    return
  }
  req.log.error({ err: error, requestId: req.id }, 'request failed')
  sendError(reply, req, 500, 'INTERNAL_ERROR', 'internal error')
}

function sendError(
  reply: FastifyReply,
  req: FastifyRequest,
  status: number,
  code: string,
  message: string,
  details?: unknown,
): void {
  const body = { code, message, request_id: req.id, ...(details === undefined ? {} : { details }) }
  void reply
    .status(status)
    .type('application/json')
    .serializer(JSON.stringify)
    .send({ error: body })
}
