// Handles an Export call of OTLP/gRPC: credential, content coding, admission, message, pipeline, status. It does for
// gRPC what `http/otlp-handler.ts` does for HTTP, with the responses that the OTLP specification defines for gRPC.

import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type {
  GrpcCall,
  GrpcHandler,
  Host,
  Intake,
  IntakeVerdict,
  ReceiverContext,
  Reservation,
} from '../../core/component.ts'
import type { GuardedRequest, RequestGuard } from '../../core/http/request-guard.ts'
import type { ContentEncoding, PayloadFormat, TelemetryKind } from '../../core/task.ts'
import { shareKey, type TenantContext } from '../../core/tenant.ts'
import { exportResponse } from '../../proto/otlp/responses.ts'
import { sharedBodies } from '../http/body.ts'
import { ReceiverCounts } from '../http/receiver-counts.ts'
import type { RetryLater } from '../intake/refusals.ts'
import { type MessageAllocator, readMessage } from './message.ts'
import { sendFailure, sendMessage } from './response.ts'
import { codeOfHttp, GRPC, type GrpcFailure } from './status.ts'

const FORMAT: PayloadFormat = 'otlp-proto'

/** The gRPC method of each telemetry kind. */
export const EXPORT_METHODS: Readonly<Record<TelemetryKind, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
}

export interface OtlpExportSettings {
  readonly telemetry: TelemetryKind
  readonly guard: RequestGuard
}

export function otlpExport(
  settings: OtlpExportSettings,
  host: Host,
  ctx: ReceiverContext,
): GrpcHandler {
  const service = new ExportMethod(settings, host, ctx)
  return (call) => {
    service.handle(call).catch((thrown: unknown) => {
      host.log.error({ err: thrown }, 'call failed')
      sendFailure(call.stream, { code: GRPC.INTERNAL, message: 'internal error' })
    })
  }
}

class ExportMethod {
  readonly #settings: OtlpExportSettings
  readonly #host: Host
  readonly #ctx: ReceiverContext
  readonly #counts: ReceiverCounts

  constructor(settings: OtlpExportSettings, host: Host, ctx: ReceiverContext) {
    this.#settings = settings
    this.#host = host
    this.#ctx = ctx
    this.#counts = new ReceiverCounts(host, settings.telemetry, 'grpc')
  }

  async handle(call: GrpcCall): Promise<void> {
    const { stream, headers } = call
    const tenant = await this.#tenantOf(stream, headers)
    if ('code' in tenant) return sendFailure(stream, tenant)
    const coding = codingOf(headers)
    if (coding === null) return sendFailure(stream, UNKNOWN_CODING)
    if (/^application\/grpc\+json\b/i.test(headers['content-type'] ?? ''))
      return sendFailure(stream, JSON_FORMAT)
    const { telemetry } = this.#settings
    const intake = this.#ctx.intake[telemetry]
    if (intake === null)
      return sendFailure(stream, {
        code: GRPC.UNIMPLEMENTED,
        message: `no pipeline takes ${telemetry}`,
      })
    const room = new MessageRoom(intake, tenant, coding)
    try {
      await this.#receive(call, intake, tenant, room)
    } finally {
      room.reservation?.release()
    }
  }

  async #receive(
    { stream, requestTimeoutMs }: GrpcCall,
    intake: Intake,
    tenant: TenantContext,
    room: MessageRoom,
  ): Promise<void> {
    const read = await readMessage(stream, room, requestTimeoutMs)
    if (read.kind === 'aborted') return
    if (read.kind === 'failed') {
      this.#counts.refused(room.refusedFor)
      return sendFailure(stream, read.failure)
    }
    const request = {
      payload: read.bytes,
      encoding: room.encoding,
      format: FORMAT,
      telemetry: this.#settings.telemetry,
      tenant,
      receivedAtMs: this.#host.clock.nowMs(),
    }
    const { reservation } = room
    // Without a reservation no message could have been read.
    if (reservation === null) throw new Error('a message without room')
    const verdict = await intake.accept(request, reservation, () => stream.destroyed)
    this.#answer(stream, verdict)
  }

  /** The tenant that the data belongs to, or the reason why the call is refused. */
  async #tenantOf(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): Promise<TenantContext | GrpcFailure> {
    const refusal = this.#settings.guard.refusalOf(asRequest(stream, headers))
    if (refusal !== null) {
      this.#counts.refused(refusal.code)
      return { code: codeOfHttp(refusal.status), message: refusal.message }
    }
    const result = await this.#ctx.auth.authenticate(headers, headers[':path'] ?? '/', 'ingest')
    if (result.ok) return result.tenant
    this.#counts.refused(result.code)
    const { status, message, retryAfterS = 1 } = result
    const isLater = status === 429 || status === 503
    return { code: codeOfHttp(status), message, ...(isLater ? { retryAfterS } : {}) }
  }

  #answer(stream: ServerHttp2Stream, verdict: IntakeVerdict): void {
    switch (verdict.kind) {
      case 'retry':
        this.#counts.refused(String(verdict.status))
        return sendFailure(stream, later(verdict))
      case 'refused': {
        this.#counts.refused(verdict.code)
        const { code, message, details } = verdict
        const violations = details === undefined ? {} : { violations: details }
        return sendFailure(stream, { code: CODES[code], message, ...violations })
      }
      case 'accepted': {
        this.#counts.accepted(verdict)
        const { telemetry } = this.#settings
        const { rejected, reasons } = verdict
        return sendMessage(stream, exportResponse('protobuf', telemetry, rejected, reasons))
      }
    }
  }
}

