// A change of the control plane: in one transaction with its entry in the audit log, so that there is none without the other.

import { type ActorKind, addAudit } from '../storage/control/audit.ts'
import type { Statements } from '../storage/postgres/connection.ts'

/** Who asks, and by which way. */
export interface Actor {
  readonly kind: ActorKind
  /** Id of a user or key, login of an operator. */
  readonly id: string | null
  readonly ip?: string | null
  readonly userAgent?: string | null
  readonly requestId?: string | null
}

export interface Change {
  /** In a transaction, as a role that may. */
  readonly client: Statements
  readonly actor: Actor
  readonly tenantId: string
  /** Role of the person who asks, where one does: only an owner makes owners. */
  readonly by?: string
}

export interface Done {
  /** `key.create`, `member.role`, .. */
  readonly action: string
  readonly resource: string | null
  readonly outcome?: 'refused'
  readonly metadata?: Readonly<Record<string, unknown>>
}

const TEXT_CHARS_MAX = 500

export async function record(change: Change, done: Done): Promise<void> {
  const { actor } = change
  await addAudit(change.client, {
    tenantId: change.tenantId,
    actorKind: actor.kind,
    actor: actor.id,
    action: done.action,
    resourceKind: done.action.replace(/\..*/, ''),
    resource: done.resource,
    outcome: done.outcome ?? 'done',
    ip: actor.ip ?? null,
    userAgent: actor.userAgent?.slice(0, TEXT_CHARS_MAX) ?? null,
    requestId: actor.requestId ?? null,
    metadata: done.metadata ?? {},
  })
}

/** How an actor is named in rows that say who made them. */
export const nameOf = (actor: Actor): string =>
  actor.id === null ? actor.kind : `${actor.kind}:${actor.id}`
