// Transforms for single values: text, numbers, times, flags. `names.ts` has vocabularies, `map-entries.ts` metadata.

import { Literal } from '../../../core/arena.ts'
import { VALUE } from '../../../core/batch.ts'
import { R } from '../../../core/fields.ts'
import { ByteMemo } from '../bytes/byte-memo.ts'
import { finishReason } from '../content/messages.ts'
import { isRecord, lookup, plainText } from '../json/values.ts'
import type { Transform } from '../rules/dialect.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { LEVELS } from '../vocabulary/levels.ts'

const text: Transform = (span, attr, rule) => span.setText(attr, rule.range)

export const ID_BYTES_MAX = 1024

/** An id. `default` means that nobody set one. */
const id: Transform = (span, attr, rule) => {
  // Ids are copied to whole traces, so a megabyte of one would be multiplied.
  if (span.type(attr) === VALUE.STRING && span.len(attr) > ID_BYTES_MAX) return false
  if (
    span.type(attr) === VALUE.STRING &&
    span.arena.equals(span.off(attr), span.len(attr), 'default')
  )
    return false
  return span.setText(attr, rule.range)
}

const number: Transform = (span, attr, rule) => {
  const n = span.number(attr)
  if (!Number.isFinite(n)) return false
  span.events.setNum(span.event, rule.number, n)
  return true
}

/** A count: a whole number that is never negative. -1 means absence. */
const int: Transform = (span, attr, rule) => {
  const n = span.number(attr)
  if (!Number.isFinite(n) || n < 0) return false
  span.events.setNum(span.event, rule.number, Math.round(n))
  return true
}

/** Seconds in the source, ms in the event. */
const seconds: Transform = (span, attr, rule) => {
  const n = span.number(attr)
  if (!Number.isFinite(n)) return false
  span.events.setNum(span.event, rule.number, n * 1000)
  return true
}

const bool: Transform = (span, attr, rule) => {
  const v = span.truth(attr)
  if (Number.isNaN(v)) return false
  span.events.setNum(span.event, rule.number, v)
  return true
}

/** An array of strings from an array, JSON text, or comma-separated text. */
export function stringsOf(value: unknown): string[] {
  if (Array.isArray(value))
    return value
      .filter((x) => x !== null && x !== '')
      .map((x) => (typeof x === 'string' ? x : JSON.stringify(x)))
  if (typeof value === 'string')
    return value
      .split(',')
      .map((x) => x.trim())
      .filter((x) => x !== '')
  return value === null || value === undefined ? [] : [plainText(value)]
}

const strings: Transform = (span, attr, rule) => {
  if (span.type(attr) === VALUE.ARRAY && writeStrings(span, attr)) {
    span.setOut(rule.range)
    return true
  }
  const list = stringsOf(span.value(attr))
  if (list.length === 0) return false
  span.setJson(rule.range, list)
  return true
}

/**
 * Writes a list that has only short strings straight from the arena. Returns false if the list is not so simple.
 * ArrayValue: 1 values (repeated AnyValue: 1 string_value), every length in one byte.
 */
function writeStrings(span: CurrentSpan, attr: number): boolean {
  const b = span.arena.bytes
  const end = span.off(attr) + span.len(attr)
  span.out.begin(span.arena)
  let count = 0
  for (let i = span.off(attr); i < end; ) {
    const inner = b[i + 1] as number
    const len = b[i + 3] as number
    const isShort = b[i] === 10 && b[i + 2] === 10 && inner === len + 2 && inner < 128
    if (!isShort || len === 0 || i + 4 + len > end) return false
    span.out.byte(count++ === 0 ? 91 : 44)
    span.out.text(i + 4, len)
    i += 4 + len
  }
  if (count === 0) return false
  span.out.byte(93)
  return true
}

/** The JSON of finish reasons by the bytes of the attribute. */
const finishMemo = new ByteMemo<Literal>()
/** Clients choose the values, and literals are kept for ever, so their number is bounded. */
const FINISH_LITERALS_MAX = 256
const finishLiterals = new Map<string, Literal>()

