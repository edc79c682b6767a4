// Makes requests of a unit test's input. Fills in what every span needs and few tests care about: ids, times, and
// attributes written as a map. Files are read as `pipe` reads them.

import { createReadStream, existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import type { UnitTest } from '../../../config/root.ts'
import { duration } from '../../../core/config/config-types.ts'
import { ObservaError } from '../../../core/errors.ts'
import type { TelemetryKind } from '../../../core/task.ts'
import { type PipeRequest, requestsOf } from '../pipe/pipe-input.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * The time of receipt, and the start of spans without a time. It is constant, so that a test always has the same
 * result.
 */
const RECEIVED_AT_MS = Date.UTC(2026, 0, 1)
const KEYS = ['spans', 'otlp', 'events', 'file'] as const

export async function* requestsOfTest(
  input: UnitTest['input'],
  configFiles: readonly string[],
  lineBytesMax: number,
): AsyncGenerator<PipeRequest> {
  const given = KEYS.filter((k) => input[k] !== undefined)
  if (given.length !== 1)
    throw new ObservaError(
      'OBS_TEST_INPUT',
      given.length === 0 ? 'input is empty.' : `input has ${given.join(' and ')}.`,
      `Give one of ${KEYS.join(', ')}.`,
    )
  if (input.spans !== undefined) yield ofJson(document(input.spans), 'otlp-json', 'traces')
  else if (input.otlp !== undefined) yield ofJson(input.otlp, 'otlp-json', telemetryOf(input.otlp))
  else if (input.events !== undefined) yield ofJson(input.events, 'json-array', 'traces')
  else yield* ofFile(input.file as string, configFiles, lineBytesMax)
}

function ofJson(
  value: unknown,
  format: PipeRequest['format'],
  telemetry: TelemetryKind,
): PipeRequest {
  const payload = Buffer.from(JSON.stringify(value))
  return { payload, encoding: 'identity', format, telemetry, receivedAtMs: RECEIVED_AT_MS }
}

const telemetryOf = (otlp: Json): TelemetryKind =>
  otlp['resourceLogs'] === undefined ? 'traces' : 'logs'

async function* ofFile(
  file: string,
  configFiles: readonly string[],
  lineBytesMax: number,
): AsyncGenerator<PipeRequest> {
  const path = pathBeside(file, configFiles)
  const requests = requestsOf(
    {
      file,
      input: 'auto',
      telemetry: 'auto',
      open: () => createReadStream(path),
      read: () => readFile(path),
    },
    lineBytesMax,
  )
  for await (const request of requests) yield { ...request, receivedAtMs: RECEIVED_AT_MS }
}

/** A file beside the configuration. With several configuration files, the last one that has it beside it. */
function pathBeside(file: string, configFiles: readonly string[]): string {
  const folders = configFiles.length === 0 ? ['.'] : configFiles.map((f) => dirname(f))
  const found = folders.map((f) => resolve(f, file)).findLast((path) => existsSync(path))
  if (found !== undefined) return found
  throw new ObservaError(
    'OBS_TEST_INPUT',
    `there is no file ${file}.`,
    'Its path begins at the folder of the configuration.',
  )
}

/** Wraps spans in one resource and one scope. */
function document(spans: readonly Json[]): Json {
  return {
    resourceSpans: [
      { resource: {}, scopeSpans: [{ scope: {}, spans: repeated(spans).map(whole) }] },
    ],
  }
}

const SPANS_MAX = 200_000

/**
 * Spans with their times: `at` from the time of receipt on, `lasts`, and `repeat: {count, every}` for a span that comes again and again,
 * each time in a trace of its own. So a rule over time can be tested in a few lines.
 */
function repeated(spans: readonly Json[]): Json[] {
  const out: Json[] = []
  for (const span of spans) {
    const { at, lasts, repeat, ...rest } = span
    if (at === undefined && lasts === undefined && repeat === undefined) {
      out.push(span)
      continue
    }
    const { count, every } = repeatSchema.parse(repeat ?? {})
    const atMs = RECEIVED_AT_MS + momentSchema.parse(at ?? '0s')
    const ms = momentSchema.parse(lasts ?? '1s')
    if (out.length + count > SPANS_MAX)
      throw new ObservaError(
        'OBS_TEST_INPUT',
        `the input has more than ${SPANS_MAX} spans.`,
        'Repeat them less often.',
      )
    for (let i = 0; i < count; i++)
      out.push({ ...own(rest, repeat, out.length), ...timesOf(atMs + i * every, ms) })
  }
  return out
}

const momentSchema = duration()
const repeatSchema = z.strictObject({
  count: z.int().min(1).default(1),
  every: duration().prefault('1s'),
})

const timesOf = (startMs: number, ms: number): Json => ({
  startTimeUnixNano: nanos(startMs),
  endTimeUnixNano: nanos(startMs + ms),
})

const nanos = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n)

function own(rest: Json, repeat: unknown, index: number): Json {
  return repeat === undefined
    ? rest
    : { traceId: (index + 2).toString(16).padStart(32, '0'), ...rest }
}

/**
 * Completes a span: one trace for all spans, ids by position, a duration of one second (none when the test states the
 * start).
 */
function whole(span: Json, index: number): Json {
  const start = `${RECEIVED_AT_MS}000000`
  const given = span['startTimeUnixNano'] ?? start
  return {
    traceId: '1'.padStart(32, '0'),
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: `span ${index + 1}`,
    startTimeUnixNano: given,
    endTimeUnixNano: given === start ? `${RECEIVED_AT_MS + 1000}000000` : given,
    ...withAttributes(span),
    ...(Array.isArray(span['events']) ? { events: span['events'].map(event) } : {}),
  }
}

const event = (value: unknown): unknown => (isMap(value) ? withAttributes(value) : value)

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Turns a map of attributes, which people write, into OTLP's list of keys and typed values. */
function withAttributes(of: Json): Json {
  const { attributes } = of
  return isMap(attributes) ? { ...of, attributes: keyValues(attributes) } : of
}

const keyValues = (map: Json): unknown[] =>
  Object.entries(map).map(([key, value]) => ({ key, value: anyValue(value) }))

function anyValue(value: unknown): unknown {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return isMap(value) ? { kvlistValue: { values: keyValues(value) } } : {}
}
