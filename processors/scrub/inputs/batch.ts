// Every place of a batch where text can stand: names, messages, trace state, schema URLs, events, links, resources,
// scopes, and the attributes of all of them. Decides what is looked at; `Judge` decides what is a secret.

import type { Arena } from '../../../core/arena.ts'
import { Arena as NewArena } from '../../../core/arena.ts'
import {
  EVENT_ROW,
  EVENT_ROW_STRIDE,
  LINK,
  LINK_STRIDE,
  RESOURCE,
  RESOURCE_STRIDE,
  SCOPE,
  SCOPE_STRIDE,
  type SecretNote,
  SPAN,
  SPAN_STRIDE,
  type SpanBatch,
} from '../../../core/batch.ts'
import type { ChainContext } from '../../../core/component.ts'
import type { Judges } from '../judge/judge.ts'
import type { Scanner } from '../search/scanner.ts'
import type { Finding } from '../value/finding.ts'
import { NO_MEANING } from '../value/key-meaning.ts'
import { AttributeScrubber } from './attributes.ts'
import { FindingLog, type FindingPlace, type Owner } from './finding-log.ts'
import { KeyTable } from './key-table.ts'
import { ValueScrubber } from './value-scrubber.ts'

/** Where payloads begin: below are kernels and literals. */
const PAYLOAD_START = new NewArena(0).top

const MASKED_DIGITS = 32

/** What looks at several values of a span together, before and after they are scrubbed one by one. */
export interface SpanLook {
  /** What lies in several values, in each of them; null for nothing. */
  before(
    batch: SpanBatch,
    span: number,
    owner: Owner,
  ): ReadonlyMap<number, readonly Finding[]> | null
  after(batch: SpanBatch, span: number, owner: Owner): void
}

/** What was found in resources or scopes, by their index: it counts for each span under them. */
interface SharedFinds {
  readonly tallies: Map<number, ReadonlyMap<string, number>>
  readonly notes: Map<number, readonly SecretNote[]>
  /** Those whose spans go. */
  readonly drops: Set<number>
}

/** Scrubs one batch after another; keeps its tables between them. */
export class BatchScrubber {
  readonly #judges: Judges
  readonly log = new FindingLog()
  readonly values = new ValueScrubber(this.log)
  readonly attributes: AttributeScrubber
  #scanner: Scanner | null = null
  #arena: Arena | null = null
  #batch!: SpanBatch

  constructor(judges: Judges) {
    this.#judges = judges
    this.attributes = new AttributeScrubber(
      this.values,
      new KeyTable((bytes) => judges.holdsSecret(bytes)),
    )
  }

