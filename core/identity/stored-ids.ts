// Translates a plain id into its stored form. An id that contains a secret or a personal value is stored as a pseudonym, so a
// search or a deletion by the plain id has to look for the pseudonym.

/** Fields of an event that identify somebody or something and that people search for by their plain value. */
export type IdField =
  | 'user_id'
  | 'session_id'
  | 'conversation_id'
  | 'response_id'
  | 'tool_call_id'
  | 'agent_id'

export interface StoredIds {
  /**
   * Returns every form in which a plain id of the tenant may be stored: the id itself if nothing in it is private, otherwise
   * one pseudonym for each key that may have been in use. The list is never empty. It never holds the plain id beside
   * pseudonyms, because it ends up in the query log of a store.
   */
  of(tenantId: string, field: IdField, plain: string): readonly string[]
  /**
   * Removes the secrets from a text that does not come as telemetry, such as a comment of a person. `field` is the name of
   * the field in which it was sent.
   */
  readonly textOf: ScrubText
}

export type ScrubText = (tenantId: string, field: string, text: string) => string

/** For instances that scrub nothing: every id is stored as it came. */
export const PLAIN_IDS: StoredIds = {
  of: (_tenant, _field, plain) => [plain],
  textOf: (_tenant, _field, text) => text,
}

/** Combines the translations of several pipelines. */
export function storedIdsOfAll(all: readonly StoredIds[]): StoredIds {
  if (all.length === 0) return PLAIN_IDS
  return {
    of: (tenant, field, plain) => [...new Set(all.flatMap((ids) => ids.of(tenant, field, plain)))],
    textOf: (tenant, field, text) =>
      all.reduce((left, ids) => ids.textOf(tenant, field, left), text),
  }
}

/** The ids that a deletion names, in their plain form. */
export type PlainIds = Partial<Readonly<Record<IdField, string>>>

/** The stored forms of these ids by field, which a deletion has to look for. */
export function storedForms(
  ids: StoredIds,
  tenantId: string,
  plain: PlainIds,
): ReadonlyMap<IdField, readonly string[]> {
  const out = new Map<IdField, readonly string[]>()
  for (const [field, value] of Object.entries(plain))
    if (value !== undefined) out.set(field as IdField, ids.of(tenantId, field as IdField, value))
  return out
}
