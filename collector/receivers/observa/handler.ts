// Handles a request of a legacy client. The order of checks is that of the old server: 401, 403, 413, 429, 400, 422;
// response bodies are `{error: {code, message, request_id, details}}`. A bad event is refused alone, while the old
// server refused the batch.

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type {
  Host,
  HttpHandler,
  Intake,
  IntakeVerdict,
  ReceiverContext,
  Reservation,
} from '../../../core/component.ts'
import type { RequestGuard } from '../../../core/http/request-guard.ts'
import { DATA_HEADERS, givenRequestId } from '../../../core/http/security-headers.ts'
import { limitHeaders } from '../../../core/quota.ts'
import type { ContentEncoding, PayloadFormat, RequestVerdict } from '../../../core/task.ts'
import { shareKey, type TenantContext } from '../../../core/tenant.ts'
import { declaredLength, discardBody, forgetShortBody, readBody } from '../../http/body.ts'
import { contentEncodingOf } from '../../http/content-encoding.ts'
import { type CorsSettings, handleCors } from '../../http/cors.ts'
import { ReceiverCounts } from '../../http/receiver-counts.ts'
import { RETRY_LATER, type RetryLater } from '../../intake/refusals.ts'

interface HttpResponse {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>> & { readonly error?: ErrorBody }
  readonly headers?: Readonly<Record<string, string>>
}

interface ErrorBody {
  readonly code: string
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

export interface ObservaHandlerSettings {
  /** True for the v0 endpoint, which takes one camelCase object. */
  readonly v0: boolean
  readonly cors: CorsSettings
  readonly guard: RequestGuard
}

const REJECTED_SHOWN_MAX = 100

export function observaHandler(
  settings: ObservaHandlerSettings,
  host: Host,
  ctx: ReceiverContext,
): HttpHandler {
  const exchange = new ObservaExchange(settings, host, ctx)
  return (req, res) => {
    const refusal = exchange.refusalOf(req)
    if (refusal !== null) {
      void send(req, res, refusal)
      return
    }
    if (handleCors(req, res, settings.cors)) return
    exchange
      .handle(req)
      .then((answer) => (answer === null ? undefined : send(req, res, answer)))
      .catch((thrown: unknown) => {
        host.log.error({ err: thrown }, 'request failed')
        return send(req, res, failure(500, 'INTERNAL_ERROR', 'internal error'))
      })
  }
}

class ObservaExchange {
  readonly #settings: ObservaHandlerSettings
  readonly #host: Host
  readonly #ctx: ReceiverContext
  readonly #counts: ReceiverCounts

  constructor(settings: ObservaHandlerSettings, host: Host, ctx: ReceiverContext) {
    this.#settings = settings
    this.#host = host
    this.#ctx = ctx
    this.#counts = new ReceiverCounts(host, 'traces', 'http')
  }

  /** The response to a request that the guard refuses, or null. */
  refusalOf(req: IncomingMessage): HttpResponse | null {
    const refusal = this.#settings.guard.refusalOf(req)
    if (refusal === null) return null
    this.#counts.refused(refusal.code)
    return failure(refusal.status, refusal.code, refusal.message)
  }

  async handle(req: IncomingMessage): Promise<HttpResponse | null> {
    if (req.method !== 'POST')
      return {
        ...failure(405, 'METHOD_NOT_ALLOWED', 'only POST is served here'),
        headers: { allow: 'POST' },
      }
    const auth = await this.#ctx.auth.authenticate(req.headers, req.url ?? '/', 'ingest')
    if (!auth.ok) {
      this.#counts.refused(auth.code)
      const headers =
        auth.retryAfterS === undefined ? {} : { 'retry-after': String(auth.retryAfterS) }
      return { ...failure(auth.status, auth.code, auth.message), headers }
    }
    const intake = this.#ctx.intake.traces
    if (intake === null) return failure(404, 'NOT_FOUND', 'no pipeline takes traces')
    const coding = contentEncodingOf(req.headers)
    if (coding === null)
      return failure(
        415,
        'UNSUPPORTED_ENCODING',
        'content encoding must be gzip, deflate, zstd or identity',
      )
    const wireBytes = declaredLength(req)
    const admission = intake.admit({ key: shareKey(auth.tenant), wireBytes, encoding: coding })
    if (!admission.ok) return later(admission)
    try {
      return await this.#receive(req, intake, auth.tenant, coding, admission.reservation)
    } finally {
      admission.reservation.release()
    }
  }