  run(batch: SpanBatch, ctx: ChainContext, look: SpanLook): void {
    this.#begin(batch, ctx)
    const owners = batch.requests.map((r, i) => this.#owner(r.tenant.tenantId, i))
    const { work } = this.#judges
    work.open(owners.length)
    const resources = this.#shared(owners, batch.resourceCount, SPAN.RESOURCE, this.#resource)
    const scopes = this.#shared(owners, batch.scopeCount, SPAN.SCOPE, this.#scope)
    const { spans } = batch
    for (let i = 0; i < batch.spanCount; i++) {
      if (batch.isDropped(i)) continue
      const row = i * SPAN_STRIDE
      const owner = owners[spans[row + SPAN.REQUEST] as number] as Owner
      work.select(owner.request)
      this.log.open()
      this.values.crossing = look.before(batch, i, owner)
      if (this.#span(owner, row)) batch.markEdited(i)
      const resource = spans[row + SPAN.RESOURCE] as number
      const scope = spans[row + SPAN.SCOPE] as number
      this.log.addShared(resources?.tallies.get(resource))
      this.log.addShared(scopes?.tallies.get(scope))
      this.values.crossing = null
      look.after(batch, i, owner)
      if (this.log.tally !== null) this.#keepFinds(batch, i, owner)
      if (ctx.explain) {
        const notes = [this.log.notes, resources?.notes.get(resource), scopes?.notes.get(scope)]
        keepNotes(batch, i, notes)
      }
      const isShared = resources?.drops.has(resource) === true || scopes?.drops.has(scope) === true
      if (this.log.dropsItem || isShared) {
        batch.drop(i)
        ctx.count('observa_scrub_dropped_total', '', 1)
      }
    }
    this.#countPseudonyms(ctx)
  }

  #keepFinds(batch: SpanBatch, span: number, owner: Owner): void {
    const { tally, maskedHash } = this.log
    if (tally !== null) batch.secrets.set(span, withTold(tally, batch.secrets.get(span)))
    const { ids } = this.#judges
    if (maskedHash === null || ids === null) return
    const digest = ids.digest(owner.tenant, 'masked', maskedHash).toString('hex')
    batch.maskedDigests.set(span, digest.slice(0, MASKED_DIGITS))
  }

  #countPseudonyms(ctx: ChainContext): void {
    const { ids } = this.#judges
    if (ids === null || ids.asked === 0) return
    const name = 'observa_scrub_pseudonyms_total'
    if (ids.made > 0) ctx.count(name, 'remembered="false"', ids.made)
    if (ids.asked > ids.made) ctx.count(name, 'remembered="true"', ids.asked - ids.made)
    ids.asked = 0
    ids.made = 0
  }

  #begin(batch: SpanBatch, ctx: ChainContext): void {
    this.#batch = batch
    this.log.begin(ctx)
    if (this.#scanner === null || this.#arena !== batch.arena) {
      this.#scanner = this.#judges.scanner(batch.arena)
      this.#arena = batch.arena
    }
    this.values.begin(batch, this.#scanner, PAYLOAD_START)
    this.attributes.begin(batch)
  }

