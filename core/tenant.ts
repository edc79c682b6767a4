// Whose data a request is. Comes from the credential alone (`collector/extensions/keys`), never from the payload.

/** What a credential may be for: `ingest` sends telemetry, `query` reads it, `admin` changes projects, people and keys. */
export const SCOPES = ['ingest', 'query', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** Handed along with every request; small, cloned to workers as it is. */
export interface TenantContext {
  readonly tenantId: string
  readonly projectId: string
  /** Environment of the key; null: taken from the payload (resource attribute), else `default`. */
  readonly environment: string | null
  /** Public id of the key that authenticated the request, for metrics and audit; null without keys. */
  readonly keyId: string | null
}

/** The tenant of an instance without keys: everything is one tenant, said loudly at start. */
export const DEFAULT_TENANT: TenantContext = {
  tenantId: 'default',
  projectId: 'default',
  environment: null,
  keyId: null,
}

/** Among whom room and workers are shared: the key of the request, or its project where there are no keys. */
export function shareKey({ keyId, tenantId, projectId }: TenantContext): string {
  return keyId ?? `${tenantId}/${projectId}`
}
