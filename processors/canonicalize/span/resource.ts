// What a resource and a scope say, read once for each of them in a batch and not once for each span.

import {
  RESOURCE,
  RESOURCE_STRIDE,
  SCOPE,
  SCOPE_STRIDE,
  type SpanBatch,
  VALUE,
} from '../../../core/batch.ts'
import { key } from '../../../core/keys.ts'
import { plainText } from '../json/values.ts'
import { attrValue } from './any-value.ts'

const SERVICE_NAME = key('service.name')
const SERVICE_VERSION = key('service.version')
const ENVIRONMENT_NAME = key('deployment.environment.name')
const ENVIRONMENT = key('deployment.environment')
const LANGFUSE_ENVIRONMENT = key('langfuse.environment')
const LANGFUSE_RELEASE = key('langfuse.release')
const LANGUAGE = key('telemetry.sdk.language')
const SDK_NAME = key('telemetry.sdk.name')
const CLOUD_RESOURCE = key('cloud.resource_id')
const SDK_VERSION = key('telemetry.sdk.version')
const PROJECT_NAME = key('openinference.project.name')

/** Fields of a resource as (offset, length) pairs; -1 = not said. */
export interface ResourceView {
  serviceName: [number, number]
  serviceVersion: [number, number]
  environment: [number, number]
  language: [number, number]
  sourceProject: [number, number]
  sdkName: string
  /** The runtime, when the cloud names it; stays among the attributes as well. */
  cloudResource: string
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

export function readResource(
  batch: SpanBatch,
  resource: number,
  keepsAttributes: boolean,
): ResourceView {
  const row = resource * RESOURCE_STRIDE
  const first = batch.resources[row + RESOURCE.ATTR_FIRST] as number
  const count = batch.resources[row + RESOURCE.ATTR_COUNT] as number
  const view: ResourceView = {
    serviceName: NONE,
    serviceVersion: NONE,
    environment: NONE,
    language: NONE,
    sourceProject: NONE,
    sdkName: '',
    cloudResource: '',
    rest: NOTHING,
  }
  const rest: number[] = []
  let environmentRank = 9
  for (let i = first; i < first + count; i++) {
    const id = batch.attrs[i * 6] as number
    if (id === SERVICE_NAME) view.serviceName = textRange(batch, i)
    else if (id === SERVICE_VERSION) view.serviceVersion = textRange(batch, i)
    else if (id === LANGFUSE_RELEASE) {
      if (view.serviceVersion[1] < 0) view.serviceVersion = textRange(batch, i)
    } else if (id === LANGUAGE) view.language = textRange(batch, i)
    else if (id === SDK_NAME) view.sdkName = batch.attrText(i) ?? ''
    else if (id === PROJECT_NAME) view.sourceProject = textRange(batch, i)
    else if (id === ENVIRONMENT_NAME || id === ENVIRONMENT || id === LANGFUSE_ENVIRONMENT) {
      const rank = id === LANGFUSE_ENVIRONMENT ? 0 : id === ENVIRONMENT_NAME ? 1 : 2
      const range = rank < environmentRank ? environmentRange(batch, i) : NONE
      if (range[1] >= 0) {
        view.environment = range
        environmentRank = rank
      }
    } else if (id !== SDK_VERSION) {
      if (id === CLOUD_RESOURCE) view.cloudResource = batch.attrText(i) ?? ''
      if (keepsAttributes) keep(batch, i, 'resource.', rest)
    }
  }
  view.rest = Int32Array.from(rest)
  return view
}

/** Scope attributes for `attributes`, keys under `scope.`. */
export function readScopeAttributes(batch: SpanBatch, scope: number): Int32Array {
  const row = scope * SCOPE_STRIDE
  const first = batch.scopes[row + SCOPE.ATTR_FIRST] as number
  const count = batch.scopes[row + SCOPE.ATTR_COUNT] as number
  const rest: number[] = []
  for (let i = first; i < first + count; i++) keep(batch, i, 'scope.', rest)
  return Int32Array.from(rest)
}

function textRange(batch: SpanBatch, attr: number): [number, number] {
  const a = batch.attrs
  if (a[attr * 6 + 3] === VALUE.STRING) {
    const len = a[attr * 6 + 5] as number
    return len > 0 && len <= TEXT_BYTES_MAX ? [a[attr * 6 + 4] as number, len] : NONE
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
  let bytes = batch.attrs[attr * 6 + 5] as number
  for (let i = 0; i < out.length; i += 5) bytes += (out[i + 1] as number) + (out[i + 3] as number)
  if (out.length >= KEPT_MAX * 5 || bytes > KEPT_BYTES_MAX) return
  const name = arena.text(batch.attrs[attr * 6 + 1] as number, batch.attrs[attr * 6 + 2] as number)
  const keyOff = arena.appendText(prefix + name)
  const keyLen = arena.lastLen
  if (batch.attrs[attr * 6 + 3] === VALUE.STRING) {
    out.push(
      keyOff,
      keyLen,
      batch.attrs[attr * 6 + 4] as number,
      batch.attrs[attr * 6 + 5] as number,
      0,
    )
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
