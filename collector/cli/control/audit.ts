// `observa audit` prints who changed what in the control plane.

import * as input from '../../../accounts/input.ts'
import { type AuditRow, listAudit } from '../../../storage/control/audit.ts'
import { parse } from '../args.ts'
import type { Io } from '../io.ts'
import { CONTROL_OPTIONS, withControl } from './database.ts'
import { allPages, checked, day, type Line, printRows, usageOf } from './print.ts'

const auditLine = (a: AuditRow): Line => ({
  TIME: day(a.at),
  TENANT: a.tenant_id,
  WHO: a.actor === null ? a.actor_kind : `${a.actor_kind}:${a.actor}`,
  ACTION: a.action,
  RESOURCE: a.resource ?? '',
  OUTCOME: a.outcome,
  MORE: JSON.stringify(a.metadata),
})

export async function auditCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('audit', args, {
    ...CONTROL_OPTIONS,
    tenant: { type: 'string' },
    action: { type: 'string' },
    actor: { type: 'string' },
    resource: { type: 'string' },
    since: { type: 'string' },
  })
  if (positionals.length > 0)
    return usageOf(
      'audit',
      '[--tenant T] [--action A] [--actor ID] [--resource ID] [--since TIME]',
      io,
    )()
  return await withControl('audit', values, io, async ({ client }) => {
    const { tenant: tenantId, action, actor, resource, since } = values
    const from = since === undefined ? undefined : checked(input.expiry, since, '--since')
    const filter = { tenantId, action, actor, resource, from }
    const rows = await allPages(values.limit, (w) => listAudit(client, { ...filter, ...w }))
    printRows(io, rows, values.json, auditLine)
  })
}
