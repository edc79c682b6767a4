// What a resource and a scope say, read once for each of them in a batch and not once for each span.

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

/** What a dialect makes of a resource attribute. `dialect`: only on its spans, by number; -1 = on all. */
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

/** An entry of `metadata` that a resource attribute gives to the spans below it. */
export interface ResourceEntry {
  readonly name: string
  readonly range: readonly [number, number]
  readonly dialect: number
}

/** Fields of a resource as (offset, length) pairs; -1 = not said. */
export interface ResourceFacts {
  serviceName: [number, number]
  serviceVersion: [number, number]
  environment: [number, number]
  language: [number, number]
  sdkName: string
  entries: readonly ResourceEntry[]
  /** Pairs for `attributes`: key off, key len, off, len, 1 when the value is JSON. */
  rest: Int32Array
}

const NONE: [number, number] = [-1, -1]
const NOTHING = new Int32Array(0)
/**
 * What a resource or scope says is repeated in every event below it: a small request with one huge resource
 * and very many spans must not become gigabytes.
 */
const TEXT_BYTES_MAX = 4096
const KEPT_MAX = 64
const KEPT_BYTES_MAX = 16_384

/** Ranks of the keys that name the environment: the lowest that is there wins. */
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
      // What only spans of one dialect read stays among the attributes of all.
      if (keepsAttributes && (rule === undefined || rule.dialect >= 0))
        keep(batch, i, 'resource.', rest)
    }
  }
  view.entries = entries
  view.rest = Int32Array.from(rest)
  return view
}

/** Service and SDK; true when the attribute is one of theirs. */
function readIdentity(batch: SpanBatch, attr: number, view: ResourceFacts): boolean {
  const id = batch.attrKey(attr)
  if (id === SERVICE_NAME) view.serviceName = textRange(batch, attr)
  else if (id === SERVICE_VERSION) view.serviceVersion = textRange(batch, attr)
  else if (id === LANGUAGE) view.language = textRange(batch, attr)
  else if (id === SDK_NAME) view.sdkName = batch.attrText(attr) ?? ''
  else return id === SDK_VERSION
  return true
}

/** Scope attributes for `attributes`, keys under `scope.`. */
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

/** Lower case; `default` is nobody's choice. */
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

/** JSON text; numbers that JSON cannot say become strings. */
export function jsonOf(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return `"${value}"`
  return JSON.stringify(value) ?? 'null'
}
