// Handles an OTLP/HTTP request for every receiver that takes OTLP: credential, content type and coding, body,
// pipeline, response. `test/conformance/` tests it against the OTLP specification.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type {
  Authenticator,
  Host,
  HttpHandler,
  Intake,
  IntakeVerdict,
  ReceiverContext,
  Reservation,
} from '../../core/component.ts'
import type { RequestGuard } from '../../core/http/request-guard.ts'
import { DATA_HEADERS } from '../../core/http/security-headers.ts'
import { limitHeaders } from '../../core/quota.ts'
import type { ContentEncoding, TelemetryKind } from '../../core/task.ts'
import { shareKey, type TenantContext } from '../../core/tenant.ts'
import {
  CONTENT_TYPES,
  exportResponse,
  type ResponseEncoding,
  statusResponse,
} from '../../proto/otlp/responses.ts'
import { RETRY_LATER, type RetryLater } from '../intake/refusals.ts'
import { declaredLength, discardBody, forgetShortBody, readBody } from './body.ts'
import { contentEncodingOf } from './content-encoding.ts'
import { type CorsSettings, handleCors } from './cors.ts'
import { ReceiverCounts } from './receiver-counts.ts'

/** Paths at which SDKs of vendors send OTLP, as recorded from these SDKs. */
export const DEFAULT_VENDOR_PATHS = {
  traces: [
    '/api/public/otel/v1/traces',
    '/otel/v1/traces',
    '/v1/otel/v1/traces',
    '/api/otel/v1/traces',
    '/opentelemetry/v1/traces',
    '/otlp/v1/traces',
  ],
  logs: ['/api/public/otel/v1/logs', '/otel/v1/logs', '/otlp/v1/logs'],
  metrics: ['/api/public/otel/v1/metrics', '/otel/v1/metrics', '/otlp/v1/metrics'],
} as const

export interface OtlpHandlerSettings {
  readonly telemetry: TelemetryKind
  readonly cors: CorsSettings
  readonly guard: RequestGuard
}

interface HttpResponse {
  readonly status: number
  readonly body: Uint8Array
  readonly encoding: ResponseEncoding
  readonly headers?: Readonly<Record<string, string>>
}

export function otlpHandler(
  settings: OtlpHandlerSettings,
  host: Host,
  ctx: ReceiverContext,
): HttpHandler {
  const intake = ctx.intake[settings.telemetry]
  const exchange = new OtlpExchange(settings, host, intake, ctx.auth)
  return (req, res) => {
    const refusal = exchange.refusalOf(req)
    if (refusal !== null) {
      void send(req, res, refusal)
      return
    }
    if (handleCors(req, res, settings.cors)) return
    exchange
      .handle(req)
      .then((answer) => {
        if (answer !== null) return send(req, res, answer)
        return undefined
      })
      .catch((thrown: unknown) => {
        host.log.error({ err: thrown }, 'request failed')
        return send(req, res, failure(500, 'internal error', encodingOf(req)))
      })
  }
}

class OtlpExchange {
  readonly #settings: OtlpHandlerSettings
  readonly #host: Host
  readonly #intake: Intake | null
  readonly #auth: Authenticator
  readonly #counts: ReceiverCounts

  constructor(
    settings: OtlpHandlerSettings,
    host: Host,
    intake: Intake | null,
    auth: Authenticator,
  ) {
    this.#settings = settings
    this.#host = host
    this.#intake = intake
    this.#auth = auth
    this.#counts = new ReceiverCounts(host, settings.telemetry, 'http')
  }

  /** The response to a request that the guard refuses, or null. */
  refusalOf(req: IncomingMessage): HttpResponse | null {
    const refusal = this.#settings.guard.refusalOf(req)
    if (refusal === null) return null
    this.#counts.refused(refusal.code)
    return failure(refusal.status, refusal.message, encodingOf(req))
  }

  /** The response, or null when the client has disconnected. */
  async handle(req: IncomingMessage): Promise<HttpResponse | null> {
    const encoding = encodingOf(req)
    if (req.method !== 'POST')
      return { ...failure(405, 'only POST is served here', encoding), headers: { allow: 'POST' } }
    const tenant = await this.#authenticate(req, encoding)
    if ('status' in tenant) return tenant
    const format = formatOf(req)
    if (format === null)
      return failure(
        415,
        'content type must be application/x-protobuf or application/json',
        encoding,
      )
    const coding = contentEncodingOf(req.headers)
    if (coding === null)
      return failure(415, 'content encoding must be gzip, deflate, zstd or identity', encoding)
    if (this.#intake === null)
      return failure(404, `no pipeline takes ${this.#settings.telemetry}`, encoding)
    const wireBytes = declaredLength(req)
    const admission = this.#intake.admit({ key: shareKey(tenant), wireBytes, encoding: coding })
    if (!admission.ok) return this.#later(admission, encoding)
    const { reservation } = admission
    try {
      return await this.#receive(req, this.#intake, tenant, format, coding, encoding, reservation)
    } finally {
      reservation.release()
    }
  }

  async #receive(
    req: IncomingMessage,
    intake: Intake,
    tenant: TenantContext,
    format: 'otlp-proto' | 'otlp-json',
    coding: ContentEncoding,
    encoding: ResponseEncoding,
    reservation: Reservation,
  ): Promise<HttpResponse | null> {
    const body = await readBody(req, intake.bodyBytesMax, reservation)
    if (body.kind === 'aborted') return null
    if (body.kind === 'no_room') return this.#later(RETRY_LATER.bytesInFlight, encoding)
    if (body.kind === 'too_large') {
      this.#counts.refused('too_large')
      return failure(413, 'the request is larger than the limit', encoding)
    }
    const request = {
      payload: body.bytes,
      encoding: coding,
      format,
      telemetry: this.#settings.telemetry,
      tenant,
      receivedAtMs: this.#host.clock.nowMs(),
    }
    const verdict = await intake.accept(request, reservation, () => req.socket.destroyed)
    return this.#answer(verdict, encoding)
  }

