// Decodes one request body, whatever its form and compression, into rows of the batch, or returns a verdict with the
// reason why not. Bad input never throws. A refused request leaves the batch as it was.

import type { BatchRequest, SpanBatch } from '../core/batch.ts'
import type { RequestVerdict, TaskRequest } from '../core/task.ts'
import { indexCanonical } from './canonical-events.ts'
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

/** One item that was refused by itself: a line of NDJSON, counted from 1, else an index from 0. */
export interface RejectedItem {
  readonly item: number
  readonly reason: string
}

export type DecodeOutcome =
  | {
      readonly kind: 'ok'
      /** How many rows were added to the batch. */
      readonly items: number
      /**
       * How many items were refused one by one. The number is in `BatchRequest.rejected` too, and the sentences in
       * `reasons`.
       */
      readonly rejected: number
      /** The first hundred refused items. */
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
    tally.readsNotes = request.isFromEdge === true
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
  if (format === 'events') return indexCanonical(tally, body)
  if (format !== 'otlp-proto' && format !== 'otlp-json') return indexLegacy(tally, format, body)
  // The oldest Observa client posts its object to the same path and with the same content type as OTLP/JSON.
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
