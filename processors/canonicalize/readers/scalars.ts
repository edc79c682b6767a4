// Transforms for single values: text, numbers, times, flags. Vocabularies are in `names.ts`, metadata in `map-entries.ts`.

import { Literal } from '../../../core/arena.ts'
import { VALUE } from '../../../core/batch.ts'
import { R } from '../../../core/fields.ts'
import { ByteMemo } from '../bytes/byte-memo.ts'
import { finishReason } from '../content/messages.ts'
import { isRecord, lookup, plainText } from '../json/values.ts'
import type { Transform } from '../rules/dialect.ts'
import { constant } from '../span/batch-frame.ts'
import type { Work } from '../span/work.ts'
import { LEVELS } from '../vocabulary/levels.ts'

const text: Transform = (w, attr, rule) => w.setText(attr, rule.range)

export const ID_BYTES_MAX = 1024

/** Ids: `default` means that nobody set one. */
const id: Transform = (w, attr, rule) => {
  // Ids are passed on to whole traces: a megabyte of one would be multiplied.
  if (w.type(attr) === VALUE.STRING && w.len(attr) > ID_BYTES_MAX) return false
  if (w.type(attr) === VALUE.STRING && w.arena.equals(w.off(attr), w.len(attr), 'default'))
    return false
  return w.setText(attr, rule.range)
}

const number: Transform = (w, attr, rule) => {
  const n = w.number(attr)
  if (!Number.isFinite(n)) return false
  w.events.setNum(w.e, rule.number, n)
  return true
}

/** Counts: whole and never negative (-1 is absence). */
const int: Transform = (w, attr, rule) => {
  const n = w.number(attr)
  if (!Number.isFinite(n) || n < 0) return false
  w.events.setNum(w.e, rule.number, Math.round(n))
  return true
}

/** Seconds in the source, ms here. */
const seconds: Transform = (w, attr, rule) => {
  const n = w.number(attr)
  if (!Number.isFinite(n)) return false
  w.events.setNum(w.e, rule.number, n * 1000)
  return true
}

export function truth(w: Work, attr: number): number {
  const type = w.type(attr)
  if (type === VALUE.BOOL || type === VALUE.INT) return w.batch.nums[attr] === 0 ? 0 : 1
  if (type !== VALUE.STRING) return Number.NaN
  const word = w.text(attr).toLowerCase()
  return word === 'true' || word === '1' ? 1 : word === 'false' || word === '0' ? 0 : Number.NaN
}

const bool: Transform = (w, attr, rule) => {
  const v = truth(w, attr)
  if (Number.isNaN(v)) return false
  w.events.setNum(w.e, rule.number, v)
  return true
}

/** An array of strings from an array, JSON text, or a comma-joined string. */
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

const strings: Transform = (w, attr, rule) => {
  if (w.type(attr) === VALUE.ARRAY && writeStrings(w, attr)) {
    w.setOut(rule.range)
    return true
  }
  const list = stringsOf(w.value(attr))
  if (list.length === 0) return false
  w.setJson(rule.range, list)
  return true
}

// ArrayValue: 1 values (repeated AnyValue: 1 string_value), every length in one byte.
/** A list of nothing but short strings, written as it lies; false = not that simple. */
function writeStrings(w: Work, attr: number): boolean {
  const b = w.arena.bytes
  const end = w.off(attr) + w.len(attr)
  w.out.begin(w.arena)
  let count = 0
  for (let i = w.off(attr); i < end; ) {
    const inner = b[i + 1] as number
    const len = b[i + 3] as number
    const isShort = b[i] === 10 && b[i + 2] === 10 && inner === len + 2 && inner < 128
    if (!isShort || len === 0 || i + 4 + len > end) return false
    w.out.byte(count++ === 0 ? 91 : 44)
    w.out.text(i + 4, len)
    i += 4 + len
  }
  if (count === 0) return false
  w.out.byte(93)
  return true
}

/** JSON of finish reasons by the bytes of the attribute. */
const finishMemo = new ByteMemo<Literal>()
/** Clients choose the values, and literals are for good. */
const FINISH_LITERALS_MAX = 256
const finishLiterals = new Map<string, Literal>()

