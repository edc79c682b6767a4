// What a resource and a scope say. It is read once for each of them in a batch, and not once for each span.

import { type SpanBatch, VALUE } from '../../../core/batch.ts'
import { key } from '../../../core/keys.ts'
import { ResourceView, ScopeView } from '../../../core/span-view.ts'
import { plainText } from '../json/values.ts'
import { attrValue } from './any-value.ts'

const SERVICE_NAME = key('service.name')
const SERVICE_VERSION = key('service.version')
const ENVIRONMENT_NAME = key('deployment.environment.name')
const ENVIRONMENT = key('deployment.environment')
const LANGUAGE = key('telemetry.sdk.language')
const SDK_NAME = key('telemetry.sdk.name')
const SDK_VERSION = key('telemetry.sdk.version')

/**
 * The meaning of a resource attribute for a dialect. `dialect` is the number of the dialect whose spans it applies
 * to; -1 for all.
 */
export interface ResourceRule {
  readonly to: 'environment' | 'serviceVersion' | 'metadata'
  readonly name: string
  readonly dialect: number
}

/** Scope names that end with a framework. */
export interface ScopeFrameworks {
  readonly prefix: string
  readonly names: ReadonlySet<string>
}

/** An entry of `metadata` that a resource attribute adds to the spans below it. */
export interface ResourceEntry {
  readonly name: string
  readonly range: readonly [number, number]
  readonly dialect: number
}

/** The fields of a resource as pairs of offset and length. -1 means absent. */
export interface ResourceFacts {
  serviceName: [number, number]
  serviceVersion: [number, number]
  environment: [number, number]
  language: [number, number]
  sdkName: string
  entries: readonly ResourceEntry[]
  /** Entries for `attributes`: key offset and length, value offset and length, and 1 when the value is JSON. */
  rest: Int32Array
}

const NONE: [number, number] = [-1, -1]
const NOTHING = new Int32Array(0)
/**
 * The most bytes of text that a resource or scope adds to every event below it. A small request with one huge
 * resource and very many spans must not become gigabytes.
 */
const TEXT_BYTES_MAX = 4096
const KEPT_MAX = 64
const KEPT_BYTES_MAX = 16_384

/** The ranks of the keys that name the environment. The lowest one that is present is used. */
const ENVIRONMENT_RANK = { dialect: 0, name: 1, old: 2, none: 9 } as const

export function readResource(
  batch: SpanBatch,
  resource: number,
  keepsAttributes: boolean,
  rules: ReadonlyMap<number, ResourceRule>,
): ResourceFacts {
  const { firstAttr: first, attrCount: count } = new ResourceView(batch).at(resource)
  const view: ResourceFacts = {
    serviceName: NONE,
    serviceVersion: NONE,
    environment: NONE,
    language: NONE,
    sdkName: '',
    entries: [],
    rest: NOTHING,
  }
  const rest: number[] = []
  const entries: ResourceEntry[] = []
  let environmentRank: number = ENVIRONMENT_RANK.none
  const offerEnvironment = (attr: number, rank: number): void => {
    const range = rank < environmentRank ? environmentRange(batch, attr) : NONE
    if (range[1] < 0) return
    view.environment = range
    environmentRank = rank
  }
  for (let i = first; i < first + count; i++) {
    const id = batch.attrKey(i)
    if (id === ENVIRONMENT_NAME) offerEnvironment(i, ENVIRONMENT_RANK.name)
    else if (id === ENVIRONMENT) offerEnvironment(i, ENVIRONMENT_RANK.old)
    else if (!readIdentity(batch, i, view)) {
      const rule = rules.get(id)
      if (rule?.to === 'environment') offerEnvironment(i, ENVIRONMENT_RANK.dialect)
      else if (rule?.to === 'serviceVersion') {
        if (view.serviceVersion[1] < 0) view.serviceVersion = textRange(batch, i)
      } else if (rule !== undefined)
        entries.push({ name: rule.name, range: textRange(batch, i), dialect: rule.dialect })
      // An attribute that only spans of one dialect read also stays among the attributes of all spans.
      if (keepsAttributes && (rule === undefined || rule.dialect >= 0))
        keep(batch, i, 'resource.', rest)
    }
  }
  view.entries = entries
  view.rest = Int32Array.from(rest)
  return view
}

/** Reads service and SDK. Returns true when the attribute is one of theirs. */
function readIdentity(batch: SpanBatch, attr: number, view: ResourceFacts): boolean {
  const id = batch.attrKey(attr)
  if (id === SERVICE_NAME) view.serviceName = textRange(batch, attr)
  else if (id === SERVICE_VERSION) view.serviceVersion = textRange(batch, attr)
  else if (id === LANGUAGE) view.language = textRange(batch, attr)
  else if (id === SDK_NAME) view.sdkName = batch.attrText(attr) ?? ''
  else return id === SDK_VERSION
  return true
}

/** Scope attributes for `attributes`, with keys under `scope.`. */
export function readScopeAttributes(batch: SpanBatch, scope: number): Int32Array {
  const { firstAttr: first, attrCount: count } = new ScopeView(batch).at(scope)
  const rest: number[] = []
  for (let i = first; i < first + count; i++) keep(batch, i, 'scope.', rest)
  return Int32Array.from(rest)
}

function textRange(batch: SpanBatch, attr: number): [number, number] {
  if (batch.attrType(attr) === VALUE.STRING) {
    const len = batch.attrLength(attr)
    return len > 0 && len <= TEXT_BYTES_MAX ? [batch.attrOffset(attr), len] : NONE
  }
  const value = attrValue(batch, attr)
  if (value === null) return NONE
  const off = batch.arena.appendText(plainText(value))
  return [off, batch.arena.lastLen]
}

/** The environment in lower case. `default` counts as absent, because nobody chose it. */
function environmentRange(batch: SpanBatch, attr: number): [number, number] {
  const text = (batch.attrText(attr) ?? '').trim().toLowerCase()
  if (
    text === '' ||
    text === 'default' ||
    text === 'none' ||
    text === 'null' ||
    text === 'undefined'
  )
    return NONE
  const off = batch.arena.appendText(text)
  return [off, batch.arena.lastLen]
}

function keep(batch: SpanBatch, attr: number, prefix: string, out: number[]): void {
  const arena = batch.arena
  let bytes = batch.attrLength(attr)
  for (let i = 0; i < out.length; i += 5) bytes += (out[i + 1] as number) + (out[i + 3] as number)
  if (out.length >= KEPT_MAX * 5 || bytes > KEPT_BYTES_MAX) return
  const keyOff = arena.appendText(prefix + batch.attrKeyText(attr))
  const keyLen = arena.lastLen
  if (batch.attrType(attr) === VALUE.STRING) {
    out.push(keyOff, keyLen, batch.attrOffset(attr), batch.attrLength(attr), 0)
    return
  }
  const off = arena.appendText(jsonOf(attrValue(batch, attr)))
  out.push(keyOff, keyLen, off, arena.lastLen, 1)
}

/** JSON text. Numbers that JSON cannot represent become strings. */
export function jsonOf(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return `"${value}"`
  return JSON.stringify(value) ?? 'null'
}
