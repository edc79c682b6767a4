// The control plane from the command line, beside a running instance with the embedded Postgres: onboarding without a
// browser, a key that works at once, rotation with two keys, revocation, and how invalid commands are refused.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { COMMANDS } from '../../collector/cli/commands.ts'
import type { Io } from '../../collector/cli/io.ts'
import { UncaughtErrors } from '../../collector/uncaught-errors.ts'
import { ObservaError } from '../../core/errors.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

/** Long-running commands register here how to be drained; none of the commands in this test does. */
const faults = new UncaughtErrors(() => {}, 1000)
let at: Instance

before(async () => {
  at = await Instance.start({
    config: `
auth: keys
exporters: { postgres: { embedded: true } }
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [file, postgres] }
`,
  })
})
after(() => at.stop())

interface Said {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** Runs a command like `main.ts` does, without a process for each. */
async function observa(name: string, ...args: readonly string[]): Promise<Said> {
  let out = ''
  let err = ''
  const io: Io = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: {},
    isTty: false,
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
  }
  const files = ['--config', join(at.dir, 'base.yaml'), '--config', join(at.dir, 'test.yaml')]
  try {
    const command = await COMMANDS.get(name)?.load()
    const status = await command?.([...args, ...files], io, faults)
    return { status: status ?? null, out, err }
  } catch (thrown) {
    if (!(thrown instanceof ObservaError)) throw thrown
    return { status: 1, out, err: thrown.line() }
  }
}

async function json(name: string, ...args: readonly string[]): Promise<unknown> {
  const said = await observa(name, ...args, '--json')
  assert.equal(said.status, 0, said.err)
  return JSON.parse(said.out)
}

async function send(key: string): Promise<number> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  return (await at.post('/v1/traces', otlpJson([{ name: 'chat' }]), headers)).status
}

interface Made {
  readonly key: string
  readonly key_id: string
  readonly state: string
}

const OF_SHOP = ['--tenant', 'acme', '--project', 'shop', '--database', 'config'] as const

async function newKey(): Promise<Made> {
  return (await json('keys', 'create', ...OF_SHOP)) as Made
}

const KEY = /^(sk|pk)_live_[0-9A-Za-z]{42}$/

test('onboarding up to the first span: tenant, project, owner and key', async () => {
  assert.deepEqual(
    ((await json('tenants', 'create', 'Acme Inc.', '--id', 'acme')) as { name: string }).name,
    'Acme Inc.',
  )
  const project = await json(
    'projects',
    'create',
    'Shop',
    '--tenant',
    'acme',
    '--id',
    'shop',
    '--environment',
    'prod',
  )
  assert.deepEqual((project as { environments: string[] }).environments, ['prod'])
  const owner = await json(
    'users',
    'create',
    'ada@test.invalid',
    '--tenant',
    'acme',
    '--role',
    'owner',
  )
  assert.equal((owner as { role: string }).role, 'owner')
  const made = await observa('keys', 'create', ...OF_SHOP)
  assert.equal(made.status, 0, made.err)
  const key = made.out.trim()
  assert.match(key, KEY, 'the key alone is on standard output')
  assert.equal(made.err.includes(key), false)
  assert.equal(await send(key), 200, 'it works at once')
  await at.drained()
  const [event] = await at.events()
  assert.deepEqual([event?.['tenant_id'], event?.['project_id']], ['acme', 'shop'])
})

test('during rotation both keys work, and revocation takes effect at once', async () => {
  const first = await newKey()
  const second = (await json('keys', 'rotate', first.key_id, '--database', 'config')) as Made
  assert.deepEqual([await send(first.key), await send(second.key)], [200, 200])
  const third = await observa('keys', 'rotate', first.key_id, '--database', 'config')
  assert.equal(third.status, 1)
  assert.match(third.err, /has a successor already.*Revoke/)
  const revoked = (await json('keys', 'revoke', first.key_id, '--database', 'config')) as Made
  assert.equal(revoked.state, 'revoked')
  await until(async () => (await send(first.key)) === 401, 'refused', 5000)
  assert.equal(await send(second.key), 200)
  const listed = (await json('keys', 'list', '--tenant', 'acme', '--database', 'config')) as Made[]
  assert.ok(listed.length >= 3)
  assert.equal(JSON.stringify(listed).includes(second.key), false)
  assert.equal(JSON.stringify(listed).includes('digest'), false)
  assert.match((await observa('keys', 'list', '--database', 'config')).out, /^KEY +ENDS IN +STATE/)
})

test('an archived project refuses its keys until it is restored', async () => {
  const { key } = await newKey()
  assert.equal(await send(key), 200)
  assert.equal((await observa('projects', 'archive', 'shop', '--tenant', 'acme')).status, 0)
  await until(async () => (await send(key)) === 401, 'refused', 5000)
  assert.deepEqual(await json('projects', 'list', '--tenant', 'acme'), [])
  assert.equal((await observa('projects', 'restore', 'shop', '--tenant', 'acme')).status, 0)
  await until(async () => (await send(key)) === 200, 'back', 5000)
})

