// `observa keys ... --database`: keys of the control plane. The keys extension has the command for keys in a
// configuration file.

import { ControlError } from '../../../accounts/control-error.ts'
import * as input from '../../../accounts/input.ts'
import {
  createKey,
  isUnused,
  type MadeKey,
  revokeOwnKey,
  rotateKey,
  stateOf,
  UNUSED_DAYS,
} from '../../../accounts/keys.ts'
import { findKey, type KeyRow, listKeys } from '../../../storage/control/keys.ts'
import { parse } from '../args.ts'
import type { Io } from '../io.ts'
import { CONTROL_OPTIONS, type ControlSession, withControl } from './database.ts'
import { allPages, checked, day, type Line, printRow, printRows, usageOf } from './print.ts'

const OPTIONS = {
  ...CONTROL_OPTIONS,
  tenant: { type: 'string' },
  project: { type: 'string' },
  kind: { type: 'string', default: 'sk' },
  mode: { type: 'string', default: 'live' },
  environment: { type: 'string' },
  scope: { type: 'string', multiple: true },
  origin: { type: 'string', multiple: true },
  name: { type: 'string' },
  expires: { type: 'string' },
} as const

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values']

const ACTIONS = `create [--tenant T] [--project P] [--kind sk|pk] [--mode live|test] [--scope S]... [--origin URL]...
             [--environment E] [--name TEXT] [--expires TIME]
             | list [--tenant T] [--project P] | rotate ID [--expires TIME] | revoke ID`

export async function keysInDatabase(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('keys', args, OPTIONS)
  const [action, id = ''] = positionals
  const run = (work: (s: ControlSession) => Promise<void>): Promise<number> =>
    withControl('keys', values, io, work)
  switch (`${action} ${positionals.length}`) {
    case 'create 1':
      return await run(async (s) => {
        printMade(await create(s, values), values, io)
      })
    case 'list 1':
      return await run(async ({ client }) => {
        const filter = { tenantId: values.tenant, projectId: values.project }
        const rows = await allPages(values.limit, (w) => listKeys(client, { ...filter, ...w }))
        printRows(io, rows.map(withState), values.json, keyLine)
      })
    case 'rotate 2':
      return await run(async (s) => {
        const { tenant_id } = await keyOf(s, id)
        const oldExpiresAt = expiryOf(values)
        const made = await rotateKey(s.change(tenant_id), id, { oldExpiresAt }, s.pepper)
        printMade(made, values, io)
        const until =
          oldExpiresAt === undefined
            ? `until you revoke it: keys revoke ${id} --database ...`
            : `until ${oldExpiresAt.toISOString()}`
        io.err(`\n${id} works beside it, ${until}\n`)
      })
    case 'revoke 2':
      return await run(async (s) => {
        const { tenant_id } = await keyOf(s, id)
        const row = await revokeOwnKey(s.change(tenant_id), id)
        printRow(io, withState(row), values.json, keyLine)
      })
    default:
      return usageOf('keys', ACTIONS, io)()
  }
}

async function create(s: ControlSession, values: Values): Promise<MadeKey> {
  const { kind, mode } = values
  if ((kind !== 'sk' && kind !== 'pk') || (mode !== 'live' && mode !== 'test'))
    throw new ControlError('INVALID', '--kind is sk or pk, --mode is live or test.')
  const optional = <T>(schema: Parameters<typeof checked<T>>[0], value: unknown, name: string) =>
    value === undefined ? undefined : checked(schema, value, name)
  const given = {
    projectId: values.project ?? 'default',
    kind,
    mode,
    scopes: optional(input.scopes, values.scope, '--scope'),
    origins: optional(input.origins, values.origin, '--origin'),
    environment: optional(input.environmentName, values.environment, '--environment'),
    name: optional(input.displayName, values.name, '--name'),
    expiresAt: expiryOf(values),
  } as const
  return await createKey(s.change(), given, s.pepper)
}

const expiryOf = ({ expires }: Values): Date | undefined =>
  expires === undefined ? undefined : checked(input.expiry, expires, '--expires')

/** Finds a key of any tenant: somebody who can connect to the database may change all of them. */
async function keyOf({ client }: ControlSession, id: string): Promise<KeyRow> {
  const found = await findKey(client, id)
  if (found === null)
    throw new ControlError('NOT_FOUND', `There is no key ${id}.`, 'See: keys list --database ...')
  return found
}

type Shown = KeyRow & { readonly state: string; readonly is_unused: boolean }
const withState = (row: KeyRow): Shown => ({
  ...row,
  state: stateOf(row),
  is_unused: isUnused(row, Date.now()),
})

const keyLine = (key: Shown): Line => ({
  KEY: key.key_id,
  'ENDS IN': key.last4,
  STATE: key.is_unused ? `${key.state}, unused for ${UNUSED_DAYS} days` : key.state,
  'TENANT/PROJECT': `${key.tenant_id}/${key.project_id}`,
  SCOPES: key.scopes.join(','),
  NAME: key.name ?? '',
  'LAST USED': day(key.last_used_at),
  EXPIRES: day(key.expires_at),
})

/** Prints only the key on standard output, so that a script can use the output. */
function printMade({ key, row }: MadeKey, values: Values, io: Io): void {
  if (values.json === true) {
    printRow(io, { key, ...withState(row) }, true, keyLine)
    return
  }
  io.err('The key. It is not shown again:\n\n')
  io.out(`${key}\n`)
  io.err(
    `\nof ${row.tenant_id}/${row.project_id}, for ${row.scopes.join(', ')}. It works at once.\n`,
  )
}