const finish: Transform = (span, attr, rule) => {
  const len = span.len(attr)
  const isShort = len <= 48 && (span.type(attr) === VALUE.STRING || span.type(attr) === VALUE.ARRAY)
  const known = isShort ? finishMemo.find(span.arena.bytes, span.off(attr), len) : undefined
  if (known !== undefined) {
    span.setConstant(rule.range, known)
    return true
  }
  if (span.isNull(attr)) return false
  const value = span.value(attr)
  const list = stringsOf(
    Array.isArray(value)
      ? value.map((x) => (isRecord(x) ? (x['reason'] ?? x['type'] ?? null) : x))
      : value,
  ).map(finishReason)
  if (list.length === 0) return false
  const json = JSON.stringify(list)
  const literal = isShort && json.length <= 32 ? finishLiteral(json) : null
  if (literal === null) span.setString(rule.range, json)
  else {
    finishMemo.add(span.arena.bytes, span.off(attr), len, literal)
    span.setConstant(rule.range, literal)
  }
  return true
}

function finishLiteral(json: string): Literal | null {
  const known = finishLiterals.get(json)
  if (known !== undefined || finishLiterals.size >= FINISH_LITERALS_MAX) return known ?? null
  const literal = new Literal(json)
  finishLiterals.set(json, literal)
  return literal
}

const flag: Transform = (span, attr, rule) => {
  if (rule.name === 'input_mime') span.content.setInputText(isPlainText(span, attr))
  else if (rule.name === 'output_mime') span.content.setOutputText(isPlainText(span, attr))
  else if (rule.name === 'status_message') span.status.setMessage(attr)
  return true
}

function isPlainText(span: CurrentSpan, attr: number): boolean {
  return (
    span.type(attr) === VALUE.STRING &&
    span.arena.equals(span.off(attr), span.len(attr), 'text/plain')
  )
}

const level: Transform = (span, attr, rule) => {
  const word = span.text(attr).replaceAll('"', '').toLowerCase()
  const name = lookup(LEVELS, word)
  if (name === undefined) return false
  span.setString(rule.range, name)
  if (name === 'ERROR') span.status.fail()
  return true
}

const environment: Transform = (span, attr, rule) => {
  if (span.isNull(attr)) return false
  const word = span.text(attr).toLowerCase()
  if (word === 'default') return false
  span.setString(rule.range, word)
  return true
}

/** JSON {name, version}, or a list of them, of which the first is used. */
const prompt: Transform = (span, attr) => {
  const value = span.value(attr)
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (!isRecord(first)) return false
  const name = first['name'] ?? first['id'] ?? first['template_id']
  if (name === undefined && first['version'] === undefined && !isRecord(first['variables']))
    return false
  span.offerText(R.prompt_name, name)
  const version = first['version']
  if (version !== undefined && version !== null)
    span.offerText(R.prompt_version, plainText(version))
  if (isRecord(first['variables']) && !span.hasRange(R.prompt_variables))
    span.setJson(R.prompt_variables, first['variables'])
  return true
}

/** Words for a failed span: `error`, `failed`, `timeout`, and `true` of an is_error key. */
const FAILURES = new Set(['error', 'failed', 'failure', 'true', 'timeout'])
const SUCCESSES = new Set(['success', 'ok', 'false', 'completed'])
const failure: Transform = (span, attr) => {
  const word = span.text(attr).toLowerCase()
  if (!FAILURES.has(word)) return SUCCESSES.has(word)
  span.status.fail()
  if (word === 'timeout' && !span.hasRange(R.error_type)) span.setString(R.error_type, 'timeout')
  return true
}

/** The duration of the operation in a legacy event. */
const latency: Transform = (span, attr, rule) => {
  if (!number(span, attr, rule)) return false
  span.times.markLatency()
  return true
}

/** The text of an error in the event. Its presence means failure. */
const errorText: Transform = (span, attr, rule) => {
  if (!span.setText(attr, rule.range)) return false
  span.status.fail()
  return true
}

/** Reads success, error or timeout. */
const outcome: Transform = (span, attr, rule) => {
  const word = span.text(attr).toLowerCase()
  if (word === 'success' || word === 'ok') span.status.succeed()
  return failure(span, attr, rule)
}

const drop: Transform = () => true

/** Uses the application's name if there is no service name. */
const serviceName: Transform = (span, attr, rule) => {
  const word = span.text(attr)
  if (span.isNull(attr) || word === 'default') return false
  const known = span.fieldText(rule.range)
  if (known === null || known === 'default' || known.startsWith('unknown_service'))
    span.setText(attr, rule.range)
  return true
}

export const scalars = {
  text,
  id,
  number,
  int,
  seconds,
  bool,
  strings,
  finish,
  flag,
  level,
  environment,
  prompt,
  'service-name': serviceName,
  failure,
  outcome,
  latency,
  'error-text': errorText,
  drop,
} as const satisfies Readonly<Record<string, Transform>>
