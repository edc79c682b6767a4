// Sections that need something of other sections: each lack is told with its place and the fix.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MASK } from '../core/config/config-types.ts'
import { loadConfig } from './load.ts'
import { accountsSettingsOf } from './oidc-section.ts'
import { testRegistry } from './testing/registry-for-tests.ts'
import { problemLine } from './tree/problems.ts'

const BASE = `
receivers: { otlp: }
processors: { scrub: {}, canonicalize: {}, cost: {}, signals: {} }
exporters: { clickhouse: { embedded: true }, postgres: { embedded: true } }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`

const load = (yaml: string) =>
  loadConfig({
    files: ['a.yaml'],
    sets: [],
    env: { OIDC_SECRET: 'not to be shown' },
    registry: testRegistry,
    isOffline: false,
    readFile: () => Promise.resolve(`${BASE}${yaml}`),
  })

async function errorsOf(yaml: string): Promise<string> {
  const result = await load(yaml)
  assert.equal(result.ok, false, 'expected errors')
  return result.ok ? '' : result.errors.map(problemLine).join('\n')
}

const AROUND = `auth: keys
notifications: { external_url: https://observa.example.com/ }
`
const oidc = (more: string, issuer = 'https://login.example.com/realms/a'): string =>
  `oidc: { issuer: "${issuer}", client_id: observa${more} }\n`

test('an OpenID provider gets its settings, and its secret is not shown', async () => {
  const secret = ', client_secret: "${' + 'env:OIDC_SECRET}", email_domains: [Example.COM]'
  const result = await load(`${AROUND}${oidc(secret)}`)
  assert.ok(result.ok)
  assert.deepEqual(result.warnings, [])
  assert.ok(!JSON.stringify(result.config.printable).includes('not to be shown'))
  const settings = accountsSettingsOf(result.config).oidc
  assert.equal(settings?.externalUrl, 'https://observa.example.com')
  assert.deepEqual(settings?.emailDomains, ['example.com'])
  assert.equal(settings?.clientSecret?.reveal(), 'not to be shown')
  assert.ok(!JSON.stringify(settings).includes('not to be shown'))
  assert.ok(JSON.stringify(settings).includes(MASK))
})

test('`openid` is asked for also where the scopes do not have it', async () => {
  const result = await load(`${AROUND}${oidc(', scopes: [email]')}`)
  assert.ok(result.ok)
  assert.deepEqual(accountsSettingsOf(result.config).oidc?.scopes, ['openid', 'email'])
})

test('an OpenID provider needs keys and the address of the console', async () => {
  const errors = await errorsOf(oidc(''))
  assert.match(errors, /^a\.yaml:8:\d+: OBS_CONFIG_MISSING: oidc: .*notifications\.external_url/m)
  assert.match(errors, /^a\.yaml:8:\d+: OBS_CONFIG_AUTH: oidc: .*Write `auth: keys`/m)
})

test('an issuer has TLS outside of this machine, and is neither its metadata nor an address of the cloud', async () => {
  for (const [issuer, told] of [
    ['http://login.example.com', /OBS_CONFIG_BAD_VALUE: oidc\.issuer: .*allow_http: true/],
    ['http://10.0.0.5:8080/realms/a', /OBS_CONFIG_BAD_VALUE: oidc\.issuer: .*allow_http: true/],
    ['https://169.254.169.254/', /OBS_CONFIG_LINK_LOCAL: oidc\.issuer/],
    ['https://metadata.google.internal', /OBS_CONFIG_LINK_LOCAL: oidc\.issuer/],
    ['https://a.example/.well-known/openid-configuration', /oidc\.issuer: .*before \/\.well-known/],
    ['https://user@a.example', /oidc\.issuer: .*without user/],
    ['https://a.example/?x=1', /oidc\.issuer: .*without user/],
    ['login.example.com', /oidc\.issuer/],
  ] as const)
    assert.match(await errorsOf(`${AROUND}${oidc('', issuer)}`), told, issuer)
  for (const [issuer, more] of [
    ['https://10.0.0.5/realms/a', ''],
    ['https://keycloak.internal', ''],
    ['http://127.0.0.1:8080', ''],
    ['http://[::1]:8080', ''],
    ['http://localhost:8080', ''],
    ['http://keycloak:8080', ', allow_http: true'],
  ] as const) {
    const result = await load(`${AROUND}${oidc(more, issuer)}`)
    assert.ok(result.ok, `${issuer} ${result.ok ? '' : result.errors.map(problemLine).join()}`)
  }
})

test('roles, domains and scopes that cannot be are refused', async () => {
  for (const more of [
    ', roles: [{ group: a, tenant: b, role: king }]',
    ', roles: [{ group: a, role: admin }]',
    ', email_domains: ["@example.com"]',
    ', scopes: ["email profile"]',
    ', name: ""',
    ', client_id: ""',
  ])
    assert.match(await errorsOf(`${AROUND}${oidc(more)}`), /oidc\./, more)
})

test('accounts by mail need a mail server', async () => {
  assert.match(
    await errorsOf('accounts: mail\n'),
    /OBS_CONFIG_MISSING: accounts: links are sent by notifications\.smtp/,
  )
  const smtp = 'notifications: { smtp: { url: "smtp://mail.example", from: "a@b.example" } }'
  assert.ok((await load(`accounts: mail\n${smtp}\n`)).ok)
})

test('classes to archive need an archive, at the line that names them', async () => {
  const errors = await errorsOf('retention: { events: 720h, archive: [events, signals] }\n')
  assert.match(
    errors,
    /^a\.yaml:8:\d+: OBS_CONFIG_MISSING: retention\.archive: there is no archive.*archive: \{directory:/,
  )
  assert.match(
    await errorsOf('retention: { archive: [content] }\narchive: {}\n'),
    /OBS_CONFIG_MISSING: retention\.archive/,
  )
  const s3 =
    'archive: { s3: { url: "https://s3.example.com/b", access_key_id: k, secret_access_key: s } }'
  for (const fine of [
    'retention: { archive: [] }',
    'retention: { events: 720h }',
    'retention: { archive: [events] }\narchive: { directory: /srv/archive }',
    `retention: { archive: [events] }\n${s3}`,
    'archive: { directory: /srv/archive }',
  ])
    assert.ok((await load(`${fine}\n`)).ok, fine)
})
