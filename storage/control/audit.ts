// The audit log. An entry is added in the transaction of the change that it describes, so that there is no change
// without an entry.

import type { Statements } from '../postgres/connection.ts'
import type { Page } from '../queries/page.ts'
import { orderOf, type SortOf, sortsOf } from '../queries/where-clause.ts'
import { Conditions, type PageWanted } from './rows.ts'

export type ActorKind = 'user' | 'key' | 'operator' | 'system' | 'anonymous'

export interface AuditEntry {
  readonly tenantId: string
  readonly actorKind: ActorKind
  readonly actor: string | null
  readonly action: string
  readonly resourceKind: string
  readonly resource: string | null
  readonly outcome: 'done' | 'refused'
  readonly ip: string | null
  readonly userAgent: string | null
  readonly requestId: string | null
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface AuditRow {
  /** A decimal number as text, because a JavaScript number cannot represent all values. */
  readonly audit_id: string
  readonly tenant_id: string
  readonly at: Date
  readonly actor_kind: ActorKind
  readonly actor: string | null
  readonly action: string
  readonly resource_kind: string
  readonly resource: string | null
  readonly outcome: 'done' | 'refused'
  readonly ip: string | null
  readonly user_agent: string | null
  readonly request_id: string | null
  readonly metadata: Readonly<Record<string, unknown>>
}

export async function addAudit(client: Statements, entry: AuditEntry): Promise<void> {
  await client.query(
    `INSERT INTO audit_log (tenant_id, actor_kind, actor, action, resource_kind, resource, outcome, ip, user_agent, request_id,
       metadata) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      entry.tenantId,
      entry.actorKind,
      entry.actor,
      entry.action,
      entry.resourceKind,
      entry.resource,
      entry.outcome,
      entry.ip,
      entry.userAgent,
      entry.requestId,
      JSON.stringify(entry.metadata),
    ],
  )
}

const SORTED_BY = { at: 'at' } as const
export type AuditSort = SortOf<keyof typeof SORTED_BY>
export const AUDIT_SORTS = sortsOf(SORTED_BY)

export interface AuditFilter extends PageWanted {
  readonly sort?: AuditSort | undefined
  readonly tenantId?: string | undefined
  readonly action?: string | undefined
  readonly actor?: string | undefined
  readonly resource?: string | undefined
  readonly from?: Date | undefined
  readonly to?: Date | undefined
}

const AUDIT = `audit_id::text AS audit_id, tenant_id, at, actor_kind, actor, action, resource_kind, resource, outcome, ip, user_agent,
  request_id, metadata FROM audit_log`

export async function listAudit(client: Statements, f: AuditFilter): Promise<Page<AuditRow>> {
  const where = new Conditions()
    .add(f.tenantId, (p) => `tenant_id = ${p}`)
    .add(f.action, (p) => `action = ${p}`)
    .add(f.actor, (p) => `actor = ${p}`)
    .add(f.resource, (p) => `resource = ${p}`)
    .add(f.from, (p) => `at >= ${p}`)
    .add(f.to, (p) => `at < ${p}`)
  // Ids are padded, so that they sort as texts in the order of their numbers.
  return await where.page(
    client,
    AUDIT,
    {
      time: 'at',
      id: "lpad(audit_log.audit_id::text, 19, '0')",
      order: orderOf(f.sort ?? '-at', SORTED_BY),
    },
    f,
  )
}
