// Runs a change of the control plane for a route: in one transaction of the credential's tenant, with the database
// role of the API.

import type { FastifyRequest } from 'fastify'
import type { Change } from '../../../accounts/audited-change.ts'
import type { Statements } from '../../../storage/postgres/connection.ts'
import { withTenant } from '../../../storage/postgres/roles.ts'
import { actorOf, tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'

export async function read<T>(
  req: FastifyRequest,
  stores: Stores,
  work: (client: Statements, tenantId: string) => Promise<T>,
): Promise<T> {
  const { tenantId } = tenantOf(req)
  return await withTenant(stores.postgres, tenantId, (client) => work(client, tenantId))
}

export async function write<T>(
  req: FastifyRequest,
  stores: Stores,
  work: (change: Change) => Promise<T>,
): Promise<T> {
  const { tenantId, keyId } = tenantOf(req)
  const actor = actorOf(req)
  // A key has the rights of an admin, because admins can make keys. Without keys and people there is no role.
  const role = req.signedIn?.role ?? (keyId === null ? null : 'admin')
  const by = role === null ? {} : { by: role }
  return await withTenant(
    stores.postgres,
    tenantId,
    (client) => work({ client, actor, tenantId, ...by }),
    { readOnly: false },
  )
}