  async #authenticate(
    req: IncomingMessage,
    encoding: ResponseEncoding,
  ): Promise<TenantContext | HttpResponse> {
    const result = await this.#auth.authenticate(req.headers, req.url ?? '/', 'ingest')
    if (result.ok) return result.tenant
    this.#counts.refused(result.code)
    const { status, message, retryAfterS } = result
    const headers = retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }
    return { ...failure(status, message, encoding), headers }
  }

  #answer(verdict: IntakeVerdict, encoding: ResponseEncoding): HttpResponse {
    switch (verdict.kind) {
      case 'retry':
        return this.#later(verdict, encoding)
      case 'refused': {
        this.#counts.refused(verdict.code)
        const status = STATUSES[verdict.code]
        return failure(status, verdict.message, encoding, verdict.details)
      }
      case 'accepted': {
        this.#counts.accepted(verdict)
        const { telemetry } = this.#settings
        return {
          status: 200,
          body: exportResponse(encoding, telemetry, verdict.rejected, verdict.reasons),
          encoding,
        }
      }
    }
  }

  #later(v: RetryLater, encoding: ResponseEncoding): HttpResponse {
    this.#counts.refused(String(v.status))
    return {
      ...failure(v.status, v.message, encoding),
      headers: {
        'retry-after': String(v.retryAfterS),
        ...(v.details === undefined ? {} : limitHeaders(v.details, Date.now())),
      },
    }
  }
}

const STATUSES = {
  malformed: 400,
  forbidden: 403,
  too_large: 413,
  unsupported: 415,
  internal: 500,
} as const

function failure(
  status: number,
  message: string,
  encoding: ResponseEncoding,
  details: readonly { readonly field: string; readonly message: string }[] = [],
): HttpResponse {
  return { status, body: statusResponse(encoding, status, message, details), encoding }
}

async function send(
  req: IncomingMessage,
  res: ServerResponse,
  answer: HttpResponse,
): Promise<void> {
  const isForgotten = !req.complete && forgetShortBody(req)
  if (!req.complete && !isForgotten) await discardBody(req)
  if (res.headersSent || res.destroyed) return
  const headers: string[] = []
  for (const [name, value] of Object.entries(answer.headers ?? NO_HEADERS))
    headers.push(name, value)
  headers.push(...FIXED_HEADERS[answer.encoding], 'content-length', String(answer.body.length))
  // The server would take the unread rest of the body for the next request, so the connection ends with this
  // response.
  if (!req.complete && !isForgotten) headers.push('connection', 'close')
  res.writeHead(answer.status, headers)
  // Without a body, as nearly every 200 is, the whole response is one write of one string.
  if (answer.body.length === 0) res.end()
  else res.end(answer.body)
}

const NO_HEADERS: Readonly<Record<string, string>> = {}

/** Names and values in turn: a list that `writeHead` need not take apart. */
const FIXED_HEADERS: Readonly<Record<ResponseEncoding, readonly string[]>> = {
  protobuf: [...Object.entries(DATA_HEADERS).flat(), 'content-type', CONTENT_TYPES.protobuf],
  json: [...Object.entries(DATA_HEADERS).flat(), 'content-type', CONTENT_TYPES.json],
}

/** The content type in lower case, without parameters. */
function essenceOf(req: IncomingMessage): string {
  const header = req.headers['content-type'] ?? ''
  const semicolon = header.indexOf(';')
  return (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase()
}

function formatOf(req: IncomingMessage): 'otlp-proto' | 'otlp-json' | null {
  const essence = essenceOf(req)
  if (essence === 'application/x-protobuf') return 'otlp-proto'
  return essence === 'application/json' ? 'otlp-json' : null
}

/**
 * Errors are sent in the client's own encoding, and as JSON when the client named no known one, because people can
 * read that.
 */
function encodingOf(req: IncomingMessage): ResponseEncoding {
  return essenceOf(req) === 'application/x-protobuf' ? 'protobuf' : 'json'
}