  async #receive(
    req: IncomingMessage,
    intake: Intake,
    tenant: TenantContext,
    encoding: ContentEncoding,
    reservation: Reservation,
  ): Promise<HttpResponse | null> {
    const body = await readBody(req, intake.bodyBytesMax, reservation)
    if (body.kind === 'aborted') return null
    if (body.kind === 'no_room') return later(RETRY_LATER.bytesInFlight)
    if (body.kind === 'too_large') {
      this.#counts.refused('too_large')
      const details = { limit_type: 'batch', max_size: intake.bodyBytesMax }
      return failure(413, 'PAYLOAD_TOO_LARGE', 'the request is larger than the limit', details)
    }
    const request = {
      payload: body.bytes,
      encoding,
      format: this.#format(req),
      telemetry: 'traces' as const,
      tenant,
      receivedAtMs: this.#host.clock.nowMs(),
    }
    const verdict = await intake.accept(request, reservation, () => req.socket.destroyed)
    return this.#answer(verdict)
  }

  /**
   * The format by the content type. An array that is sent as NDJSON is accepted as well, because the decoder looks at
   * the first byte.
   */
  #format(req: IncomingMessage): PayloadFormat {
    if (this.#settings.v0) return 'trace-v0'
    const type = (req.headers['content-type'] ?? '').toLowerCase()
    return type.includes('application/json') ? 'json-array' : 'ndjson'
  }

  #answer(verdict: IntakeVerdict): HttpResponse {
    switch (verdict.kind) {
      case 'retry':
        return later(verdict)
      case 'refused':
        this.#counts.refused(verdict.code)
        return refusal(verdict)
      case 'accepted':
        this.#counts.accepted(verdict)
        return accepted(verdict)
    }
  }
}

function accepted(verdict: RequestVerdict & { kind: 'accepted' }): HttpResponse {
  const count = verdict.accepted + verdict.dropped
  if (verdict.rejected === 0 && count > 0)
    return {
      status: 200,
      body: { success: true, event_count: count, message: 'Events ingested successfully' },
    }
  const errors = verdict.rejectedItems
    .slice(0, REJECTED_SHOWN_MAX)
    .map((r) => ({ field: `line_${r.item}`, message: r.reason }))
  if (count === 0 && verdict.rejected === 0)
    return failure(400, 'INVALID_PAYLOAD', 'the batch holds no event')
  if (count === 0)
    return failure(422, 'VALIDATION_ERROR', 'no event of the batch is valid', {
      validation_errors: errors,
    })
  return {
    status: 207,
    body: {
      success: true,
      event_count: count,
      rejected_count: verdict.rejected,
      message: `${count} events ingested, ${verdict.rejected} rejected`,
      rejected: errors,
    },
  }
}

function refusal(verdict: RequestVerdict & { kind: 'refused' }): HttpResponse {
  const details = verdict.details === undefined ? undefined : { validation_errors: verdict.details }
  switch (verdict.code) {
    case 'too_large':
      return failure(413, 'PAYLOAD_TOO_LARGE', verdict.message, { limit_type: 'batch' })
    case 'unsupported':
      return failure(415, 'UNSUPPORTED', verdict.message, details)
    case 'forbidden':
      return failure(403, 'FORBIDDEN', verdict.message, {
        event_index: Number(verdict.details?.[0]?.field ?? 0),
      })
    case 'internal':
      return failure(500, 'INTERNAL_ERROR', verdict.message)
    case 'malformed':
      return failure(400, 'INVALID_PAYLOAD', verdict.message, details)
  }
}

function later(v: RetryLater): HttpResponse {
  const code = v.status === 429 ? 'RATE_LIMIT_EXCEEDED' : 'SERVICE_UNAVAILABLE'
  return {
    ...failure(v.status, code, v.message, v.details === undefined ? undefined : { ...v.details }),
    headers: {
      'retry-after': String(v.retryAfterS),
      ...(v.details === undefined ? {} : limitHeaders(v.details, Date.now())),
    },
  }
}

function failure(
  status: number,
  code: string,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): HttpResponse {
  return {
    status,
    body: { error: { code, message, ...(details === undefined ? {} : { details }) } },
  }
}

async function send(
  req: IncomingMessage,
  res: ServerResponse,
  answer: HttpResponse,
): Promise<void> {
  const isForgotten = !req.complete && forgetShortBody(req)
  if (!req.complete && !isForgotten) await discardBody(req)
  if (res.headersSent || res.destroyed) return
  const { error } = answer.body
  const requestId =
    error === undefined ? null : (givenRequestId(req.headers['x-request-id']) ?? randomUUID())
  const shown = requestId === null ? answer.body : { error: { ...error, request_id: requestId } }
  const body = Buffer.from(JSON.stringify(shown))
  const headers: OutgoingHttpHeaders = {
    ...DATA_HEADERS,
    ...(requestId === null ? {} : { 'x-request-id': requestId }),
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    ...answer.headers,
  }
  if (!req.complete && !isForgotten) headers['connection'] = 'close'
  res.writeHead(answer.status, headers)
  res.end(body)
}
