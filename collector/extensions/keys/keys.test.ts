// API keys: which requests are refused and how, unknown and known keys cost the same work, and no command prints a
// key twice.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { parse } from 'yaml'
import { keyDigest, keyIdOf, makeKey, parseKey } from '../../../accounts/api-key.ts'
import type { KnownKey } from '../../../accounts/known-key.ts'
import type { AuthResult } from '../../../core/component.ts'
import { Secret } from '../../../core/config/config-types.ts'
import { DEFAULT_TENANT } from '../../../core/tenant.ts'
import { type KeysConfig, keysSchema } from './config.ts'
import {
  allowedOrigins,
  anonymousAuthenticator,
  createKeysAuthenticator,
  type KeysCommandIo,
  keysCommand,
} from './index.ts'
import { type KeyForTests, keyForTests } from './testing/key-for-tests.ts'

const PATH = '/v1/traces'

function configOf(...keys: readonly KeyForTests[]): KeysConfig {
  return keysSchema.parse({ keys: keys.map((k) => k.row) })
}

type Headers = Record<string, string | string[] | undefined>

async function ask(
  config: KeysConfig,
  headers: Headers,
  scope: 'ingest' | 'query' = 'ingest',
  url = PATH,
): Promise<AuthResult> {
  return await createKeysAuthenticator(config).authenticate(headers, url, scope)
}

async function status(...args: Parameters<typeof ask>): Promise<number> {
  const result = await ask(...args)
  return result.ok ? 200 : result.status
}

const bearer = (key: string): Headers => ({ authorization: `Bearer ${key}` })

test('a key has kind, mode, id and a checksum that any change breaks', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('sk' as const, 'pk' as const),
      fc.constantFrom('live' as const, 'test' as const),
      fc.nat(41),
      fc.constantFrom('A', 'z', '0', '-', ''),
      (kind, mode, at, replacement) => {
        const key = makeKey(kind, mode)
        assert.equal(key.length, 50)
        assert.deepEqual(parseKey(key), { id: key.slice(0, 16), kind, mode })
        const changed = key.slice(0, 8 + at) + replacement + key.slice(9 + at)
        if (changed !== key) assert.equal(parseKey(changed), null)
      },
    ),
  )
  assert.notEqual(makeKey('sk', 'live'), makeKey('sk', 'live'))
})

test('each of the header forms authenticates as the tenant of the key', async () => {
  const sk = keyForTests('sk', { environment: 'production' })
  const config = configOf(sk, keyForTests('sk'))
  const basic = Buffer.from(`pk-lf-anything:${sk.key}`).toString('base64')
  for (const headers of [
    bearer(sk.key),
    { authorization: `bearer   ${sk.key}` },
    { 'x-api-key': sk.key },
    { authorization: `Basic ${basic}` },
  ]) {
    const result = await ask(config, headers)
    assert.ok(result.ok)
    assert.deepEqual(result.tenant, {
      tenantId: 'tenant-a',
      projectId: 'project-a',
      environment: 'production',
      keyId: keyIdOf(sk.key),
    })
  }
})

test('no, unknown, mistyped, shortened, revoked and expired keys are 401', async () => {
  const sk = keyForTests('sk')
  const revoked = keyForTests('sk', { revoked: true })
  const expired = keyForTests('sk', { expires_at: '2020-01-01T00:00:00Z' })
  const config = configOf(sk, revoked, expired)
  const refusedHeaders: readonly Headers[] = [
    {},
    bearer(`sk_live_${'A'.repeat(32)}`),
    bearer(makeKey('sk', 'test')),
    bearer(keyIdOf(sk.key)),
    bearer(sk.key.slice(0, -1)),
    bearer(`${sk.key}x`),
    bearer(''),
    bearer(revoked.key),
    bearer(expired.key),
    { authorization: sk.key },
    { authorization: `Digest ${sk.key}` },
    { authorization: 'Basic ' },
    { authorization: `Basic ${Buffer.from(sk.key).toString('base64')}` },
    { 'x-api-key': [sk.key, sk.key] },
    { 'x-tenant-id': 'tenant-a' },
  ]
  for (const headers of refusedHeaders)
    assert.equal(await status(config, headers), 401, inspect(headers))
  assert.equal(await status(config, bearer(sk.key)), 200)
})

test('a key that has the id of another does not pass', async () => {
  const sk = keyForTests('sk')
  const forged = keyForTests('sk')
  const config = configOf({ key: sk.key, row: { ...sk.row, id: keyIdOf(forged.key) } })
  assert.equal(await status(config, bearer(forged.key)), 401)
  assert.equal(await status(config, bearer(sk.key)), 401)
})

