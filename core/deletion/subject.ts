// The subject of a deletion, and the digests that identify its data afterwards. The id itself is stored nowhere, because the record of a
// deletion must not name the deleted person.

import { hash } from 'node:crypto'

export const SUBJECT_KINDS = ['tenant', 'user', 'session', 'conversation', 'trace'] as const
export type SubjectKind = (typeof SUBJECT_KINDS)[number]

/** The kinds of subjects whose id may name a person. */
export const OWNER_KINDS = ['user', 'session', 'conversation'] as const
export type OwnerKind = (typeof OWNER_KINDS)[number]

export const isOwnerKind = (kind: string): kind is OwnerKind => OWNER_KINDS.some((k) => k === kind)

/** `trace:user` is a trace of a deleted user. Its spans without a user id belong to that user too. */
export type TombstoneKind = SubjectKind | `trace:${OwnerKind}`

/**
 * Returns the SHA-256 digest of a subject, 32 bytes. `id` is the id in its stored form, which for an e-mail address is the pseudonym, and
 * is empty for a tenant. `project` is empty for all projects.
 */
export function tombstoneDigest(
  kind: TombstoneKind,
  tenant: string,
  project: string,
  id: string,
): Buffer {
  return hash('sha256', digestInput(kind, tenant, project, id), 'buffer')
}

/** Returns the text that is hashed. Stores that compute digests themselves build the same text. */
export function digestInput(
  kind: TombstoneKind,
  tenant: string,
  project: string,
  id: string,
): string {
  return `${kind}\n${tenant}\n${project}\n${id}`
}
