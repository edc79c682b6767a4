// What a deletion is of, and the digests by which data of it is known later. Ids themselves are kept nowhere: whoever was
// deleted must not be named by the record of it.

import { hash } from 'node:crypto'

export const SUBJECT_KINDS = ['tenant', 'user', 'session', 'conversation', 'trace'] as const
export type SubjectKind = (typeof SUBJECT_KINDS)[number]

/** Subjects that people know by an id which may name somebody. */
export const OWNER_KINDS = ['user', 'session', 'conversation'] as const
export type OwnerKind = (typeof OWNER_KINDS)[number]

export const isOwnerKind = (kind: string): kind is OwnerKind => OWNER_KINDS.some((k) => k === kind)

/** `trace:user` is a trace of a deleted user: spans in it that name no user were the user's too. */
export type TombstoneKind = SubjectKind | `trace:${OwnerKind}`

/**
 * SHA-256, 32 bytes. `id` is the id as it is stored, so that of somebody's e-mail address it is the pseudonym; of a tenant it
 * is ''. `project` is '' for all projects.
 */
export function tombstoneDigest(
  kind: TombstoneKind,
  tenant: string,
  project: string,
  id: string,
): Buffer {
  return hash('sha256', digestInput(kind, tenant, project, id), 'buffer')
}

/** The text that is hashed. Stores that compute digests themselves make the same one. */
export function digestInput(
  kind: TombstoneKind,
  tenant: string,
  project: string,
  id: string,
): string {
  return `${kind}\n${tenant}\n${project}\n${id}`
}
