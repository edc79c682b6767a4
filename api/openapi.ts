// Adds to every operation of the OpenAPI document an id, the scope that it needs, and the errors that every route of
// its kind can return. They are added here, so that no route can omit them.

import type { RouteOptions } from 'fastify'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { INGEST_PATHS } from './ingest-operations.ts'
import type { Api } from './typed-fastify.ts'

type Transform = typeof jsonSchemaTransform

const ERROR = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'request_id'],
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        request_id: { type: 'string', description: 'The same as in the header x-request-id.' },
        details: { description: 'What is wrong with which field.' },
      },
    },
  },
} as const

const answer = (description: string, code: string) => ({
  description,
  content: {
    'application/json': {
      schema: ERROR,
      example: { error: { code, message: description, request_id: '9f1c7e0a' } },
    },
    'application/problem+json': { schema: PROBLEM },
  },
})

/** The same error in the form of RFC 9457, for clients that accept it. */
const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    request_id: { type: 'string' },
    details: { description: 'What is wrong with which field.' },
  },
} as const

const ANYWHERE = {
  400: answer('The request is not valid; details name the fields.', 'VALIDATION_ERROR'),
  500: answer('Something went wrong here; the request id finds it in the log.', 'INTERNAL_ERROR'),
}
const WITH_CREDENTIAL = {
  401: answer('No key, or one that is not known, revoked or expired.', 'UNAUTHORIZED'),
  403: answer('The key lacks the scope, or the host or page is not allowed.', 'FORBIDDEN'),
  503: answer(
    'A store does not answer or is not configured; Retry-After says when to try again.',
    'STORE_UNAVAILABLE',
  ),
}
const OF_QUERIES = {
  422: answer(
    'The question needs more rows, memory or time than one may take; a narrower one helps.',
    'QUERY_TOO_EXPENSIVE',
  ),
}
const WITH_ID = { 404: answer('There is none with this id that you may see.', 'NOT_FOUND') }
const WITH_BODY = {
  409: answer('It contradicts what is there.', 'CONFLICT'),
  413: answer('The body is too large.', 'PAYLOAD_TOO_LARGE'),
  415: answer('The body is not declared as JSON.', 'UNSUPPORTED_MEDIA_TYPE'),
}

const OF_IDEMPOTENT = {
  422: answer(
    'The Idempotency-Key was used for another request: take a new one.',
    'IDEMPOTENCY_KEY_REUSED',
  ),
}

const OF_ACCOUNTS = {
  ...WITH_CREDENTIAL,
  429: answer(
    'Too many requests or wrong passwords; Retry-After says when to try again.',
    'RATE_LIMIT_EXCEEDED',
  ),
}

export const FORMATS = ['json', 'csv', 'ndjson'] as const

/** The parameters of every list (`lists.ts`). */
const LIST_PARAMETERS = {
  fields: {
    type: 'string',
    description: 'Only these fields of a row, separated by commas.',
  },
  format: {
    type: 'string',
    enum: [...FORMATS],
    default: 'json',
    description:
      'csv and ndjson are streamed: with `limit` one page, whose next cursor is in the header x-next-cursor, without it all rows.',
  },
} as const

/** A transform for the swagger plugin: the schema of a route as the document shows it. */
export const documented: Transform = (input) => {
  const result = jsonSchemaTransform(input)
  // The plugin passes the whole route, which the type of the transform does not declare.
  const route = 'route' in input ? (input.route as RouteOptions) : null
  if (route === null || result.schema['hide'] === true) return result
  const scope = route.config?.scope ?? 'public'
  const method = String(route.method)
  const responses = {
    ...ANYWHERE,
    ...(scope === 'public' ? {} : WITH_CREDENTIAL),
    ...(scope === 'query' && method === 'GET' ? OF_QUERIES : {}),
    ...(input.schema?.tags?.includes('account') === true ? OF_ACCOUNTS : {}),
    ...(input.url.includes(':') ? WITH_ID : {}),
    ...(method === 'GET' ? {} : WITH_BODY),
    ...(route.config?.idempotent === true ? OF_IDEMPOTENT : {}),
    ...(result.schema['response'] as object | undefined),
  }
  const isList = route.config?.rowFields !== undefined
  const schema = {
    operationId: operationIdOf(method, input.url),
    ...(route.config?.going === undefined ? {} : { deprecated: true }),
    ...result.schema,
    ...(route.config?.idempotent === true
      ? { headers: withIdempotencyKey(result.schema['headers']) }
      : {}),
    ...(isList ? { querystring: withListParameters(result.schema['querystring']) } : {}),
    response: isList ? withExports(responses) : responses,
    ...(scope === 'public' ? {} : { 'x-required-scope': scope }),
  }
  return { ...result, schema } as ReturnType<Transform>
}

const IDEMPOTENCY_KEY = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  pattern: '^[!-~]+$',
  description:
    'A repetition with the same key within a day gets the first answer and makes nothing.',
  examples: ['0b7e6f0a-6f2b-4d39-9c43-0f4c5a8f3b51'],
} as const

function withIdempotencyKey(headers: unknown): object {
  const { properties } = Object(headers) as { properties?: object }
  return { type: 'object', properties: { ...properties, 'idempotency-key': IDEMPOTENCY_KEY } }
}

/** The document as it is served, with the operations of receivers at the same address. */
export function documentOf(app: Api): object {
  const own = app.swagger()
  return { ...own, paths: { ...own.paths, ...INGEST_PATHS } }
}

interface ObjectSchema {
  readonly properties?: object
}

const withListParameters = (querystring: unknown): object => {
  const own = (querystring ?? { type: 'object' }) as ObjectSchema
  return { ...own, properties: { ...own.properties, ...LIST_PARAMETERS } }
}

function withExports(responses: Readonly<Record<number, unknown>>): object {
  const text = { schema: { type: 'string' } }
  const content = {
    'application/json': { schema: responses[200] },
    'text/csv': text,
    'application/x-ndjson': text,
  }
  return { ...responses, 200: { description: 'A page, or all rows.', content } }
}

/** Makes `getTracesById` of `GET /api/v1/traces/:id`. */
export function operationIdOf(method: string, url: string): string {
  const words = url
    .replace(/^\/api\/v1/, '')
    .split(/[/_.-]/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith(':') ? `by-${part.slice(1)}` : part))
  const title = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
  const name = words.flatMap((word) => word.split('-')).map(title)
  return `${method.toLowerCase()}${name.join('')}`
}
