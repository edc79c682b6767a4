// The operations of the receivers, for the OpenAPI document. An `observa` receiver can serve them at the same address. They
// are implemented in `collector/receivers` and answer in the form that their clients expect.

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
        request_id: { type: 'string' },
        details: {},
      },
    },
  },
} as const

/** google.rpc.Status. */
const STATUS = {
  type: 'object',
  properties: { code: { type: 'integer' }, message: { type: 'string' } },
} as const

type Schema = Readonly<Record<string, unknown>>

const inJson = (description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
})

const REFUSALS: Readonly<Record<string, string>> = {
  400: 'The body cannot be decoded. Sending it again does not help.',
  401: 'No key, or one that is not known, revoked or expired.',
  403: 'The key lacks the scope ingest, or the page is not allowed.',
  404: 'No receiver has this path at this address.',
  405: 'Another method is served here.',
  413: 'The body is larger than may be.',
  415: 'The content type or encoding is not supported.',
  422: 'No item of the body is valid; details name what is wrong with which.',
  429: 'A quota is used up, or too much at once; Retry-After says when to try again.',
  500: 'Something went wrong here.',
  503: 'Too much work or a full queue; Retry-After says when to try again.',
}

const refusals = (schema: Schema) =>
  Object.fromEntries(
    Object.entries(REFUSALS).map(([status, text]) => [status, inJson(text, schema)]),
  )

const LEGACY_EVENT = {
  event_type: 'llm_call',
  trace_id: '0b7e6f0a-6f2b-4d39-9c43-0f4c5a8f3b51',
  span_id: 'c2d1e6a0-9a55-4f0e-8f5b-4b1b2a5d9f10',
  timestamp: '2026-11-29T12:00:00Z',
}

const OTLP_TRACES = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              name: 'chat gpt-4o',
              startTimeUnixNano: '1790000000000000000',
              endTimeUnixNano: '1790000001000000000',
            },
          ],
        },
      ],
    },
  ],
}

const otlp = (telemetry: 'traces' | 'logs' | 'metrics', example: unknown) => ({
  post: {
    operationId: `postV1${telemetry.charAt(0).toUpperCase()}${telemetry.slice(1)}`,
    tags: ['ingest'],
    summary: `OTLP/HTTP ${telemetry}: protobuf or JSON, gzip`,
    servers: [{ url: 'http://127.0.0.1:4318', description: 'The address of the otlp receiver.' }],
    'x-required-scope': 'ingest',
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { type: 'object' }, example },
        'application/x-protobuf': { schema: { type: 'string', format: 'binary' } },
      },
    },
    responses: {
      200: inJson('Durably stored; partial_success has the number of rejected items.', {
        type: 'object',
      }),
      ...refusals(STATUS),
    },
  },
})

const legacy = (operationId: string, summary: string, form: Schema, example: unknown) => ({
  post: {
    operationId,
    tags: ['ingest'],
    summary,
    'x-required-scope': 'ingest',
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: form, example },
        'application/x-ndjson': { schema: { type: 'string' } },
      },
    },
    responses: {
      200: inJson('Durably stored.', { type: 'object' }),
      ...refusals(ERROR),
    },
  },
})

export const INGEST_PATHS = {
  '/api/v1/events/ingest': legacy(
    'postEventsIngest',
    'Events of the old SDK: a JSON array, or NDJSON',
    { type: 'array', items: { type: 'object' } },
    [LEGACY_EVENT],
  ),
  '/api/v1/traces/ingest': legacy(
    'postTracesIngest',
    'The one object of the oldest SDK',
    { type: 'object' },
    { traceId: LEGACY_EVENT.trace_id, model: 'gpt-4o', query: 'hello', response: 'hi' },
  ),
  '/v1/traces': otlp('traces', OTLP_TRACES),
  '/v1/logs': otlp('logs', { resourceLogs: [] }),
  '/v1/metrics': otlp('metrics', { resourceMetrics: [] }),
} as const