test('tokens, also unsigned ones, are 401', async () => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const signature of ['', part('x')]) {
    const token = `${part({ alg: 'none', typ: 'JWT' })}.${part({ sub: 'u1' })}.${signature}`
    assert.equal(await status(configOf(), bearer(token)), 401)
  }
})

test('a key in the URL is 401, however it is written, even beside a right one', async () => {
  const sk = keyForTests('sk')
  const config = configOf(sk)
  for (const url of [
    `${PATH}?api_key=${sk.key}`,
    `${PATH}?api_key=x`,
    `${PATH}?a=1&X-API-Key=x`,
    `${PATH}?q=${sk.key}`,
    `${PATH}?q=${sk.key.replace('_', '%5f').replace('_', '%5F')}`,
    `${PATH}/${sk.key}`,
    `${PATH}/${sk.key.slice(0, 17)}`,
  ])
    assert.equal(await status(config, bearer(sk.key), 'ingest', url), 401, url)
  assert.equal(
    await status(config, bearer(sk.key), 'query', '/api/v1/traces?limit=5&q=sk_live'),
    200,
  )
  const id = `/api/v1/keys/${keyIdOf(sk.key)}`
  assert.equal(await status(config, bearer(sk.key), 'query', id), 200, 'the public part is none')
})

test('a publishable key only ingests, only from its exact origins', async () => {
  const pk = keyForTests('pk')
  const config = configOf(pk)
  const from = (origin: string | undefined): Headers => ({ ...bearer(pk.key), origin })
  assert.equal(await status(config, from('https://app.example.com')), 200)
  assert.equal(await status(config, from('https://app.example.com'), 'query'), 403)
  for (const origin of [
    undefined,
    'null',
    '',
    'https://evil.example',
    'http://app.example.com',
    'https://app.example.com:444',
    'https://app.example.com.evil.example',
    'https://evil.example/https://app.example.com',
    'https://xapp.example.com',
    'HTTPS://APP.EXAMPLE.COM',
  ])
    assert.equal(await status(config, from(origin)), 403, origin)
  assert.deepEqual([...allowedOrigins(config)], ['https://app.example.com'])
})

test('a secret key needs the scope of the route', async () => {
  const ingestOnly = keyForTests('sk', { scopes: ['ingest'] })
  const config = configOf(ingestOnly)
  assert.equal(await status(config, bearer(ingestOnly.key)), 200)
  assert.equal(await status(config, bearer(ingestOnly.key), 'query'), 403)
})

test('known and unknown ids cost one hash each; a wrong checksum costs none', async () => {
  const sk = keyForTests('sk')
  let hashes = 0
  const digest = (key: string): Buffer => {
    hashes++
    return keyDigest(key, null)
  }
  const authenticator = createKeysAuthenticator(configOf(sk), { digest })
  const work = async (key: string): Promise<number> => {
    hashes = 0
    await authenticator.authenticate(bearer(key), PATH, 'ingest')
    return hashes
  }
  assert.equal(await work(sk.key), 1)
  assert.equal(await work(makeKey('sk', 'test')), 1)
  assert.equal(await work(`${sk.key.slice(0, -1)}-`), 0)
})

/** Keys of a control plane in which the key `appears` is found only after the first read of changes. */
function controlOf(
  rows: readonly KnownKey[],
  over: { appears?: KnownKey; isStale?: boolean } = {},
) {
  const known = new Map(rows.map((row) => [row.id, row]))
  const used: string[] = []
  let looks = 0
  return {
    known,
    used: (id: string) => void used.push(id),
    uses: used,
    looks: () => looks,
    find: (id: string) => known.get(id),
    hasOrigin: () => false,
    isStale: over.isStale ?? false,
    look: async () => {
      looks++
      if (over.appears !== undefined) known.set(over.appears.id, over.appears)
    },
  }
}

/** A key as the control plane knows it. */
function knownOf(key: string, over: Partial<KnownKey> = {}): KnownKey {
  return {
    id: keyIdOf(key),
    digest: keyDigest(key, null),
    isPeppered: false,
    tenant: { tenantId: 'acme', projectId: 'shop', environment: null, keyId: keyIdOf(key) },
    scopes: new Set(['ingest'] as const),
    origins: new Set(),
    isRevoked: false,
    expiresAtMs: Number.POSITIVE_INFINITY,
    ...over,
  }
}

