import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { registry } from '../collector/registry.ts'
import { validateCommand } from '../config/commands.ts'

const textOf = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8')

/** Environment variables that an operator would set. */
const ENV = {
  CLICKHOUSE_URL: 'http://clickhouse:8123',
  CLICKHOUSE_PASSWORD: 'example',
  DATABASE_URL: 'postgres://observa:example@postgres:5432/observa',
  KAFKA_BROKERS: 'kafka:9092',
  OBSERVA_KEY_PEPPER: 'ab'.repeat(32),
  OBSERVA_KEY_ID: `sk_live_${'0'.repeat(8)}`,
  OBSERVA_KEY_HASH: '0'.repeat(64),
}
const FLEET_ENV = { ...ENV, OBSERVA_PSEUDONYM_KEY: 'cd'.repeat(32) }

async function validate(
  env: Readonly<Record<string, string>>,
  ...files: readonly string[]
): Promise<[number, string]> {
  let text = ''
  const print = (more: string): void => {
    text += more
  }
  const named = files.length === 0 ? ['observa.server.yaml'] : files
  const args = named.flatMap((file) => ['--config', join(import.meta.dirname, file)])
  const code = await validateCommand(['--strict', ...args], {
    stdout: print,
    stderr: print,
    registry,
    env,
    readFile: (path) => readFile(path, 'utf8'),
  })
  return [code, text]
}

test('observa.server.yaml is valid, without a warning', async () => {
  const [code, text] = await validate(ENV)
  assert.equal(code, 0, text)
  assert.match(text, /traces .* -> clickhouse, postgres, kafka\n/)
})

test('edge.yaml and core.yaml are valid, without a warning, and meet at one topic', async () => {
  const [edge, edgeText] = await validate(FLEET_ENV, 'edge.yaml')
  assert.equal(edge, 0, edgeText)
  assert.match(edgeText, /traces +otlp, observa -> scrub -> canonicalize -> kafka\n/)
  const [core, coreText] = await validate(FLEET_ENV, 'core.yaml')
  assert.equal(core, 0, coreText)
  assert.match(coreText, /traces +kafka -> .* -> clickhouse, postgres\n/)
  const topic = /topic: (.*)\n/.exec(textOf('edge.yaml'))?.[1]
  assert.ok(topic !== undefined && textOf('core.yaml').includes(`topics: [${topic}]`))
})

test('with the files of managed/ a fleet uses brokers with TLS and a password', async () => {
  const env = { ...FLEET_ENV, KAFKA_USERNAME: 'observa', KAFKA_PASSWORD: 'example' }
  for (const role of ['edge', 'core']) {
    const [code, text] = await validate(env, `${role}.yaml`, `managed/${role}.yaml`)
    assert.equal(code, 0, text)
  }
})

test('the error for a missing variable names it', async () => {
  const [code, text] = await validate({})
  assert.equal(code, 1)
  for (const name of Object.keys(ENV)) assert.match(text, new RegExp(`${name} is not set`))
})

interface ComposeService {
  readonly environment?: Readonly<Record<string, unknown>>
  readonly volumes?: readonly string[]
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly ports?: readonly string[]
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, unknown>>
}

test('compose.fleet.yaml gives every instance a log of its own and declares every volume and variable it uses', () => {
  const compose = parse(textOf('compose.fleet.yaml'), { merge: true }) as Compose
  const mounts = Object.values(compose.services).flatMap((s) => s.volumes ?? [])
  const named = mounts.map((m) => m.split(':')[0] as string).filter((m) => !m.startsWith('.'))
  assert.deepEqual(named.toSorted(), Object.keys(compose.volumes).toSorted())
  const core = compose.services['core-2']?.environment ?? {}
  assert.deepEqual(
    Object.keys(core).toSorted(),
    [...Object.keys(FLEET_ENV), 'OBSERVA_METRICS_ENDPOINT'].toSorted(),
  )
  for (const name of ['edge', 'edge-2', 'core', 'core-2']) {
    assert.equal(compose.services[name]?.read_only, true, name)
    assert.deepEqual(compose.services[name]?.cap_drop, ['ALL'], name)
  }
  const wanted = textOf('compose.fleet.yaml').matchAll(/\$\{([A-Z_]+)\}/g)
  const example = textOf('env.example')
  for (const [, name] of wanted) assert.match(example, new RegExp(`^${name}=`, 'm'))
})

test('compose.yaml sets every variable that the configuration needs and declares every volume and variable it uses', async () => {
  const compose = parse(textOf('compose.yaml')) as Compose
  const given = compose.services['observa']?.environment ?? {}
  const wanting = [...Object.keys(ENV), 'OBSERVA_METRICS_ENDPOINT']
  assert.deepEqual(Object.keys(given).toSorted(), wanting.toSorted())
  const mounts = Object.values(compose.services).flatMap((s) => s.volumes ?? [])
  const named = mounts.map((m) => m.split(':')[0] as string).filter((m) => !m.startsWith('.'))
  assert.deepEqual(named.toSorted(), Object.keys(compose.volumes).toSorted())
  const wanted = textOf('compose.yaml').matchAll(/\$\{([A-Z_]+)\}/g)
  const example = textOf('env.example')
  for (const [, name] of wanted) assert.match(example, new RegExp(`^${name}=`, 'm'))
})

test('systemd accepts the unit file', (t) => {
  const unit = textOf('observa.service')
  assert.match(unit, /^ExecStart=\S+ dist\/collector\/main\.js run /m)
  assert.match(unit, /^KillSignal=SIGTERM$/m)
  assert.match(unit, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m)
  const done = spawnSync(
    'systemd-analyze',
    ['verify', join(import.meta.dirname, 'observa.service')],
    {
      encoding: 'utf8',
    },
  )
  if (done.error !== undefined) return t.skip('systemd-analyze is not on this machine')
  const ours = done.stderr.split('\n').filter((l) => l.includes('observa.service'))
  // Ignores the missing program file, which exists only on a machine where Observa is installed.
  assert.deepEqual(
    ours.filter((l) => !/not executable|No such file/.test(l)),
    [],
  )
})

test('image, compose and unit run without rights, and write in one place', () => {
  const image = textOf('Dockerfile')
  assert.match(image, /^USER node$/m)
  assert.ok(image.indexOf('\nUSER node') > image.lastIndexOf('\nRUN '), 'nothing runs after it')
  const { services } = parse(textOf('compose.yaml')) as Compose
  const observa = services['observa']
  assert.equal(observa?.read_only, true)
  assert.deepEqual(observa?.cap_drop, ['ALL'])
  assert.deepEqual(observa?.security_opt, ['no-new-privileges:true'])
  const writable = observa?.volumes?.filter((v) => !v.endsWith(':ro')) ?? []
  assert.deepEqual(writable, ['observa-data:/var/lib/observa'])
  for (const [name, { ports = [] }] of Object.entries(services))
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, name)
  const unit = textOf('observa.service')
  for (const line of [
    'DynamicUser=yes',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'ProtectSystem=strict',
    'UMask=0077',
  ])
    assert.ok(unit.includes(`\n${line}\n`), line)
})