test('an invalid command is refused with an explanation and changes nothing', async () => {
  const before = (await json('audit')) as unknown[]
  const refused: readonly (readonly [readonly [string, ...string[]], RegExp])[] = [
    [['tenants', 'create', 'Acme', '--id', 'acme'], /There is a tenant acme already/],
    [['tenants', 'create', 'Acme', '--id', 'Not Lower'], /--id: expected 1 to 64 of a-z/],
    [['projects', 'create', 'X', '--tenant', 'nobody'], /There is no tenant nobody/],
    [['users', 'create', 'no address', '--tenant', 'acme'], /EMAIL: expected an e-mail address/],
    [['users', 'create', 'ADA@test.invalid', '--tenant', 'acme'], /is a member of acme already/],
    [['users', 'remove', 'ada@test.invalid', '--tenant', 'acme'], /only owner.*Make another/],
    [['users', 'role', 'ada@test.invalid', 'viewer', '--tenant', 'acme'], /only owner/],
    [['keys', 'create', '--project', 'nope', '--database', 'config'], /There is no project nope/],
    [['keys', 'create', '--kind', 'pk', '--database', 'config'], /needs the origins of its pages/],
    [
      ['keys', 'create', '--kind', 'pk', '--origin', 'https://a.example/', '--database', 'config'],
      /scheme, host and port only/,
    ],
    [['keys', 'create', '--scope', 'root', '--database', 'config'], /--scope/],
    [['keys', 'create', '--expires', '2001-01-01T00:00:00Z', '--database', 'config'], /expired/],
    [['keys', 'revoke', 'sk_live_00000000', '--database', 'config'], /There is no key/],
    [['tenants', 'list', '--database', 'http://x'], /OBS_CLI_DATABASE.*postgres:/],
    [['tenants', 'list', '--limit', 'many'], /--limit/],
  ]
  for (const [args, reason] of refused) {
    const said = await observa(...args)
    assert.equal(said.status, 1, `${args.join(' ')}: ${said.out}${said.err}`)
    assert.match(said.err, reason, args.join(' '))
  }
  assert.equal((await observa('projects')).status, 2)
  assert.equal((await observa('users', 'invent')).status, 2)
  assert.equal(((await json('audit')) as unknown[]).length, before.length)
})

test('roles by tenant and project, and the audit log of all changes', async () => {
  await json('users', 'create', 'bob@test.invalid', '--tenant', 'acme')
  const project = ['--tenant', 'acme', '--project', 'shop']
  const bob = (await json('users', 'role', 'bob@test.invalid', 'viewer', ...project)) as {
    role: string
    project_roles: unknown
  }
  assert.deepEqual([bob.role, bob.project_roles], ['member', { shop: 'viewer' }])
  const back = await json('users', 'role', 'bob@test.invalid', 'inherit', ...project)
  assert.deepEqual((back as typeof bob).project_roles, {})
  assert.equal((await observa('users', 'disable', 'bob@test.invalid')).status, 0)
  const log = (await json('audit', '--tenant', 'acme')) as { action: string; actor_kind: string }[]
  assert.deepEqual(
    log.slice(0, 4).map((row) => row.action),
    ['user.disable', 'member.project_role', 'member.project_role', 'member.add'],
  )
  assert.ok(log.every((row) => row.actor_kind === 'operator'))
  const keys = (await json('audit', '--tenant', 'acme', '--action', 'key.revoke')) as unknown[]
  assert.equal(keys.length, 1)
})

test('a quota is set, shown and taken away, and the audit log has each change', async () => {
  const set = await json('quota', 'set', 'default', '--events', '1000', '--usd', '2.5')
  const { events_per_month, usd_per_month } = set as Record<string, unknown>
  assert.deepEqual(
    { events_per_month, usd_per_month },
    { events_per_month: 1000, usd_per_month: 2.5 },
  )
  const without = await json('quota', 'set', 'default', '--events', 'none')
  assert.equal((without as { events_per_month: unknown }).events_per_month, null)
  assert.equal((without as { usd_per_month: unknown }).usd_per_month, 2.5)
  const [shown] = (await json('quota', 'list')) as { project_id: string }[]
  assert.ok(shown !== undefined)
  const changes = await json('audit', '--action', 'quota.update', '--resource', 'default')
  assert.equal((changes as unknown[]).length, 2)
  await json('quota', 'set', 'default', '--usd', 'none')
})

test('a forgotten password is replaced by one that is printed once, and signs in', async () => {
  await json('users', 'create', 'eve@test.invalid', '--tenant', 'acme', '--role', 'admin')
  const said = await observa('users', 'password', 'eve@test.invalid')
  assert.equal(said.status, 0, said.err)
  const password = said.out.trim()
  assert.ok(password.length >= 20)
  assert.equal(said.err.includes(password), false)
  const logIn = (given: string) =>
    at.post(
      '/api/v1/auth/login',
      JSON.stringify({ email: 'eve@test.invalid', password: given }),
      undefined,
      'http',
    )
  assert.equal((await logIn(password)).status, 200)
  assert.equal((await observa('users', 'password', 'nobody@test.invalid')).status, 1)
  const again = await observa('users', 'password', 'eve@test.invalid')
  assert.equal((await logIn(password)).status, 401)
  assert.equal((await logIn(again.out.trim())).status, 200)
})

test('while the instance is stopped, the commands start its database and stop it again', async () => {
  await at.kill('SIGTERM')
  const tenants = (await json('tenants', 'list')) as { tenant_id: string }[]
  assert.deepEqual(tenants.map((t) => t.tenant_id).toSorted(), ['acme', 'default'])
  const again = await observa('tenants', 'rename', 'acme', 'Acme')
  assert.equal(again.status, 0, again.err)
})
