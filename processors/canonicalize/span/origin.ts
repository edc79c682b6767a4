// What an event has because of its context and not its attributes: tenant, ids, times, name, scope, resource, what
// was scrubbed. Whatever repeats within a batch is looked up once.

import { Literal } from '../../../core/arena.ts'
import type { SpanBatch } from '../../../core/batch.ts'
import type { EventTable } from '../../../core/event.ts'
import { N, R } from '../../../core/fields.ts'
import { claimSeed, eventId, projectDigest } from '../../../core/identity/identity.ts'
import { key } from '../../../core/keys.ts'
import { labelValue } from '../../../core/metrics.ts'
import { ScopeView, type SpanView } from '../../../core/span-view.ts'
import type { CurrentSpan } from './current-span.ts'
import { EventIds } from './event-ids.ts'
import { logIdentity, logName } from './log-event-type.ts'
import {
  type ResourceFacts,
  type ResourceRule,
  readResource,
  readScopeAttributes,
  type ScopeFrameworks,
} from './resource.ts'

interface Digest {
  readonly bytes: Buffer
  /** The same digest for `claimHash`. */
  readonly seed: Int32Array
}

interface Owner {
  readonly digest: Digest
  /** The offset of the digest in the arena. */
  readonly digestOff: number
  readonly tenant: [number, number]
  readonly project: [number, number]
  readonly environment: [number, number]
}

interface ScopeFacts {
  readonly name: [number, number]
  /** The framework with which the scope's name ends. */
  readonly framework: [number, number]
  readonly version: [number, number]
  readonly rest: Int32Array
  /** The label of its metrics, '' until it is asked for. */
  label: string
}

const DEFAULT = new Literal('default')
const SPAN_TYPE = new Literal('span')
const EVENT_TYPE = key('event_type')
/** The longest name and version of a scope, which are repeated in every event below it. */
const SCOPE_BYTES_MAX = 512
const LABEL_BYTES_MAX = 100
/** Times outside of these bounds are errors: in the stores they would overflow or be put into wrong partitions. */
const YEAR_2000_MS = 946_684_800_000
const YEAR_2200_MS = 7_258_118_400_000
const NOTHING = new Int32Array(0)
const NO_RESOURCE: ResourceFacts = {
  serviceName: [-1, -1],
  serviceVersion: [-1, -1],
  environment: [-1, -1],
  language: [-1, -1],
  sdkName: '',
  entries: [],
  rest: NOTHING,
}
const NO_SCOPE: ScopeFacts = {
  name: [-1, -1],
  framework: [-1, -1],
  version: [-1, -1],
  rest: NOTHING,
  label: '',
}
function frameworkIn(
  batch: SpanBatch,
  off: number,
  len: number,
  known: readonly ScopeFrameworks[],
): [number, number] {
  for (const { prefix, names } of known) {
    const n = prefix.length
    if (len <= n || !batch.arena.equals(off, n, prefix)) continue
    if (names.has(batch.arena.text(off + n, len - n))) return [off + n, len - n]
  }
  return [-1, -1]
}

/** What is needed from configuration and dialects. */
export interface OriginSettings {
  readonly keepsResource: boolean
  readonly resourceRules: ReadonlyMap<number, ResourceRule>
  readonly scopeFrameworks: readonly ScopeFrameworks[]
}

export class SpanOrigin {
  resource: ResourceFacts = NO_RESOURCE
  isLegacy = false
  isLegacyTrace = false
  isLog = false
  #scope: ScopeFacts = NO_SCOPE
  #owner!: Owner
  readonly #settings: OriginSettings
  readonly #ids = new EventIds()
  #owners: Owner[] = []
  /** For each request: `digestOff`. */
  #projects = new Int32Array(0)
  #resources: (ResourceFacts | undefined)[] = []
  #scopes: (ScopeFacts | undefined)[] = []
  readonly #digests = new Map<string, Digest>()

  constructor(settings: OriginSettings) {
    this.#settings = settings
  }

