// From a plain id to what is stored for it. Ids with something secret or personal in them are kept as pseudonyms, so whoever
// looks for a user, or deletes one, by the plain value has to ask for those.

/** Fields of an event that name somebody or something, and that people ask for by the plain value. */
export type IdField =
  | 'user_id'
  | 'session_id'
  | 'conversation_id'
  | 'response_id'
  | 'tool_call_id'
  | 'agent_id'

export interface StoredIds {
  /**
   * Everything the plain value of a tenant may be stored as: itself where nothing about it is private, else a pseudonym for
   * each key that may have been in use. Never empty, and then never the plain value beside pseudonyms: it would end in a log
   * of the store.
   */
  of(tenantId: string, field: IdField, plain: string): readonly string[]
  /**
   * What a text is kept as that comes by another way than telemetry, such as a comment of a person: without its secrets. `field` is
   * the name under which it was sent.
   */
  readonly textOf: ScrubText
}

export type ScrubText = (tenantId: string, field: string, text: string) => string

/** Where nothing is scrubbed everything is stored as it came. */
export const PLAIN_IDS: StoredIds = {
  of: (_tenant, _field, plain) => [plain],
  textOf: (_tenant, _field, text) => text,
}

/** The answers of several pipelines together. */
export function storedIdsOfAll(all: readonly StoredIds[]): StoredIds {
  if (all.length === 0) return PLAIN_IDS
  return {
    of: (tenant, field, plain) => [...new Set(all.flatMap((ids) => ids.of(tenant, field, plain)))],
    textOf: (tenant, field, text) =>
      all.reduce((left, ids) => ids.textOf(tenant, field, left), text),
  }
}

/** What a deletion names: ids as people know them. */
export type PlainIds = Partial<Readonly<Record<IdField, string>>>

/** The same ids as they are stored: what a deletion has to look for, by field. */
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
