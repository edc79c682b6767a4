// The door: one request body, in whatever form and compression, becomes rows of the batch, or a verdict
// that says why not. Never throws for bad input; a refused request leaves the batch as it was.

import type { BatchRequest, SpanBatch } from '../core/batch.ts'
import type { RequestVerdict, TaskRequest } from '../core/task.ts'
import { decompress } from './decompress.ts'
import { indexLegacy } from './legacy/requests.ts'
import type { DecodeLimits } from './limits.ts'
import { indexOtlp } from './otlp/index-request.ts'
import { convertOtlpJson, looksLikeOtlpJson } from './otlp/json-to-protobuf.ts'
import { nothingFound } from './otlp/nothing-found.ts'
import { Refusal } from './refusal.ts'
import { RequestTally } from './request-tally.ts'

export { DEFAULT_LIMITS, type DecodeLimits } from './limits.ts'
export { looksLikeOtlpJson } from './otlp/json-to-protobuf.ts'

/** One item that was refused alone: a 1-based line of NDJSON, else a 0-based index. */
export interface RejectedItem {
  readonly item: number
  readonly reason: string
}

export type DecodeOutcome =
  | {
      readonly kind: 'ok'
      /** Rows added to the batch. */
      readonly items: number
      /** Items refused one by one; also in `BatchRequest.rejected`, with sentences in `reasons`. */
      readonly rejected: number
      /** The first hundred of them. */
      readonly rejectedItems: readonly RejectedItem[]
    }
  | Extract<RequestVerdict, { kind: 'refused' }>

/** Decodes a traces or logs request into `batch` and adds its entry to `batch.requests`. */
export function decodeInto(
  batch: SpanBatch,
  request: TaskRequest,
  limits: DecodeLimits,
): DecodeOutcome {
  const mark = batch.mark()
  const entry: BatchRequest = {
    tenant: request.tenant,
    receivedAtMs: request.receivedAtMs,
    rejected: 0,
    reasons: [],
  }
  batch.requests.push(entry)
  try {
    const tally = new RequestTally(batch, limits, batch.requests.length - 1)
    index(tally, request)
    entry.rejected = tally.rejected
    entry.reasons.push(...tally.reasons())
    return {
      kind: 'ok',
      items: tally.accepted,
      rejected: tally.rejected,
      rejectedItems: tally.rejectedItems,
    }
  } catch (thrown) {
    batch.rewind(mark)
    batch.requests.pop()
    if (thrown instanceof Refusal) return refused(thrown)
    throw thrown
  }
}

function index(tally: RequestTally, request: TaskRequest): void {
  const { format, telemetry } = request
  if (telemetry === 'metrics')
    throw new Refusal('unsupported', 'Metrics do not become spans; they have their own way.')
  const body = decompress(request.payload, request.encoding, tally.limits.decodedBytesMax)
  if (format !== 'otlp-proto' && format !== 'otlp-json') return indexLegacy(tally, format, body)
  // The oldest Observa client posts its object to the same path and with the same type as OTLP/JSON.
  if (format === 'otlp-json' && telemetry === 'traces' && !looksLikeOtlpJson(body))
    return indexLegacy(tally, 'trace-v0', body)
  if (format === 'otlp-proto') indexOtlp(tally, telemetry, body)
  else {
    const { bytes, unknownNames } = convertOtlpJson(body, telemetry, tally.limits)
    tally.unknownFields += unknownNames
    indexOtlp(tally, telemetry, bytes)
  }
  if (tally.ordinal === 0 && tally.unknownFields > 0) tally.warn(nothingFound(telemetry))
}

function refused(refusal: Refusal): Extract<DecodeOutcome, { kind: 'refused' }> {
  const { code, message, field } = refusal
  return field === ''
    ? { kind: 'refused', code, message }
    : { kind: 'refused', code, message, details: [{ field, message }] }
}