  begin(batch: SpanBatch): void {
    this.#ids.begin(batch.arena)
    this.#owners = batch.requests.map((r) => ({
      ...this.#digestOf(batch, r.tenant.tenantId, r.tenant.projectId),
      tenant: append(batch, r.tenant.tenantId),
      project: append(batch, r.tenant.projectId),
      environment: append(batch, r.tenant.environment ?? ''),
    }))
    this.#projects = Int32Array.from(this.#owners, (x) => x.digestOff)
    this.#resources = Array.from<ResourceFacts | undefined>({ length: batch.resourceCount })
    this.#scopes = Array.from<ScopeFacts | undefined>({ length: batch.scopeCount })
  }

  /** Sets every field that the context alone decides. */
  describe(span: CurrentSpan): void {
    const { batch, events, event: e, received } = span
    this.isLegacy = received.isLegacy
    this.isLog = received.isLog
    this.isLegacyTrace = false
    this.resource = this.#resourceOf(batch, received.resource)
    this.#scope = this.#scopeOf(batch, received.scope)
    const owner = this.#owners[received.request] as Owner
    this.#owner = owner
    put(events, e, R.tenant_id, owner.tenant)
    put(events, e, R.project_id, owner.project)
    const { traceIdOffset, spanIdOffset, parentIdOffset } = received
    if (traceIdOffset >= 0) events.setRange(e, R.trace_id, traceIdOffset, 16)
    if (spanIdOffset >= 0) events.setRange(e, R.span_id, spanIdOffset, 8)
    if (parentIdOffset >= 0) events.setRange(e, R.parent_span_id, parentIdOffset, 8)
    this.#name(span)
    this.#times(span)
    this.#identify(span, owner)
    this.#describeResource(span)
    this.#secrets(span)
  }

  /** Sets the environment: that of the API key, else that of the span, else that of the resource. */
  decideEnvironment(span: CurrentSpan): void {
    const owner = this.#owner
    if (owner.environment[1] > 0) put(span.events, span.event, R.environment, owner.environment)
    else if (!span.hasRange(R.environment)) {
      if (this.resource.environment[1] > 0)
        put(span.events, span.event, R.environment, this.resource.environment)
      else span.setConstant(R.environment, DEFAULT)
    }
  }

  /** The digest of the current span's project, with which its claims begin. */
  get seed(): Int32Array {
    return this.#owner.digest.seed
  }

  /**
   * The id of the span that the current log record reports about: the event id of that span. Null for the event's own
   * id.
   */
  spanClaim(events: EventTable, e: number): Uint8Array | null {
    if (!this.isLog || events.len(e, R.span_id) <= 0) return null
    return eventId(
      this.#owner.digest.bytes,
      events.arena.bytes,
      events.off(e, R.trace_id),
      events.off(e, R.span_id),
      'span',
    )
  }

  /** The framework that the scope of the current span names. */
  get framework(): readonly [number, number] {
    return this.#scope.framework
  }

  /** The label by which metrics name the span's scope. */
  scopeLabel({ batch, scope }: SpanView): string {
    const facts = this.#scopeOf(batch, scope)
    if (facts.label === '') facts.label = labelOf(batch, facts.name)
    return facts.label
  }

  /** Keeps resource and scope attributes that no field used. */
  keepRest(events: EventTable, e: number): void {
    events.addAttributeRows(e, this.resource.rest)
    events.addAttributeRows(e, this.#scope.rest)
  }

  #name(span: CurrentSpan): void {
    const { nameOffset, nameLength } = span.received
    if (nameLength > 0) span.events.setRange(span.event, R.name, nameOffset, nameLength)
    if (this.#scope.name[1] > 0) put(span.events, span.event, R.scope_name, this.#scope.name)
    if (this.#scope.version[1] > 0)
      put(span.events, span.event, R.scope_version, this.#scope.version)
  }

  #times(span: CurrentSpan): void {
    const { startOffset: start, endOffset: end } = span.received
    span.times.setStart(setTime(span, R.start_time, start))
    const endMs = setTime(span, R.end_time, end)
    setDuration(span, start, end, endMs)
  }

  #identify(span: CurrentSpan, owner: Owner): void {
    const { traceIdOffset: trace, spanIdOffset: spanId } = span.received
    if (this.isLegacy || this.isLog) {
      const id = eventId(owner.digest.bytes, span.arena.bytes, trace, spanId, this.#eventType(span))
      return span.events.setRange(span.event, R.event_id, span.arena.append(id), 16)
    }
    span.setConstant(R.event_type, SPAN_TYPE)
    const type = span.events.off(span.event, R.event_type)
    const typeLen = span.events.len(span.event, R.event_type)
    const made = this.#ids.ofSpan(span.batch, span.index, this.#projects)
    const id = made >= 0 ? made : this.#ids.make(owner.digestOff, trace, spanId, type, typeLen)
    span.events.setRange(span.event, R.event_id, id, 16)
  }

  /** Sets event_type of a legacy event or log record, and returns the text that becomes part of its id. */
  #eventType(span: CurrentSpan): string {
    if (!this.isLegacy) return this.#logEventType(span)
    const attr = span.batch.findAttr(span.index, EVENT_TYPE)
    const type = (attr < 0 ? null : span.batch.attrText(attr)) ?? 'event'
    this.isLegacyTrace = type === 'trace_v0'
    span.setString(R.event_type, type)
    return type
  }

  /** `log` or `log:<name>`. */
  #logEventType(span: CurrentSpan): string {
    const name = logName(span.received)
    const type = name === '' ? 'log' : `log:${name}`
    // The names of the conventions are few. Others are not kept as literals.
    if (type.length < 64 && name.startsWith('gen_ai.')) span.setWord(R.event_type, type)
    else span.setString(R.event_type, type)
    return logIdentity(span.received, name)
  }

  #describeResource(span: CurrentSpan): void {
    const r = this.resource
    if (r.serviceName[1] > 0) put(span.events, span.event, R.service_name, r.serviceName)
    if (r.serviceVersion[1] > 0) put(span.events, span.event, R.service_version, r.serviceVersion)
    if (r.language[1] > 0) put(span.events, span.event, R.sdk_language, r.language)
    for (const { name, range, dialect } of r.entries)
      if (dialect < 0 && range[1] > 0) span.entries.addMetadataRange(name, range[0], range[1])
  }

  #secrets(span: CurrentSpan): void {
    if (span.batch.secrets.size === 0) return
    const found = span.batch.secrets.get(span.index)
    if (found !== undefined && found.size > 0) span.setJson(R.secrets, Object.fromEntries(found))
  }

  #digestOf(
    batch: SpanBatch,
    tenant: string,
    project: string,
  ): Pick<Owner, 'digest' | 'digestOff'> {
    const digest = this.#digest(tenant, project)
    return { digest, digestOff: batch.arena.append(digest.bytes) }
  }

  #digest(tenant: string, project: string): Digest {
    const id = `${tenant}\0${project}`
    let digest = this.#digests.get(id)
    if (digest === undefined) {
      // The map is bounded, because there may be many keys with different tenants.
      if (this.#digests.size > 4096) this.#digests.clear()
      const bytes = Buffer.from(projectDigest(tenant, project))
      digest = { bytes, seed: claimSeed(bytes) }
      this.#digests.set(id, digest)
    }
    return digest
  }

  #resourceOf(batch: SpanBatch, resource: number): ResourceFacts {
    if (resource < 0 || resource >= batch.resourceCount) return NO_RESOURCE
    let view = this.#resources[resource]
    if (view === undefined) {
      view = readResource(
        batch,
        resource,
        this.#settings.keepsResource,
        this.#settings.resourceRules,
      )
      this.#resources[resource] = view
    }
    return view
  }

  #scopeOf(batch: SpanBatch, scope: number): ScopeFacts {
    if (scope < 0) return NO_SCOPE
    let view = this.#scopes[scope]
    if (view === undefined) {
      const { nameOffset, nameLength, versionOffset, versionLength } = new ScopeView(batch).at(
        scope,
      )
      const name: [number, number] = [nameOffset, Math.min(SCOPE_BYTES_MAX, nameLength)]
      const version: [number, number] = [versionOffset, Math.min(SCOPE_BYTES_MAX, versionLength)]
      view = {
        name,
        framework: frameworkIn(batch, name[0], name[1], this.#settings.scopeFrameworks),
        version,
        rest: this.#settings.keepsResource ? readScopeAttributes(batch, scope) : NOTHING,
        label: '',
      }
      this.#scopes[scope] = view
    }
    return view
  }
}

