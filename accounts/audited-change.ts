// A change of the control plane is made in one transaction with its entry in the audit log, so that there is no
// change without an entry.

import { type ActorKind, addAudit } from '../storage/control/audit.ts'
import type { Statements } from '../storage/postgres/connection.ts'

/** The person or program that makes a change, and its address. */
export interface Actor {
  readonly kind: ActorKind
  /** The id of a user or key, or the login of an operator. */
  readonly id: string | null
  readonly ip?: string | null
  readonly userAgent?: string | null
  readonly requestId?: string | null
}

export interface Change {
  /** A connection in a transaction, with a role that may make the change. */
  readonly client: Statements
  readonly actor: Actor
  readonly tenantId: string
  /** The role of the person who makes the change; a key counts as an admin. Only an owner may make owners. */
  readonly by?: string
}

export interface Done {
  /** The name of the action, such as `key.create` or `member.role`. */
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

/** The text that names the actor in columns such as `created_by`. */
export const nameOf = (actor: Actor): string =>
  actor.id === null ? actor.kind : `${actor.kind}:${actor.id}`
