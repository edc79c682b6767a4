// Makes and changes tenants and projects.

import { randomUUID } from 'node:crypto'
import {
  findProject,
  findTenant,
  insertEnvironment,
  insertProject,
  insertTenant,
  type ProjectChange,
  type ProjectRow,
  renameTenant,
  type TenantRow,
  updateProject,
} from '../storage/control/tenants.ts'
import { type Change, record } from './audited-change.ts'
import { ControlError } from './control-error.ts'

/** Makes a tenant. `change.tenantId` is its id. */
export async function createTenant(change: Change, name: string): Promise<TenantRow> {
  if (!(await insertTenant(change.client, change.tenantId, name)))
    throw new ControlError('CONFLICT', `There is a tenant ${change.tenantId} already.`)
  await record(change, { action: 'tenant.create', resource: change.tenantId, metadata: { name } })
  return await tenantOf(change)
}

export async function changeTenant(change: Change, name: string): Promise<TenantRow> {
  if (!(await renameTenant(change.client, change.tenantId, name))) throw noTenant(change.tenantId)
  await record(change, { action: 'tenant.update', resource: change.tenantId, metadata: { name } })
  return await tenantOf(change)
}

export async function tenantOf({ client, tenantId }: Change): Promise<TenantRow> {
  const found = await findTenant(client, tenantId)
  if (found === null) throw noTenant(tenantId)
  return found
}

export interface NewProject {
  /** A UUID if absent. */
  readonly id?: string | undefined
  readonly name: string
  readonly environments?: readonly string[] | undefined
}

export async function createProject(change: Change, input: NewProject): Promise<ProjectRow> {
  const { client, tenantId } = change
  await tenantOf(change)
  const projectId = input.id ?? randomUUID()
  if (!(await insertProject(client, tenantId, projectId, input.name)))
    throw new ControlError('CONFLICT', `There is a project ${projectId} already.`)
  for (const environment of input.environments ?? [])
    await insertEnvironment(client, tenantId, projectId, environment)
  const metadata = { name: input.name, environments: input.environments ?? [] }
  await record(change, { action: 'project.create', resource: projectId, metadata })
  return await projectOf(change, projectId)
}

export async function changeProject(
  change: Change,
  projectId: string,
  to: ProjectChange,
): Promise<ProjectRow> {
  if (!(await updateProject(change.client, change.tenantId, projectId, to)))
    throw noProject(projectId)
  await record(change, { action: 'project.update', resource: projectId, metadata: { ...to } })
  return await projectOf(change, projectId)
}

export async function projectOf(
  { client, tenantId }: Change,
  projectId: string,
): Promise<ProjectRow> {
  const found = await findProject(client, tenantId, projectId)
  if (found === null) throw noProject(projectId)
  return found
}

/** The error for an unknown project. A project of another tenant gets the same error, so that the actor learns nothing about it. */
const noProject = (id: string): ControlError =>
  new ControlError('NOT_FOUND', `There is no project ${id}.`)
const noTenant = (id: string): ControlError =>
  new ControlError('NOT_FOUND', `There is no tenant ${id}.`)