function append(batch: SpanBatch, text: string): [number, number] {
  const off = batch.arena.appendText(text)
  return [off, batch.arena.lastLen]
}

function labelOf(batch: SpanBatch, [off, len]: readonly [number, number]): string {
  const name = len > 0 ? labelValue(batch.arena.text(off, Math.min(len, LABEL_BYTES_MAX))) : ''
  return `scope="${name}"`
}

function put(events: EventTable, e: number, field: number, range: readonly [number, number]): void {
  events.setRange(e, field, range[0], range[1])
}

/**
 * Sets a time field. An invalid time is replaced by the time of arrival, which is noted in `quality`. Returns ms, or
 * NaN when absent.
 */
function setTime(span: CurrentSpan, field: number, off: number): number {
  if (off < 0) return Number.NaN
  const v = span.arena.view
  const ms = (v.getUint32(off + 4, true) * 4294967296 + v.getUint32(off, true)) / 1e6
  if (ms === 0) return Number.NaN
  if (ms >= YEAR_2000_MS && ms <= YEAR_2200_MS) {
    span.events.setRange(span.event, field, off, 8)
    return ms
  }
  const request = span.batch.requests[span.received.request]
  const arrival = request === undefined ? 0 : request.receivedAtMs
  span.addQuality('time_out_of_range')
  span.entries.addMetadata(
    field === R.start_time ? 'original_start_time' : 'original_end_time',
    span.arena.view.getBigUint64(off, true).toString(),
  )
  span.setTimeMs(field, arrival)
  return arrival
}

function setDuration(span: CurrentSpan, start: number, end: number, endMs: number): void {
  if (Number.isNaN(endMs) || Number.isNaN(span.times.startMs) || start < 0 || end < 0) return
  const v = span.arena.view
  const so = span.events.off(span.event, R.start_time)
  const eo = span.events.off(span.event, R.end_time)
  const hi = v.getUint32(eo + 4, true) - v.getUint32(so + 4, true)
  const ns = hi * 4294967296 + (v.getUint32(eo, true) - v.getUint32(so, true))
  if (ns < 0) span.addQuality('end_before_start')
  span.events.setNum(span.event, N.duration_ms, ns < 0 ? 0 : ns / 1e6)
}
