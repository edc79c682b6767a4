// Whose data a request is. The tenant comes from the credential alone (`collector/extensions/keys`), never from the
// payload.

/**
 * What a credential may be used for: `ingest` sends telemetry, `query` reads it, `content` also reads prompts and answers,
 * `admin` changes projects, people and keys.
 */
export const SCOPES = ['ingest', 'query', 'content', 'admin'] as const
export type KeyScope = (typeof SCOPES)[number]

/** The tenant of a request, handed along with it. It is small and is cloned to workers. */
export interface TenantContext {
  readonly tenantId: string
  readonly projectId: string
  /**
   * Environment of the API key. When null, the environment comes from a resource attribute of the payload, or is
   * `default`.
   */
  readonly environment: string | null
  /** Public id of the API key that authenticated the request, for metrics and audit; null without keys. */
  readonly keyId: string | null
}

/** The tenant of all data when an instance runs without keys. The start logs a warning about it. */
export const DEFAULT_TENANT: TenantContext = {
  tenantId: 'default',
  projectId: 'default',
  environment: null,
  keyId: null,
}

/**
 * The unit among which memory and workers are shared fairly: the API key of the request, or its project where there are
 * no keys.
 */
export function shareKey({ keyId, tenantId, projectId }: TenantContext): string {
  return keyId ?? `${tenantId}/${projectId}`
}