  /** Scrubs the resources or scopes that a column of the spans points at; null when nothing was found. */
  #shared(
    owners: readonly Owner[],
    count: number,
    column: number,
    scrub: (owner: Owner, i: number) => void,
  ): SharedFinds | null {
    let finds: SharedFinds | null = null
    for (let i = 0; i < count; i++) {
      this.log.open()
      const owner = this.#ownerOf(owners, column, i)
      this.#judges.work.select(owner.request)
      scrub(owner, i)
      const { tally, notes } = this.log
      if (tally === null) continue
      finds ??= { tallies: new Map(), notes: new Map(), drops: new Set() }
      finds.tallies.set(i, tally)
      finds.notes.set(i, notes)
      if (this.log.dropsItem) finds.drops.add(i)
    }
    return finds
  }

  #owner(tenant: string, request: number): Owner {
    return { tenant, request, judge: this.#judges.of(tenant) }
  }

  /** A resource or scope belongs to the tenant of the spans under it. */
  #ownerOf(owners: readonly Owner[], column: number, index: number): Owner {
    if (owners.length === 1) return owners[0] as Owner
    const { spans, spanCount } = this.#batch
    for (let row = 0; row < spanCount * SPAN_STRIDE; row += SPAN_STRIDE)
      if (spans[row + column] === index) return owners[spans[row + SPAN.REQUEST] as number] as Owner
    return this.#owner('', 0)
  }

  readonly #resource = (owner: Owner, i: number): void => {
    const r = this.#batch.resources
    const row = i * RESOURCE_STRIDE
    // Written from its column whether the resource was edited or not.
    this.#text(owner, r, row + RESOURCE.SCHEMA_OFF, 'resource')
    const first = row + RESOURCE.ATTR_FIRST
    if (this.attributes.scrub(owner, r, first, row + RESOURCE.ATTR_COUNT, 'resource'))
      r[row + RESOURCE.FLAGS] = (r[row + RESOURCE.FLAGS] as number) | 1
  }

  readonly #scope = (owner: Owner, i: number): void => {
    const s = this.#batch.scopes
    const row = i * SCOPE_STRIDE
    this.#text(owner, s, row + SCOPE.SCHEMA_OFF, 'scope')
    let edited = this.#text(owner, s, row + SCOPE.NAME_OFF, 'scope')
    edited = this.#text(owner, s, row + SCOPE.VERSION_OFF, 'scope') || edited
    const first = row + SCOPE.ATTR_FIRST
    edited = this.attributes.scrub(owner, s, first, row + SCOPE.ATTR_COUNT, 'scope') || edited
    if (edited) s[row + SCOPE.FLAGS] = (s[row + SCOPE.FLAGS] as number) | 1
  }

  #span(owner: Owner, row: number): boolean {
    const s = this.#batch.spans
    let edited = this.#text(owner, s, row + SPAN.NAME_OFF, 'span_name')
    edited = this.#text(owner, s, row + SPAN.STATUS_MSG_OFF, 'status_message') || edited
    edited = this.#text(owner, s, row + SPAN.STATE_OFF, 'trace_state') || edited
    const attributes = row + SPAN.ATTR_FIRST
    edited =
      this.attributes.scrub(owner, s, attributes, row + SPAN.ATTR_COUNT, 'attribute') || edited
    const events = s[row + SPAN.EVENT_COUNT] as number
    const links = s[row + SPAN.LINK_COUNT] as number
    const firstEvent = s[row + SPAN.EVENT_FIRST] as number
    const firstLink = s[row + SPAN.LINK_FIRST] as number
    for (let e = firstEvent; e < firstEvent + events; e++) edited = this.#event(owner, e) || edited
    for (let l = firstLink; l < firstLink + links; l++) edited = this.#link(owner, l) || edited
    return edited
  }

  #event(owner: Owner, e: number): boolean {
    const t = this.#batch.events
    const row = e * EVENT_ROW_STRIDE
    const named = this.#text(owner, t, row + EVENT_ROW.NAME_OFF, 'event_name')
    const first = row + EVENT_ROW.ATTR_FIRST
    const count = row + EVENT_ROW.ATTR_COUNT
    return this.attributes.scrub(owner, t, first, count, 'event_attribute') || named
  }

  #link(owner: Owner, l: number): boolean {
    const t = this.#batch.links
    const row = l * LINK_STRIDE
    const state = this.#text(owner, t, row + LINK.STATE_OFF, 'trace_state')
    const first = row + LINK.ATTR_FIRST
    return this.attributes.scrub(owner, t, first, row + LINK.ATTR_COUNT, 'link_attribute') || state
  }

  /** A text in columns `col` (offset) and `col + 1` (length) of a table. */
  #text(owner: Owner, table: Int32Array, col: number, place: FindingPlace): boolean {
    const off = table[col] as number
    const len = table[col + 1] as number
    if (len <= 0 || off < 0) return false
    if (!this.values.cursor.reaches(off, len) && !owner.judge.scansAll) return false
    const now = this.values.inPlace({ owner, place, key: null }, off, len, NO_MEANING, null)
    if (now === null) return false
    table[col] = this.values.append(now)
    table[col + 1] = now.length
    return true
  }
}

/** What was found here, and what an edge instance has found before and told. */
function withTold(
  found: Map<string, number>,
  told: ReadonlyMap<string, number> | undefined,
): Map<string, number> {
  if (told === undefined) return found
  const all = new Map(told)
  for (const [type, n] of found) all.set(type, (all.get(type) ?? 0) + n)
  return all
}

/** Own notes of a span, then those of its resource and scope. */
function keepNotes(
  batch: SpanBatch,
  span: number,
  lists: readonly (readonly SecretNote[] | undefined)[],
): void {
  const all = lists.flatMap((notes) => notes ?? [])
  if (all.length > 0) batch.secretNotes.set(span, all)
}
