// Saved views: a list with its filters, order and columns under a name. A view belongs to its owner, and others see it if it
// is shared.

import { randomUUID } from 'node:crypto'
import type { Statements } from '../postgres/connection.ts'
import type { Page, ProjectScope } from '../queries/page.ts'
import { Conditions, type PageWanted } from './rows.ts'

export interface ViewRow {
  readonly view_id: string
  readonly name: string
  readonly page: string
  readonly query: Readonly<Record<string, string>>
  readonly owner: string
  readonly is_shared: boolean
  readonly created_at: Date
  readonly updated_at: Date
}

export interface ViewChange {
  readonly name?: string | undefined
  readonly query?: Readonly<Record<string, string>> | undefined
  readonly isShared?: boolean | undefined
}

const COLUMNS = 'view_id, name, page, query, owner, is_shared, created_at, updated_at'
/** Largest number of views of a project, so that nobody fills the store with them. */
export const VIEWS_MAX = 1000

/** Views of the owner and shared ones, newest first. */
export async function listViews(
  client: Statements,
  scope: ProjectScope,
  owner: string,
  wanted: PageWanted & { readonly page?: string | undefined },
): Promise<Page<ViewRow>> {
  const where = new Conditions()
    .add(scope.tenantId, (p) => `tenant_id = ${p}`)
    .add(scope.projectId, (p) => `project_id = ${p}`)
    .add(owner, (p) => `(owner = ${p} OR is_shared)`)
    .add(wanted.page, (p) => `page = ${p}`)
  const sql = `${COLUMNS} FROM saved_views`
  return await where.page(client, sql, { time: 'created_at', id: 'view_id' }, wanted)
}

/** Returns null if there is no view with this id that the owner may see. */
export async function findView(
  client: Statements,
  scope: ProjectScope,
  owner: string,
  id: string,
): Promise<ViewRow | null> {
  const found = await client.query<ViewRow>(
    `SELECT ${COLUMNS} FROM saved_views
     WHERE tenant_id = $1 AND project_id = $2 AND view_id = $3 AND (owner = $4 OR is_shared)`,
    [scope.tenantId, scope.projectId, id, owner],
  )
  return found.rows[0] ?? null
}

/** Returns null when the project has reached the largest number of views. */
export async function addView(
  client: Statements,
  scope: ProjectScope,
  view: Omit<ViewRow, 'view_id' | 'created_at' | 'updated_at'>,
): Promise<ViewRow | null> {
  const added = await client.query<ViewRow>(
    `INSERT INTO saved_views (tenant_id, project_id, view_id, name, page, query, owner, is_shared)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8
     WHERE (SELECT count(*) FROM saved_views WHERE tenant_id = $1 AND project_id = $2) < ${VIEWS_MAX}
     RETURNING ${COLUMNS}`,
    [
      scope.tenantId,
      scope.projectId,
      randomUUID(),
      view.name,
      view.page,
      JSON.stringify(view.query),
      view.owner,
      view.is_shared,
    ],
  )
  return added.rows[0] ?? null
}

export async function changeView(
  client: Statements,
  scope: ProjectScope,
  id: string,
  to: ViewChange,
): Promise<ViewRow | null> {
  const query = to.query === undefined ? null : JSON.stringify(to.query)
  const changed = await client.query<ViewRow>(
    `UPDATE saved_views SET name = coalesce($4, name), query = coalesce($5::jsonb, query), is_shared = coalesce($6, is_shared),
       updated_at = now()
     WHERE tenant_id = $1 AND project_id = $2 AND view_id = $3 RETURNING ${COLUMNS}`,
    [scope.tenantId, scope.projectId, id, to.name ?? null, query, to.isShared ?? null],
  )
  return changed.rows[0] ?? null
}

export async function removeView(
  client: Statements,
  scope: ProjectScope,
  id: string,
): Promise<void> {
  await client.query(
    'DELETE FROM saved_views WHERE tenant_id = $1 AND project_id = $2 AND view_id = $3',
    [scope.tenantId, scope.projectId, id],
  )
}