test('keys of the control plane work beside those of the configuration, and need no look', async () => {
  const sk = keyForTests('sk')
  const key = makeKey('sk', 'live')
  const control = controlOf([knownOf(key)])
  const authenticator = createKeysAuthenticator(configOf(sk), { control })
  for (let i = 0; i < 3; i++) {
    const result = authenticator.authenticate(bearer(key), PATH, 'ingest')
    assert.ok('ok' in result && result.ok, 'answered at once')
    assert.equal(result.tenant.tenantId, 'acme')
  }
  assert.equal((await authenticator.authenticate(bearer(sk.key), PATH, 'query')).ok, true)
  assert.equal(control.looks(), 0)
  assert.deepEqual(control.uses.slice(0, 3), [keyIdOf(key), keyIdOf(key), keyIdOf(key)])
})

test('a key that was right is refused as soon as its row says so, also with a changed digest', async () => {
  const key = makeKey('sk', 'live')
  const control = controlOf([knownOf(key)])
  const authenticator = createKeysAuthenticator(configOf(), { control })
  const ask = () => authenticator.authenticate(bearer(key), PATH, 'ingest')
  assert.equal((await ask()).ok, true)
  for (const row of [
    knownOf(key, { isRevoked: true }),
    knownOf(key, { expiresAtMs: Date.now() - 1 }),
    knownOf(key, { digest: Buffer.alloc(32) }),
    knownOf(key, { scopes: new Set(['query']) }),
  ]) {
    control.known.set(row.id, row)
    assert.equal((await ask()).ok, false)
  }
  control.known.delete(keyIdOf(key))
  assert.equal((await ask()).ok, false)
})

test('a key that another instance made a moment ago is looked for; one that nobody made costs a look and is 401', async () => {
  const key = makeKey('sk', 'live')
  const control = controlOf([], { appears: knownOf(key) })
  const authenticator = createKeysAuthenticator(configOf(), { control })
  assert.equal((await authenticator.authenticate(bearer(key), PATH, 'ingest')).ok, true)
  const other = await authenticator.authenticate(bearer(makeKey('sk', 'live')), PATH, 'ingest')
  assert.equal(other.ok ? 200 : other.status, 401)
  assert.equal(control.looks(), 2)
  await authenticator.authenticate(bearer(`${key.slice(0, -1)}-`), PATH, 'ingest')
  assert.equal(control.looks(), 2, 'a wrong checksum costs none')
})

test('while the control plane does not answer an unknown key is a 503, which a client tries again', async () => {
  const control = controlOf([], { isStale: true })
  const authenticator = createKeysAuthenticator(configOf(), { control })
  const result = await authenticator.authenticate(bearer(makeKey('sk', 'live')), PATH, 'ingest')
  assert.ok(!result.ok)
  assert.deepEqual([result.status, result.retryAfterS], [503, 5])
})

test('rows with and without a pepper work side by side where the pepper is known', async () => {
  const pepper = new Secret('a pepper of a test')
  const [plain, peppered] = [makeKey('sk', 'live'), makeKey('sk', 'live')]
  const rows = [
    knownOf(plain),
    knownOf(peppered, { digest: keyDigest(peppered, pepper), isPeppered: true }),
  ]
  const config = keysSchema.parse({ pepper: pepper.reveal() })
  const authenticator = createKeysAuthenticator(config, { control: controlOf(rows) })
  const without = createKeysAuthenticator(configOf(), { control: controlOf(rows) })
  for (const key of [plain, peppered])
    assert.equal((await authenticator.authenticate(bearer(key), PATH, 'ingest')).ok, true)
  assert.equal((await without.authenticate(bearer(plain), PATH, 'ingest')).ok, true)
  assert.equal((await without.authenticate(bearer(peppered), PATH, 'ingest')).ok, false)
})

test('with a pepper only hashes made with it are right', async () => {
  const pepper = ['a', 'pepper'].join(' ')
  const sk = keyForTests('sk', {}, new Secret(pepper))
  const peppered = keysSchema.parse({ pepper, keys: [sk.row] })
  assert.equal(await status(peppered, bearer(sk.key)), 200)
  assert.equal(await status(keysSchema.parse({ keys: [sk.row] }), bearer(sk.key)), 401)
  assert.equal(inspect(peppered, { depth: 9, showHidden: true }).includes(pepper), false)
})

