// What is reported to Sentry, as items of its protocol: an error with the places in the code, and the duration of a request. An item
// has no content of telemetry, no header, no key and no address: it is built only of what is named here, each text passes the
// detectors of `scrub`, and of a log line's fields only what looks like an identifier is taken.

import { randomBytes } from 'node:crypto'
import { faultOf } from '../../core/fault.ts'
import type { AnsweredRequest } from '../../core/operations.ts'

/** Categories of Sentry's rate limits; also the types of the items. */
export type SentryCategory = 'error' | 'transaction'

export interface SentryItem {
  readonly category: SentryCategory
  /** 32 hex digits. */
  readonly eventId: string
  readonly payload: string
}

/** Who reports. */
export interface SentryOrigin {
  readonly release: string
  readonly environment: string
  /** Name of the machine. */
  readonly serverName: string
  readonly scrub: (field: string, text: string) => string
}

/** A line of the log of severity error (50) or fatal (60), as it is given to the logger. */
export interface LoggedError {
  readonly level: number
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

const MESSAGE_CHARS_MAX = 500
const FIELDS_MAX = 20
const FATAL = 60

/**
 * Ids, names and numbers, but no sentence, no query string and no header: these have spaces or other signs. The log has none of
 * them either; this is for the line that somebody adds.
 */
const IDENTIFIER = /^[\w.:/-]{1,128}$/
/** Fields that have a place of their own in the item, and those that the log masks too. */
const NOT_EXTRA =
  /^(err|kind|at|origin|code|component|requestId)$|url|password|authorization|key|token|dsn/i

export function errorItem(line: LoggedError, origin: SentryOrigin, nowMs: number): SentryItem {
  const { level, fields } = line
  const text = (field: string, value: string): string =>
    origin.scrub(field, value.replace(/\?\S*/g, '')).slice(0, MESSAGE_CHARS_MAX)
  const { kind, at } = causeOf(fields)
  const tags: Record<string, string> = {}
  for (const [tag, field] of TAGS) {
    const value = identifierOf(fields[field])
    if (value !== null) tags[tag] = text(field, value)
  }
  const message = text('message', line.message)
  return item('error', {
    ...about(origin, nowMs),
    level: level >= FATAL ? 'fatal' : 'error',
    logger: tags['component'] ?? 'observa',
    tags,
    extra: extraOf(fields, text),
    ...(kind === null
      ? { message: { formatted: message } }
      : {
          exception: {
            values: [
              {
                type: text('kind', kind),
                value: message,
                mechanism: { type: 'log', handled: level < FATAL },
                stacktrace: { frames: at.map(frameOf).toReversed() },
              },
            ],
          },
        }),
  })
}

const TAGS = [
  ['code', 'code'],
  ['component', 'component'],
  ['origin', 'origin'],
  ['request_id', 'requestId'],
] as const

/** The kind of an error and the places in the code; null for a line that no error caused. */
export function causeOf(fields: LoggedError['fields']): {
  kind: string | null
  at: readonly string[]
} {
  const { err, kind, at } = fields
  if (err !== undefined) return faultOf(err, '')
  if (typeof kind !== 'string') return { kind: null, at: [] }
  const places = Array.isArray(at) ? at.filter((place) => typeof place === 'string') : []
  return { kind, at: places }
}

function identifierOf(value: unknown): string | null {
  return typeof value === 'string' && IDENTIFIER.test(value) ? value : null
}

function extraOf(
  fields: LoggedError['fields'],
  text: (field: string, value: string) => string,
): Record<string, string | number | boolean> {
  const out: Record<string, string | number | boolean> = {}
  for (const [field, value] of Object.entries(fields).slice(0, FIELDS_MAX)) {
    if (NOT_EXTRA.test(field)) continue
    if (typeof value === 'number' || typeof value === 'boolean') out[field] = value
    const name = identifierOf(value)
    if (name !== null) out[field] = text(field, name)
  }
  return out
}

/** `collector/main.ts:12:3` as a frame; code of the runtime and of packages is not ours. */
function frameOf(place: string): Record<string, unknown> {
  const [, filename = place, line, column] = /^(.*?):(\d+):(\d+)$/.exec(place) ?? []
  return {
    filename,
    in_app: !/^node:|node_modules/.test(place),
    ...(line === undefined ? {} : { lineno: Number(line), colno: Number(column) }),
  }
}

/** A request that was answered. Its name is the pattern of its route, so no id and no query is in it. */
export function transactionItem(
  { method, route, status, durationMs, requestId }: AnsweredRequest,
  origin: SentryOrigin,
  nowMs: number,
): SentryItem {
  return item('transaction', {
    ...about(origin, nowMs),
    type: 'transaction',
    transaction: `${method} ${route}`,
    transaction_info: { source: 'route' },
    start_timestamp: (nowMs - durationMs) / 1000,
    contexts: {
      trace: {
        trace_id: randomBytes(16).toString('hex'),
        span_id: randomBytes(8).toString('hex'),
        op: 'http.server',
        status: STATUS_WORDS[status] ?? (status < 400 ? 'ok' : 'unknown_error'),
      },
    },
    tags: {
      request_id: origin.scrub('request_id', requestId),
      'http.response.status_code': String(status),
    },
    request: { method },
    spans: [],
  })
}

/** Sentry's words for the outcome of a transaction. */
const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  409: 'already_exists',
  429: 'resource_exhausted',
  499: 'cancelled',
  500: 'internal_error',
  501: 'unimplemented',
  503: 'unavailable',
  504: 'deadline_exceeded',
}

function about(origin: SentryOrigin, nowMs: number): Record<string, unknown> {
  const { release, environment, serverName } = origin
  return {
    timestamp: nowMs / 1000,
    platform: 'node',
    release,
    environment,
    server_name: serverName,
  }
}

function item(category: SentryCategory, event: Record<string, unknown>): SentryItem {
  const eventId = randomBytes(16).toString('hex')
  return { category, eventId, payload: JSON.stringify({ event_id: eventId, ...event }) }
}

/** An envelope with one item: a line of JSON about the whole, one about the item, the item. */
export function envelopeOf({ category, eventId, payload }: SentryItem, sentAt: string): Buffer {
  const type = category === 'error' ? 'event' : 'transaction'
  const length = Buffer.byteLength(payload)
  const header = JSON.stringify({ event_id: eventId, sent_at: sentAt })
  const itemHeader = JSON.stringify({ type, content_type: 'application/json', length })
  return Buffer.from(`${header}\n${itemHeader}\n${payload}\n`)
}
