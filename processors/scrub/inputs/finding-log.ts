// What was found in the span, resource or scope at hand: counts for metrics and events, notes for `explain`, and whether
// an action removes more than the value. Holds types and places, never a value.

import type { SecretNote } from '../../../core/batch.ts'
import type { ChainContext } from '../../../core/component.ts'
import { FAILED_TYPE } from '../detectors/marker.ts'
import type { Action, Judge } from '../judge/judge.ts'
import type { Finding } from '../value/finding.ts'

/** Where a secret stood, for the audit counter. */
export type FindingPlace =
  | 'span_name'
  | 'status_message'
  | 'trace_state'
  | 'attribute'
  | 'attribute_key'
  | 'event_name'
  | 'event_attribute'
  | 'link_attribute'
  | 'resource'
  | 'scope'
  | 'log_body'

/**
 * Whose values are looked at. Made once for each request of a batch and passed along with each value: the next value may
 * be another tenant's.
 */
export interface Owner {
  readonly tenant: string
  /** Number of its request in the batch; each has a budget of its own. */
  readonly request: number
  readonly judge: Judge
}

/** Where a value stands and whose it is. */
export interface Location {
  readonly owner: Owner
  readonly place: FindingPlace
  /** The attribute key as `explain` may show it; null where there is none or where it is itself a secret. */
  readonly key: string | null
}

export class FindingLog {
  #ctx!: ChainContext
  #tally: Map<string, number> | null = null
  #notes: Map<string, SecretNote> | null = null
  /** The attribute at hand goes; whoever looks at attributes sets it back. */
  dropsAttribute = false
  #dropsItem = false
  #masked: [number, number] | null = null

  begin(ctx: ChainContext): void {
    this.#ctx = ctx
  }

  /** Nothing was found yet in what comes now. */
  open(): void {
    this.#tally = null
    this.#notes = null
    this.#dropsItem = false
    this.#masked = null
  }

  /** Of all that was replaced: to be made a keyed digest of, and not to be kept. Null when nothing was. */
  get maskedHash(): string | null {
    return this.#masked === null ? null : this.#masked.join()
  }

  /** Something was replaced: what it was tells texts apart that now look the same. */
  mixMasked(b: Uint8Array, from: number, to: number): void {
    let [x, y] = this.#masked ?? [0x811c9dc5, 0x9e3779b9]
    for (let i = from; i <= to; i++) {
      const c = i < to ? (b[i] as number) : 0x100
      x = Math.imul(x ^ c, 0x01000193)
      y = Math.imul(y ^ c, 0x5f356495)
      y = (y << 13) | (y >>> 19)
    }
    this.#masked = [x, y]
  }

  /** Finds by type; null when there are none. A new map for each that comes. */
  get tally(): Map<string, number> | null {
    return this.#tally
  }

  get notes(): readonly SecretNote[] {
    return this.#notes === null ? [] : [...this.#notes.values()]
  }

  /** The span or log record goes. */
  get dropsItem(): boolean {
    return this.#dropsItem
  }

  /** Notes a finding and what its action removes; returns the action. */
  found(f: Finding, at: Location): Action {
    const { judge } = at.owner
    const action = judge.actionOf(f.type)
    const type = judge.typeName(f.type)
    this.#count(type, at.place)
    if (this.#ctx.explain) this.#note(f, type, at, action)
    if (action === 'drop_event') this.#dropsItem = true
    if (action === 'drop_attribute') this.dropsAttribute = true
    return action
  }

  /** Something could not be looked at, and was replaced whole. */
  failed(place: FindingPlace): void {
    this.#count(FAILED_TYPE, place)
  }

  /** Finds of a resource or scope count for each span under it. */
  addShared(tally: ReadonlyMap<string, number> | undefined): void {
    if (tally === undefined) return
    for (const [type, n] of tally) this.#add(type, n)
  }

  #count(type: string, place: FindingPlace): void {
    this.#ctx.count('observa_scrub_findings_total', `type="${type}",place="${place}"`, 1)
    this.#add(type, 1)
  }

  #add(type: string, n: number): void {
    this.#tally ??= new Map()
    this.#tally.set(type, (this.#tally.get(type) ?? 0) + n)
  }

  #note(f: Finding, type: string, at: Location, action: Action): void {
    const { place } = at
    const key = place === 'attribute_key' ? null : at.key
    this.#notes ??= new Map()
    const id = `${type}/${place}/${key ?? ''}`
    const known = this.#notes.get(id)
    if (known !== undefined) known.count++
    else {
      const by = at.owner.judge.isOwnRule(f.type) ? 'rule' : 'detector'
      this.#notes.set(id, { type, by, place, key, action, count: 1 })
    }
  }
}