test('no refusal holds the credential', async () => {
  const sk = keyForTests('sk', { revoked: true })
  for (const headers of [
    bearer(sk.key),
    bearer(`${sk.key}x`),
    { authorization: `Odd ${sk.key}` },
  ]) {
    const text = JSON.stringify(await ask(configOf(sk), headers))
    assert.equal(text.includes(sk.key.slice(16)), false)
  }
})

test('without keys everybody is the default tenant', async () => {
  const result = await anonymousAuthenticator().authenticate({}, PATH, 'query')
  assert.ok(result.ok)
  assert.deepEqual(result.tenant, DEFAULT_TENANT)
})

test('rows with mistakes are refused', () => {
  const { row } = keyForTests('pk')
  for (const bad of [
    { ...row, origins: [] },
    { ...row, origins: ['https://app.example.com/'] },
    { ...row, origins: ['*'] },
    { ...row, scopes: ['ingest', 'query'] },
    { ...row, scopes: [] },
    { ...row, hash: 'short' },
    { ...row, id: 'pk_live' },
    { ...row, tenant: 'a b' },
    { ...row, tenat: 'x' },
  ])
    assert.equal(keysSchema.safeParse({ keys: [bad] }).success, false, JSON.stringify(bad))
  assert.equal(keysSchema.safeParse({ keys: [row, row] }).success, false)
})

function commandIo(config: KeysConfig | null, env: Record<string, string> = {}) {
  let out = ''
  let err = ''
  const io: KeysCommandIo = {
    stdout: (text) => {
      out += text
    },
    stderr: (text) => {
      err += text
    },
    env,
    loadKeys: async () => config,
    nowMs: Date.parse('2026-01-01T00:00:00Z'),
  }
  return { io, out: () => out, err: () => err }
}

test('keys create prints a key once and a row that accepts it', async () => {
  const t = commandIo(null, { OBSERVA_KEY_PEPPER: 'pepper' })
  const args = ['create', '--tenant', 'acme', '--project', 'chat', '--name', 'ci']
  assert.equal(await keysCommand(args, t.io), 0, t.err())
  const [key, ...rowLines] = t.out().split('\n')
  assert.ok(key !== undefined && parseKey(key) !== null)
  const rows: unknown = parse(rowLines.join('\n'))
  const config = keysSchema.parse({ pepper: 'pepper', keys: rows })
  assert.equal(await status(config, bearer(key), 'query'), 200)
  assert.equal(rowLines.join('\n').includes(key.slice(16)), false)
  assert.equal(t.err().includes(key.slice(16)), false)
})

test('keys create refuses what would not load', async () => {
  for (const args of [
    ['create'],
    ['create', '--tenant', 'a', '--project', 'b', '--kind', 'pk'],
    ['create', '--tenant', 'a', '--project', 'b', '--kind', 'xx'],
    ['create', '--tenant', 'a', '--project', 'b', '--scope', 'root'],
    ['create', '--tenat', 'a'],
    ['rotate'],
    [],
  ])
    assert.equal(await keysCommand(args, commandIo(null).io), 2, args.join(' '))
})

test('keys list shows ids and states, never hashes; rotate and revoke print rows', async () => {
  const sk = keyForTests('sk', { name: 'first' })
  const old = keyForTests('sk', { expires_at: '2025-01-01T00:00:00Z' })
  const config = configOf(sk, old)
  const id = keyIdOf(sk.key)
  const list = commandIo(config)
  assert.equal(await keysCommand(['list'], list.io), 0)
  assert.match(
    list.out(),
    new RegExp(`${id} +active +tenant-a/project-a +ingest,query,content +first\n`),
  )
  assert.match(list.out(), /expired/)
  assert.equal(list.out().includes(sk.row.hash), false)
  const rotate = commandIo(config)
  assert.equal(await keysCommand(['rotate', id, '--json'], rotate.io), 0)
  const made = JSON.parse(rotate.out()) as { key: string; row: { id: string; tenant: string } }
  assert.equal(made.row.tenant, 'tenant-a')
  assert.notEqual(made.row.id, id)
  assert.equal(await status(keysSchema.parse({ keys: [made.row] }), bearer(made.key)), 200)
  const revoke = commandIo(config)
  assert.equal(await keysCommand(['revoke', id], revoke.io), 0)
  const rows: unknown = parse(revoke.out())
  assert.equal(await status(keysSchema.parse({ keys: rows }), bearer(sk.key)), 401)
  assert.equal(await keysCommand(['revoke', 'sk_live_nothere0'], commandIo(config).io), 1)
})
