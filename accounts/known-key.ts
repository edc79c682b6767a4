// A key in the form that the check of a request needs. It comes from the configuration or from the control plane.

import type { KeyScope, TenantContext } from '../core/tenant.ts'
import type { CheckedKey } from '../storage/control/keys.ts'

export interface KnownKey {
  readonly id: string
  readonly digest: Buffer
  /** True if the digest was made with the pepper. */
  readonly isPeppered: boolean
  readonly tenant: TenantContext
  readonly scopes: ReadonlySet<KeyScope>
  readonly origins: ReadonlySet<string>
  readonly isRevoked: boolean
  readonly expiresAtMs: number
}

/** Finds keys by their id. */
export interface KeySource {
  find(id: string): KnownKey | undefined
  /** True if any key allows requests from pages of this origin. Preflight requests carry no key. */
  hasOrigin(origin: string): boolean
}

export function knownKeyOf(row: CheckedKey): KnownKey {
  return {
    id: row.key_id,
    digest: row.digest,
    isPeppered: row.is_peppered,
    tenant: {
      tenantId: row.tenant_id,
      projectId: row.project_id,
      environment: row.environment,
      keyId: row.key_id,
    },
    scopes: new Set(row.scopes),
    origins: new Set(row.origins),
    isRevoked: row.is_revoked,
    expiresAtMs: row.expires_at === null ? Number.POSITIVE_INFINITY : row.expires_at.getTime(),
  }
}
