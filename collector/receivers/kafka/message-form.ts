// Determines tenant, format and telemetry kind of a message from the headers that the `kafka` exporter writes, from the configuration, or
// from the first bytes.

import type { PayloadFormat, TelemetryKind } from '../../../core/task.ts'
import type { TenantContext } from '../../../core/tenant.ts'
import { UNREADABLE } from '../../../storage/kafka/bounded-batches.ts'
import type { ReceivedMessage } from '../../../storage/kafka/message.ts'
import type { Config } from './config.ts'

export interface Form {
  readonly tenant: TenantContext
  readonly format: PayloadFormat
  readonly telemetry: TelemetryKind
}

export type FormVerdict =
  | { readonly kind: 'request'; readonly form: Form }
  /** The message contains no telemetry: it is a signal that another instance found, or a tombstone. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }

type Settings = Pick<
  Config,
  'format' | 'telemetry' | 'tenancy' | 'tenant' | 'project' | 'environment'
>

/** The values of the header `record`, in which the exporter names the type of a message. */
const RECORDS: Readonly<Record<string, readonly [PayloadFormat, TelemetryKind]>> = {
  spans: ['otlp-proto', 'traces'],
  logs: ['otlp-proto', 'logs'],
  event: ['events', 'traces'],
}

const TRACE_ID = /^[0-9a-f]{32}$/

/** The longest tenant name in a header. Longer values are invalid. */
const NAME_BYTES_MAX = 256
/** The number of bytes in which the first key of an OTLP JSON request is searched. */
const HEAD_BYTES = 256

export function formOf(message: ReceivedMessage, settings: Settings): FormVerdict {
  const unreadable = textOf(message, UNREADABLE)
  if (unreadable !== null) return { kind: 'refused', reason: 'unreadable', message: unreadable }
  const record = textOf(message, 'record')
  if (record === 'signal' || message.value.length === 0) return { kind: 'ignored' }
  const tenant = settings.tenancy === 'static' ? staticTenant(settings) : tenantOf(message)
  if (tenant === null)
    return {
      kind: 'refused',
      reason: 'no_tenant',
      message: 'the headers tenant and project say whose data it is: one is missing, or is no name',
    }
  const [format, telemetry] = payloadOf(message, record, settings)
  return { kind: 'request', form: { tenant, format, telemetry } }
}

function payloadOf(
  { value }: ReceivedMessage,
  record: string | null,
  { format, telemetry }: Settings,
): readonly [PayloadFormat, TelemetryKind] {
  const declared = record === null ? undefined : RECORDS[record]
  switch (format) {
    case 'otlp_proto':
      return ['otlp-proto', declared?.[1] ?? telemetry]
    case 'otlp_json':
      return ['otlp-json', jsonTelemetry(value) ?? telemetry]
    case 'ndjson':
      return ['ndjson', 'traces']
    case 'event':
      return ['events', 'traces']
    case 'auto':
      return declared ?? detected(value, telemetry)
  }
}

/** Detects the format from the first bytes. Protobuf never starts with `{`, because this byte would be the start of group field 15. */
function detected(
  value: Buffer,
  telemetry: TelemetryKind,
): readonly [PayloadFormat, TelemetryKind] {
  const first = firstVisible(value)
  if (first === '[') return ['json-array', 'traces']
  if (first !== '{') return ['otlp-proto', telemetry]
  const kind = jsonTelemetry(value)
  return kind === null ? ['ndjson', 'traces'] : ['otlp-json', kind]
}

function firstVisible(value: Buffer): string {
  for (const byte of value.subarray(0, HEAD_BYTES))
    if (byte > 0x20) return String.fromCharCode(byte)
  return ''
}

function jsonTelemetry(value: Buffer): TelemetryKind | null {
  const key = /"resource(Spans|Logs|Metrics)"/.exec(value.latin1Slice(0, HEAD_BYTES))?.[1]
  if (key === undefined) return null
  return key === 'Spans' ? 'traces' : key === 'Logs' ? 'logs' : 'metrics'
}

function staticTenant({ tenant, project, environment }: Settings): TenantContext {
  return {
    tenantId: tenant,
    projectId: project,
    environment: environment ?? null,
    keyId: null,
  }
}

/** Control characters in a name are not those of any tenant, and Postgres takes no zero byte. */
const NAME = /^[^\p{Cc}\p{Cs}\uFFFD]+$/u

function tenantOf(message: ReceivedMessage): TenantContext | null {
  const tenantId = textOf(message, 'tenant')
  const projectId = textOf(message, 'project')
  const environment = textOf(message, 'environment')
  const isNamed = [tenantId, projectId, environment].every((n) => n === null || NAME.test(n))
  if (tenantId === null || projectId === null || !isNamed) return null
  return { tenantId, projectId, environment, keyId: null }
}

const VARINT_BYTES_MAX = 10

/**
 * True if the fields of the outermost message end where the bytes end. Only then may other messages follow it in one request: the last
 * field of a message that was cut off would take their bytes for its own, and they would be lost without a word.
 */
export function isWholeProtobuf(bytes: Buffer): boolean {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = bytes[at++]
      if (byte === undefined) return Number.NaN
      value += (byte & 0x7f) * 2 ** (7 * i)
      if (byte < 0x80) return value
    }
    return Number.NaN
  }
  while (at < bytes.length) {
    const type = varint() % 8
    if (type === 0) {
      if (Number.isNaN(varint())) return false
    } else if (type === 1) at += 8
    else if (type === 2) {
      const length = varint()
      at += length
    } else if (type === 5) at += 4
    // Groups are not part of OTLP.
    else return false
    if (!(at <= bytes.length)) return false
  }
  return true
}

/** The trace of a message that the exporter wrote; null for messages without a trace and for those of other producers. */
export function traceKeyOf(message: ReceivedMessage): string | null {
  const record = textOf(message, 'record') ?? ''
  // About canonical events nothing is decided any more.
  const isOurs = Object.hasOwn(RECORDS, record) && record !== 'event'
  const key = message.key.toString('latin1')
  return isOurs && TRACE_ID.test(key) ? key : null
}

/** Returns the text of a header; null if it is missing, empty or too long. */
export function textOf({ headers }: ReceivedMessage, name: string): string | null {
  const bytes = headers.get(name)
  if (bytes === undefined || bytes.length === 0 || bytes.length > NAME_BYTES_MAX) return null
  return bytes.toString()
}
