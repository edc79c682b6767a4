// `observa keys create|list|rotate|revoke` for keys in the configuration file. A new key is printed once, with its
// row for the configuration. The command writes no file, because the configuration belongs to the operator.

import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { keyDigest, keyIdOf, makeKey } from '../../../accounts/api-key.ts'
import { Secret } from '../../../core/config/config-types.ts'
import { messageOf } from '../../../core/errors.ts'
import { type KeyRow, type KeysConfig, keysSchema } from './config.ts'

export interface KeysCommandIo {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
  /** The keys of a configuration. Null, after printing the reason, if it has mistakes or no `keys` extension. */
  readonly loadKeys: (files: readonly string[]) => Promise<KeysConfig | null>
  readonly nowMs: number
}

const USAGE = `keys create --tenant T --project P [--kind sk|pk] [--mode live|test] [--environment E]
            [--scope ingest|query|content|admin]... [--origin URL]... [--name TEXT] [--config FILE]...
keys list --config FILE
keys rotate ID --config FILE
keys revoke ID --config FILE
`

const OPTIONS = {
  tenant: { type: 'string' },
  project: { type: 'string' },
  kind: { type: 'string', default: 'sk' },
  mode: { type: 'string', default: 'live' },
  environment: { type: 'string' },
  scope: { type: 'string', multiple: true },
  origin: { type: 'string', multiple: true },
  name: { type: 'string' },
  config: { type: 'string', multiple: true, short: 'c' },
  json: { type: 'boolean' },
} as const

type Values = ReturnType<
  typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>
>['values']

/**
 * Returns the exit code: 0 for success, 1 if the configuration is wrong or has no such key, 2 if the command line is
 * wrong.
 */
export async function keysCommand(args: readonly string[], io: KeysCommandIo): Promise<0 | 1 | 2> {
  let given: { values: Values; positionals: string[] }
  try {
    given = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (thrown) {
    io.stderr(`keys: ${messageOf(thrown)}\n${USAGE}`)
    return 2
  }
  const [action, id] = given.positionals
  switch (action) {
    case 'create':
      return await create(given.values, io)
    case 'list':
      return await list(given.values, io)
    case 'rotate':
    case 'revoke':
      if (id !== undefined) return await change(action, id, given.values, io)
      io.stderr(`keys ${action}: the id of a key is missing\n${USAGE}`)
      return 2
    default:
      io.stderr(USAGE)
      return 2
  }
}

async function create(values: Values, io: KeysCommandIo): Promise<0 | 1 | 2> {
  const { kind, mode } = values
  if ((kind !== 'sk' && kind !== 'pk') || (mode !== 'live' && mode !== 'test')) {
    io.stderr(`keys create: --kind is sk or pk, --mode is live or test\n${USAGE}`)
    return 2
  }
  const missing = (['tenant', 'project'] as const).filter((name) => values[name] === undefined)
  if (missing.length > 0) {
    io.stderr(`keys create: --${missing.join(' and --')} missing\n${USAGE}`)
    return 2
  }
  const pepper = await pepperOf(values, io)
  if (pepper === undefined) return 1
  const key = makeKey(kind, mode)
  const row = {
    id: keyIdOf(key),
    hash: keyDigest(key, pepper).toString('hex'),
    ...(values.name === undefined ? {} : { name: values.name }),
    tenant: values.tenant,
    project: values.project,
    ...(values.environment === undefined ? {} : { environment: values.environment }),
    scopes: values.scope ?? (kind === 'pk' ? ['ingest'] : ['ingest', 'query', 'content']),
    ...(values.origin === undefined ? {} : { origins: values.origin }),
  }
  const checked = keysSchema.safeParse({ keys: [row] })
  if (!checked.success) {
    const reasons = checked.error.issues.map((i) => `  ${i.path.slice(2).join('.')}: ${i.message}`)
    io.stderr(`keys create:\n${reasons.join('\n')}\n${USAGE}`)
    return 2
  }
  printNew(key, row, pepper !== null, values, io)
  return 0
}

/** The pepper of the given configuration, else that of the environment. Undefined if the configuration is wrong. */
async function pepperOf(values: Values, io: KeysCommandIo): Promise<Secret | null | undefined> {
  if (values.config !== undefined) {
    const config = await io.loadKeys(values.config)
    return config === null ? undefined : (config.pepper ?? null)
  }
  const text = io.env['OBSERVA_KEY_PEPPER'] ?? ''
  return text === '' ? null : new Secret(text)
}

function printNew(
  key: string,
  row: Readonly<Record<string, unknown>>,
  isPeppered: boolean,
  values: Values,
  io: KeysCommandIo,
): void {
  if (values.json === true) {
    io.stdout(`${JSON.stringify({ key, row, peppered: isPeppered }, null, 2)}\n`)
    return
  }
  io.stderr('The key. It is not shown again:\n\n')
  io.stdout(`${key}\n`)
  const how = isPeppered
    ? 'hashed with the pepper: the configuration needs the same one'
    : 'hashed without a pepper'
  io.stderr(`\nThe row for extensions.keys.keys (${how}):\n\n`)
  io.stdout(stringify([row], { flowCollectionPadding: false }))
}

async function list(values: Values, io: KeysCommandIo): Promise<0 | 1> {
  const config = await io.loadKeys(values.config ?? [])
  if (config === null) return 1
  if (values.json === true) {
    const rows = config.keys.map((row) => ({ ...row, hash: undefined, state: stateOf(row, io) }))
    io.stdout(`${JSON.stringify(rows, null, 2)}\n`)
    return 0
  }
  const cells = config.keys.map((row) => [
    row.id,
    stateOf(row, io),
    `${row.tenant}/${row.project}`,
    row.scopes.join(','),
    row.name ?? '',
  ])
  const table = [['ID', 'STATE', 'TENANT/PROJECT', 'SCOPES', 'NAME'], ...cells]
  const widths = [0, 1, 2, 3].map((i) => Math.max(...table.map((row) => (row[i] ?? '').length)))
  for (const row of table)
    io.stdout(
      `${row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    )
  return 0
}

function stateOf(row: Pick<KeyRow, 'revoked' | 'expires_at'>, io: KeysCommandIo): string {
  if (row.revoked) return 'revoked'
  return row.expires_at !== undefined && Date.parse(row.expires_at) <= io.nowMs
    ? 'expired'
    : 'active'
}

async function change(
  action: 'rotate' | 'revoke',
  id: string,
  values: Values,
  io: KeysCommandIo,
): Promise<0 | 1> {
  const config = await io.loadKeys(values.config ?? [])
  if (config === null) return 1
  const row = config.keys.find((k) => k.id === id)
  if (row === undefined) {
    io.stderr(`keys ${action}: there is no key ${id}. See: keys list\n`)
    return 1
  }
  if (action === 'revoke') {
    io.stderr('Replace the row by this one and reload (SIGHUP); the key stops working at once:\n\n')
    io.stdout(stringify([{ ...row, revoked: true }]))
    return 0
  }
  const [kind, mode] = id.split('_') as ['sk' | 'pk', 'live' | 'test']
  const key = makeKey(kind, mode)
  const pepper = config.pepper ?? null
  const hash = keyDigest(key, pepper).toString('hex')
  printNew(key, { ...row, id: keyIdOf(key), hash, revoked: false }, pepper !== null, values, io)
  io.stderr(`\nKeep both rows until every client has the new key, then: keys revoke ${id}\n`)
  return 0
}