/** Reserves memory when the length of the message is known. */
class MessageRoom implements MessageAllocator {
  reservation: Reservation | null = null
  /** The reason under which a refusal is counted. */
  refusedFor = 'malformed'
  /** The coding of this message. A client may send a message uncompressed although the call names a coding. */
  encoding: ContentEncoding = 'identity'
  readonly #intake: Intake
  readonly #key: string
  readonly #coding: ContentEncoding

  constructor(intake: Intake, tenant: TenantContext, coding: ContentEncoding) {
    this.#intake = intake
    this.#key = shareKey(tenant)
    this.#coding = coding
  }

  readonly allocate = (size: number, isCompressed: boolean): Uint8Array | GrpcFailure => {
    if (isCompressed && this.#coding === 'identity') return NO_CODING
    if (size > this.#intake.bodyBytesMax) {
      this.refusedFor = 'too_large'
      return TOO_LARGE
    }
    if (isCompressed) this.encoding = this.#coding
    const { encoding } = this
    const admission = this.#intake.admit({ key: this.#key, wireBytes: size, encoding })
    if (!admission.ok) {
      this.refusedFor = String(admission.status)
      return later(admission)
    }
    this.reservation = admission.reservation
    return sharedBodies.allocate(size)
  }

  readonly release = (bytes: Uint8Array): void => sharedBodies.release(bytes)
}

const CODES = {
  malformed: GRPC.INVALID_ARGUMENT,
  unsupported: GRPC.INVALID_ARGUMENT,
  forbidden: GRPC.PERMISSION_DENIED,
  // Without RetryInfo clients must not retry, which is right here: the message will not get smaller.
  too_large: GRPC.RESOURCE_EXHAUSTED,
  internal: GRPC.INTERNAL,
} as const

const TOO_LARGE: GrpcFailure = {
  code: GRPC.RESOURCE_EXHAUSTED,
  message: 'the message is larger than the limit',
}
const NO_CODING: GrpcFailure = {
  code: GRPC.INTERNAL,
  message: 'the message is compressed, but grpc-encoding does not say how',
}
const UNKNOWN_CODING: GrpcFailure = {
  code: GRPC.UNIMPLEMENTED,
  message: 'grpc-encoding must be gzip, deflate, zstd or identity',
}
const JSON_FORMAT: GrpcFailure = {
  code: GRPC.UNIMPLEMENTED,
  message: 'messages must be protobuf; JSON is taken over OTLP/HTTP',
}

function later({ status, retryAfterS, message }: RetryLater): GrpcFailure {
  return { code: codeOfHttp(status), message, retryAfterS }
}

function codingOf(headers: IncomingHttpHeaders): ContentEncoding | null {
  const name = headers['grpc-encoding'] ?? 'identity'
  return name === 'identity' || name === 'gzip' || name === 'deflate' || name === 'zstd'
    ? name
    : null
}

/** The call in the form of an HTTP request, for the guard. */
function asRequest(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): GuardedRequest {
  const host = headers[':authority'] ?? headers.host
  const named = host === undefined ? headers : { ...headers, host }
  const socket = stream.session?.socket ?? {}
  return { headers: named, method: 'POST', rawHeaders: [], url: headers[':path'] ?? '/', socket }
}
