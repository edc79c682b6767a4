// Tests that no secret is readable in any part of a configuration that is logged, printed or serialized. Every option that a schema marks
// as secret is tested, so new ones are too.

import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { parse } from 'yaml'
import { registry } from '../../collector/registry.ts'
import { makeLogger } from '../../collector/service/logger.ts'
import type { AnyComponent } from '../../config/registry-type.ts'
import { type JsonSchema, jsonSchemaOf } from '../../config/tree/json-schema.ts'
import { goodConfig, goodPath } from '../contracts/good-config.ts'
import { textOf } from '../house/source-files.ts'

const CANARY = ['canary', 'of-a-test'].join('-')

const components: readonly AnyComponent[] = [
  ...registry.receivers.values(),
  ...registry.processors.values(),
  ...registry.exporters.values(),
  ...registry.extensions.values(),
]

/** Paths of secret texts and of URLs, which may hold a password. A map of secrets has a path that ends in a name. */
function secretPaths(schema: JsonSchema, path: readonly string[] = []): string[][] {
  if (schema.secret === true || schema.format === 'uri') return [[...path]]
  const inProperties = Object.entries(schema.properties ?? {}).flatMap(([name, option]) =>
    secretPaths(option, [...path, name]),
  )
  const inMap =
    typeof schema.additionalProperties === 'object'
      ? secretPaths(schema.additionalProperties, [...path, 'any'])
      : []
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
  return [...inProperties, ...inMap, ...branches.flatMap((branch) => secretPaths(branch, path))]
}

/** A copy of the good configuration with a value at the path; null where the schema does not accept it. */
function withValue(factory: AnyComponent, path: readonly string[], value: string): unknown {
  const good = (parse(textOf(goodPath(factory))) ?? {}) as Record<string, unknown>
  let at = good
  for (const name of path.slice(0, -1)) {
    const next = at[name]
    const inner = typeof next === 'object' && next !== null ? { ...next } : {}
    at[name] = inner
    at = inner as Record<string, unknown>
  }
  at[path.at(-1) ?? ''] = value
  try {
    return goodConfig(factory, good)
  } catch {
    // Two options that exclude each other, such as `embedded` and `url`.
    return null
  }
}

/** Everything that could print the object. */
function printed(config: unknown): string {
  const out = new PassThrough()
  for (const format of ['json', 'text'] as const) {
    const log = makeLogger({ level: 'trace', format }, out as unknown as NodeJS.WriteStream)
    log.info({ config }, 'started')
    log.warn(config, 'started')
    log.error({ nested: { config: [config] }, err: new Error(String(config)) }, 'failed')
  }
  const logged = (out.read() as Buffer | null)?.toString() ?? ''
  assert.match(logged, /started/)
  return logged + JSON.stringify(config) + inspect(config, { depth: 20, showHidden: true })
}

const secrets = components.flatMap((factory) =>
  secretPaths(jsonSchemaOf(factory.schema)).map((path) => ({ factory, path })),
)

test('the options that hold secrets are found', () => {
  const names = secrets.map(({ factory, path }) => `${factory.type}.${path.join('.')}`)
  for (const name of ['clickhouse.password', 'kafka.sasl.password', 'keys.pepper', 'postgres.url'])
    assert.ok(names.includes(name), `${name} in ${names.join(' ')}`)
})

for (const { factory, path } of secrets)
  test(`no log line or dump shows ${factory.kind} ${factory.type}: ${path.join('.')}`, () => {
    const url = `https://user:${CANARY}@host.example/?token=${CANARY}`
    const postgres = url.replace('https', 'postgres')
    const configs = [CANARY, url, postgres]
      .map((value) => withValue(factory, path, value))
      .filter((config) => config !== null)
    assert.ok(configs.length > 0, 'no configuration has this option')
    for (const config of configs) assert.ok(!printed(config).includes(CANARY))
  })
