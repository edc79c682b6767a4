// `observa tenants` and `observa projects`.

import { randomUUID } from 'node:crypto'
import * as input from '../../../accounts/input.ts'
import {
  changeProject,
  changeTenant,
  createProject,
  createTenant,
} from '../../../accounts/tenants.ts'
import {
  listProjects,
  listTenants,
  type ProjectRow,
  type TenantRow,
} from '../../../storage/control/tenants.ts'
import { parse } from '../args.ts'
import type { Io } from '../io.ts'
import { CONTROL_OPTIONS, type ControlSession, withControl } from './database.ts'
import { allPages, checked, day, type Line, printRow, printRows, usageOf } from './print.ts'

const tenantLine = (t: TenantRow): Line => ({
  TENANT: t.tenant_id,
  NAME: t.name,
  CREATED: day(t.created_at),
})

export async function tenantsCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('tenants', args, {
    ...CONTROL_OPTIONS,
    id: { type: 'string' },
  })
  const [action, ...rest] = positionals
  const usage = usageOf('tenants', 'list | create NAME [--id ID] | rename ID NAME', io)
  const run = (work: (s: ControlSession) => Promise<void>): Promise<number> =>
    withControl('tenants', values, io, work)
  if (action === 'list' && rest.length === 0)
    return await run(async ({ client }) => {
      const rows = await allPages(values.limit, (wanted) => listTenants(client, wanted))
      printRows(io, rows, values.json, tenantLine)
    })
  if (action === 'create' && rest.length === 1)
    return await run(async (s) => {
      const name = checked(input.displayName, rest[0], 'NAME')
      const id = values.id === undefined ? randomUUID() : checked(input.newId, values.id, '--id')
      printRow(io, await createTenant(s.change(id), name), values.json, tenantLine)
    })
  if (action === 'rename' && rest.length === 2)
    return await run(async (s) => {
      const name = checked(input.displayName, rest[1], 'NAME')
      printRow(io, await changeTenant(s.change(rest[0]), name), values.json, tenantLine)
    })
  return usage()
}

const projectLine = (p: ProjectRow): Line => ({
  TENANT: p.tenant_id,
  PROJECT: p.project_id,
  NAME: p.name,
  ENVIRONMENTS: p.environments.join(','),
  STATE: p.archived_at === null ? 'active' : 'archived',
})

export async function projectsCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('projects', args, {
    ...CONTROL_OPTIONS,
    id: { type: 'string' },
    environment: { type: 'string', multiple: true },
    all: { type: 'boolean' },
  })
  const [action, ...rest] = positionals
  const run = (work: (s: ControlSession) => Promise<ProjectRow | null>): Promise<number> =>
    withControl('projects', values, io, async (s) => {
      const row = await work(s)
      if (row !== null) printRow(io, row, values.json, projectLine)
    })
  if (action === 'list' && rest.length === 0)
    return await run(async (s) => {
      const filter = { tenantId: s.change().tenantId, hasArchived: values.all }
      const rows = await allPages(values.limit, (w) => listProjects(s.client, { ...filter, ...w }))
      printRows(io, rows, values.json, projectLine)
      return null
    })
  if (action === 'create' && rest.length === 1)
    return await run(async (s) => {
      const environments = (values.environment ?? []).map((name) =>
        checked(input.environmentName, name, '--environment'),
      )
      const name = checked(input.displayName, rest[0], 'NAME')
      const id = values.id === undefined ? undefined : checked(input.newId, values.id, '--id')
      return await createProject(s.change(), { id, name, environments })
    })
  const [id = '', given] = rest
  if (action === 'rename' && rest.length === 2)
    return await run(async (s) => {
      const name = checked(input.displayName, given, 'NAME')
      return await changeProject(s.change(), id, { name })
    })
  if ((action === 'archive' || action === 'restore') && rest.length === 1)
    return await run((s) => changeProject(s.change(), id, { isArchived: action === 'archive' }))
  const actions =
    'list [--all] | create NAME [--id ID] [--environment E]... | rename ID NAME | archive ID | restore ID'
  return usageOf('projects', actions, io)()
}