const finish: Transform = (w, attr, rule) => {
  const len = w.len(attr)
  const isShort = len <= 48 && (w.type(attr) === VALUE.STRING || w.type(attr) === VALUE.ARRAY)
  const known = isShort ? finishMemo.find(w.arena.bytes, w.off(attr), len) : undefined
  if (known !== undefined) {
    constant(w, rule.range, known)
    return true
  }
  if (w.isNull(attr)) return false
  const value = w.value(attr)
  const list = stringsOf(
    Array.isArray(value)
      ? value.map((x) => (isRecord(x) ? (x['reason'] ?? x['type'] ?? null) : x))
      : value,
  ).map(finishReason)
  if (list.length === 0) return false
  const json = JSON.stringify(list)
  const literal = isShort && json.length <= 32 ? finishLiteral(json) : null
  if (literal === null) w.setString(rule.range, json)
  else {
    finishMemo.add(w.arena.bytes, w.off(attr), len, literal)
    constant(w, rule.range, literal)
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

const flag: Transform = (w, attr, rule) => {
  if (rule.name === 'input_mime') w.isInputText = isPlainText(w, attr)
  else if (rule.name === 'output_mime') w.isOutputText = isPlainText(w, attr)
  else if (rule.name === 'status_message') w.statusMessage = attr
  return true
}

function isPlainText(w: Work, attr: number): boolean {
  return w.type(attr) === VALUE.STRING && w.arena.equals(w.off(attr), w.len(attr), 'text/plain')
}

const level: Transform = (w, attr, rule) => {
  const word = w.text(attr).replaceAll('"', '').toLowerCase()
  const name = lookup(LEVELS, word)
  if (name === undefined) return false
  w.setString(rule.range, name)
  if (name === 'ERROR') w.isFailed = true
  return true
}

const environment: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  const word = w.text(attr).toLowerCase()
  if (word === 'default') return false
  w.setString(rule.range, word)
  return true
}

/** JSON {name, version}, or a list of them: the first. */
const prompt: Transform = (w, attr) => {
  const value = w.value(attr)
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (!isRecord(first)) return false
  const name = first['name'] ?? first['id'] ?? first['template_id']
  if (name === undefined && first['version'] === undefined && !isRecord(first['variables']))
    return false
  w.offerText(R.prompt_name, name)
  const version = first['version']
  if (version !== undefined && version !== null) w.offerText(R.prompt_version, plainText(version))
  if (isRecord(first['variables']) && !w.hasRange(R.prompt_variables))
    w.setJson(R.prompt_variables, first['variables'])
  return true
}

/** A word that says the span failed: `error`, `failed`, `timeout`; `true` of an is_error key. */
const FAILURES = new Set(['error', 'failed', 'failure', 'true', 'timeout'])
const SUCCESSES = new Set(['success', 'ok', 'false', 'completed'])
const failure: Transform = (w, attr) => {
  const word = w.text(attr).toLowerCase()
  if (!FAILURES.has(word)) return SUCCESSES.has(word)
  w.isFailed = true
  if (word === 'timeout' && !w.hasRange(R.error_type)) w.setString(R.error_type, 'timeout')
  return true
}

/** How long a legacy event says the operation took. */
const latency: Transform = (w, attr, rule) => {
  if (!number(w, attr, rule)) return false
  w.hasLatency = true
  return true
}

/** Text of an error beside the event: its presence is the failure. */
const errorText: Transform = (w, attr, rule) => {
  if (!w.setText(attr, rule.range)) return false
  w.isFailed = true
  return true
}

/** success, error, timeout. */
const outcome: Transform = (w, attr, rule) => {
  const word = w.text(attr).toLowerCase()
  if (word === 'success' || word === 'ok') w.hasSucceeded = true
  return failure(w, attr, rule)
}

const drop: Transform = () => true

/** An application name stands in for a service name nobody set. */
const serviceName: Transform = (w, attr, rule) => {
  const word = w.text(attr)
  if (w.isNull(attr) || word === 'default') return false
  const known = w.fieldText(rule.range)
  if (known === null || known === 'default' || known.startsWith('unknown_service'))
    w.setText(attr, rule.range)
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
