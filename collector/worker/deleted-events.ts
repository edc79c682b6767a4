// Finds the events of a task that belong to something that was deleted, so that what comes late or is sent again does not come
// back. The digests are in memory that the main thread writes; without deletions this costs one read a task.

import type { SpanBatch } from '../../core/batch.ts'
import {
  OWNER_KINDS,
  type OwnerKind,
  type TombstoneKind,
  tombstoneDigest,
} from '../../core/deletion/subject.ts'
import type { TombstoneSet } from '../../core/deletion/tombstone-set.ts'
import type { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'

export const DELETED_DROPPED = 'observa_deletion_dropped_items_total'

const FIELDS: Readonly<Record<OwnerKind, number>> = {
  user: R.user_id,
  session: R.session_id,
  conversation: R.conversation_id,
}

/** Entered for every tenant that has deletions, so that events of others are not hashed. */
export const HAS_DELETIONS = '\u0000has-deletions'

export class DeletedEvents {
  readonly #set: TombstoneSet
  /** Answers for the ids of one task, most of which many events share. */
  readonly #known = new Map<string, boolean>()
  #hasOwner = false

  constructor(set: TombstoneSet) {
    this.#set = set
  }

  /** Whether everything of a tenant is deleted. */
  isTenantDeleted(tenant: string): boolean {
    if (this.#set.size === 0) return false
    return this.#set.has(tombstoneDigest('tenant', tenant, '', tenant))
  }

  /** Drops the spans of deleted events, and returns the events. */
  drop(batch: SpanBatch, events: EventTable): readonly number[] {
    if (this.#set.size === 0) return []
    this.#known.clear()
    this.#hasOwner = false
    const found = new Set<number>()
    const look = (): void => {
      for (let event = 0; event < events.count; event++)
        if (!found.has(event) && this.#isDeleted(events, event)) found.add(event)
    }
    look()
    // A trace that names a deleted user is theirs: spans before the one that names them are looked at again.
    if (this.#hasOwner) look()
    for (const event of found) batch.drop(events.spanOf[event] as number)
    return [...found]
  }

  #isDeleted(events: EventTable, event: number): boolean {
    const tenant = events.text(event, R.tenant_id) ?? ''
    const project = events.text(event, R.project_id) ?? ''
    const has = (kind: TombstoneKind, id: string): boolean => this.#has(kind, tenant, project, id)
    if (!has('tenant', HAS_DELETIONS)) return false
    if (has('tenant', tenant)) return true
    const trace = events.hex(event, R.trace_id)
    if (trace !== null && has('trace', trace)) return true
    return OWNER_KINDS.some((kind) => {
      const id = events.text(event, FIELDS[kind]) ?? ''
      if (id !== '') {
        if (!has(kind, id)) return false
        this.#hasOwner = true
        if (trace !== null) this.#known.set(keyOf(`trace:${kind}`, tenant, project, trace), true)
        return true
      }
      return trace !== null && has(`trace:${kind}`, trace)
    })
  }

  #has(kind: TombstoneKind, tenant: string, project: string, id: string): boolean {
    const key = keyOf(kind, tenant, project, id)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const found =
      this.#set.has(tombstoneDigest(kind, tenant, '', id)) ||
      (kind !== 'tenant' && this.#set.has(tombstoneDigest(kind, tenant, project, id)))
    this.#known.set(key, found)
    return found
  }
}

const keyOf = (kind: TombstoneKind, tenant: string, project: string, id: string): string =>
  `${kind}\n${tenant}\n${project}\n${id}`
