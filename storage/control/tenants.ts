// Tenants, their projects and the environments of these. The functions run in the caller's transaction: `observa_app`
// sees one tenant, `observa_control` sees all.

import type { Statements } from '../postgres/connection.ts'
import type { Page } from '../queries/page.ts'
import { orderOf, type SortOf, sortsOf, textOrder } from '../queries/where-clause.ts'
import { Conditions, type PageWanted } from './rows.ts'

export interface TenantRow {
  readonly tenant_id: string
  readonly name: string
  readonly created_at: Date
  readonly updated_at: Date
}

export interface ProjectRow {
  readonly tenant_id: string
  readonly project_id: string
  readonly name: string
  readonly environments: readonly string[]
  readonly created_at: Date
  readonly updated_at: Date
  readonly archived_at: Date | null
}

const TENANT = 'tenant_id, name, created_at, updated_at'
const PROJECT = `tenant_id, project_id, name, ARRAY(SELECT environment FROM environments e
    WHERE e.tenant_id = projects.tenant_id AND e.project_id = projects.project_id ORDER BY 1) AS environments,
  created_at, updated_at, archived_at`

/** Returns false when the id exists. */
export async function insertTenant(
  client: Statements,
  tenantId: string,
  name: string,
): Promise<boolean> {
  const added = await client.query(
    'INSERT INTO tenants (tenant_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [tenantId, name],
  )
  return added.rowCount === 1
}

export async function findTenant(client: Statements, tenantId: string): Promise<TenantRow | null> {
  const found = await client.query<TenantRow>(
    `SELECT ${TENANT} FROM tenants WHERE tenant_id = $1`,
    [tenantId],
  )
  return found.rows[0] ?? null
}

export async function listTenants(
  client: Statements,
  wanted: PageWanted,
): Promise<Page<TenantRow>> {
  const by = { time: 'created_at', id: 'tenant_id' }
  return await new Conditions().page<TenantRow>(client, `${TENANT} FROM tenants`, by, wanted)
}

/** Returns false when no tenant has this id. */
export async function renameTenant(
  client: Statements,
  tenantId: string,
  name: string,
): Promise<boolean> {
  const changed = await client.query(
    'UPDATE tenants SET name = $2, updated_at = now() WHERE tenant_id = $1',
    [tenantId, name],
  )
  return changed.rowCount === 1
}

/** Returns false when the id exists. */
export async function insertProject(
  client: Statements,
  tenantId: string,
  projectId: string,
  name: string,
): Promise<boolean> {
  const added = await client.query(
    'INSERT INTO projects (tenant_id, project_id, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [tenantId, projectId, name],
  )
  return added.rowCount === 1
}

export async function findProject(
  client: Statements,
  tenantId: string,
  projectId: string,
): Promise<ProjectRow | null> {
  const found = await client.query<ProjectRow>(
    `SELECT ${PROJECT} FROM projects WHERE tenant_id = $1 AND project_id = $2`,
    [tenantId, projectId],
  )
  return found.rows[0] ?? null
}

/** What projects can be sorted by, and the SQL of it. */
const SORTED_BY = { created_at: 'created_at', name: textOrder('name') } as const
export type ProjectSort = SortOf<keyof typeof SORTED_BY>
export const PROJECT_SORTS = sortsOf(SORTED_BY)

export interface ProjectFilter extends PageWanted {
  readonly sort?: ProjectSort | undefined
  readonly tenantId?: string | undefined
  readonly hasArchived?: boolean | undefined
}

export async function listProjects(
  client: Statements,
  f: ProjectFilter,
): Promise<Page<ProjectRow>> {
  const where = new Conditions().add(f.tenantId, (p) => `tenant_id = ${p}`)
  if (f.hasArchived !== true) where.and('archived_at IS NULL')
  const order = orderOf(f.sort ?? '-created_at', SORTED_BY)
  const by = { time: 'created_at', id: 'project_id', order }
  return await where.page<ProjectRow>(client, `${PROJECT} FROM projects`, by, f)
}

export interface ProjectChange {
  readonly name?: string | undefined
  readonly isArchived?: boolean | undefined
}

/** Returns false when no project has this id. */
export async function updateProject(
  client: Statements,
  tenantId: string,
  projectId: string,
  change: ProjectChange,
): Promise<boolean> {
  const changed = await client.query(
    `UPDATE projects SET name = coalesce($3, name), updated_at = now(),
       archived_at = CASE WHEN $4::boolean IS NULL THEN archived_at WHEN $4 THEN coalesce(archived_at, now()) END
     WHERE tenant_id = $1 AND project_id = $2`,
    [tenantId, projectId, change.name ?? null, change.isArchived ?? null],
  )
  return changed.rowCount === 1
}

/** Adds the environment. A second call has no effect. */
export async function insertEnvironment(
  client: Statements,
  tenantId: string,
  projectId: string,
  environment: string,
): Promise<void> {
  await client.query(
    'INSERT INTO environments (tenant_id, project_id, environment) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [tenantId, projectId, environment],
  )
}
