// Tests of `validate`, `schema` and `components`, and of the exit code and output for hostile configurations.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { type CommandIo, componentsCommand, schemaCommand, validateCommand } from './commands.ts'
import { DEFAULT_CONFIG } from './defaults.ts'
import { testRegistry } from './testing/registry-for-tests.ts'

function terminal(): { io: CommandIo; out: () => string; err: () => string } {
  let out = ''
  let err = ''
  const io: CommandIo = {
    stdout: (text) => {
      out += text
    },
    stderr: (text) => {
      err += text
    },
    registry: testRegistry,
    env: { HOME: '/nowhere' },
    readFile: (path) => readFile(path, 'utf8'),
  }
  return { io, out: () => out, err: () => err }
}

const hostile = join(import.meta.dirname, 'testdata/hostile')

/** Files of the hostile corpus with the expected exit code (null: any) and texts that must or must not be in the output. */
const HOSTILE: readonly {
  readonly name: string
  readonly exit: number | null
  readonly has?: readonly RegExp[]
  readonly hasNot?: readonly string[]
}[] = [
  { name: 'cfg-unknown-key', exit: 1, has: [/proccessors.*Did you mean "processors"/] },
  { name: 'cfg-alias-bomb', exit: 1, has: [/OBS_CONFIG_TOO_LARGE.*aliases/] },
  { name: 'cfg-missing-env', exit: 1, has: [/OBSERVA_NOPE is not set/] },
  { name: 'cfg-js-function-tag', exit: 1, has: [/OBS_CONFIG_TAG.*js\/function/] },
  { name: 'cfg-duplicate-key', exit: 1, has: [/:4:1: OBS_CONFIG_DUPLICATE_KEY/] },
  { name: 'cfg-redos-pattern', exit: 1, has: [/receivers\.otlp\.http: unknown key/] },
  { name: 'cfg-metadata-address', exit: 1, has: [/169\.254\.169\.254 is link-local/] },
  { name: 'cfg-secret-inline', exit: null, hasNot: ['hunter2hunter2'] },
  {
    name: 'cfg-wrong-type',
    exit: 1,
    has: [/limits\.max_body_bytes: expected a size.*found.*lots/],
  },
  { name: 'cfg-empty-file', exit: 1, has: [/OBS_CONFIG_EMPTY/] },
]

for (const { name, exit, has, hasNot } of HOSTILE)
  test(`hostile configuration ${name}`, async () => {
    const { io, out, err } = terminal()
    const code = await validateCommand(['--config', join(hostile, `${name}.yaml`)], io)
    if (exit !== null) assert.equal(code, exit, err())
    for (const pattern of has ?? []) assert.match(err(), pattern)
    for (const text of hasNot ?? []) assert.equal((out() + err()).includes(text), false)
  })

test('all mistakes of a hostile configuration with several are reported', async () => {
  const { io, err } = terminal()
  await validateCommand([join(hostile, 'cfg-wrong-type.yaml')], io)
  for (const part of [/receivers\.otlp\.http/, /max_body_bytes/, /service: this key is required/])
    assert.match(err(), part)
  assert.match(err(), /The configuration has 3 errors\.\n$/)
})

test('validate prints ok and the pipelines, and exits 0', async () => {
  const { io, out, err } = terminal()
  assert.equal(await validateCommand([], io), 0, err())
  assert.match(out(), /The default configuration: ok/)
  assert.match(
    out(),
    /traces {3}otlp, observa -> scrub -> canonicalize -> cost -> signals -> clickhouse, postgres/,
  )
  assert.equal(err(), '')
})

test('validate --json prints one object, --strict fails on warnings, --print masks secrets', async () => {
  const unused = ['--set', 'processors.scrub/b={}']
  const asJson = terminal()
  assert.equal(await validateCommand(['--json', ...unused], asJson.io), 0)
  const body = JSON.parse(asJson.out()) as { ok: boolean; warnings: { code: string }[] }
  assert.equal(body.ok, true)
  assert.equal(body.warnings[0]?.code, 'OBS_CONFIG_UNUSED')
  assert.equal(await validateCommand(['--strict', ...unused], terminal().io), 1)
  const print = terminal()
  const value = ['hunter2', 'hunter2'].join('')
  await validateCommand(['--print', '--set', `exporters.clickhouse.password=${value}`], print.io)
  assert.match(print.out(), /password: "?\*\*\*/)
  assert.equal((print.out() + print.err()).includes(value), false)
})

test('a wrong command line exits 2', async () => {
  assert.equal(await validateCommand(['--confg', 'x'], terminal().io), 2)
  assert.equal(schemaCommand(['x'], terminal().io), 2)
  assert.equal(componentsCommand(['nope'], terminal().io), 2)
  assert.equal(componentsCommand(['a', 'b'], terminal().io), 2)
})

test('the JSON Schema takes the default configuration, references and named components, refuses typing mistakes', () => {
  const { io, out } = terminal()
  assert.equal(schemaCommand([], io), 0)
  const json = JSON.parse(out()) as Parameters<typeof z.fromJSONSchema>[0]
  const schema = z.fromJSONSchema(json)
  const good = parse(DEFAULT_CONFIG) as Record<string, Record<string, unknown>>
  assert.deepEqual(schema.safeParse(good).error?.issues, undefined)
  const named = {
    ...good,
    exporters: { 'clickhouse/b': { port: '${env:P}', timeout: '${env:T}' } },
  }
  assert.deepEqual(schema.safeParse(named).error?.issues, undefined)
  for (const bad of [
    { ...good, proccessors: {} },
    { ...good, exporters: { clickhose: {} } },
    { ...good, exporters: { clickhouse: { timeout: 'soon' } } },
    { ...good, durability: 'sometimes' },
    { ...good, service: { pipelines: { trace: { receivers: [], exporters: [] } } } },
  ])
    assert.equal(schema.safeParse(bad).success, false, JSON.stringify(bad))
})

test('components lists all components or the options of one, and has --json and --default-config', () => {
  const list = terminal()
  assert.equal(componentsCommand([], list.io), 0)
  assert.match(list.out(), /PROCESSORS\n {2}scrub +beta +Does scrub\./)
  const one = terminal()
  assert.equal(componentsCommand(['exporters.clickhouse'], one.io), 0)
  assert.match(one.out(), /exporter clickhouse \(alpha\)/)
  assert.match(one.out(), /timeout {2}\(duration, default 5s\)\n {6}How long\./)
  const nested = terminal()
  componentsCommand(['otlp', '--json'], nested.io)
  assert.match(nested.out(), /"path": "protocols\.http\.endpoint"/)
  const text = terminal()
  componentsCommand(['--default-config'], text.io)
  assert.equal(text.out(), DEFAULT_CONFIG)
})
