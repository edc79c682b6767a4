// Rules for every component: a factory named like its folder, described options, a README with the option table, a valid
// example configuration and an invalid one with the stated error.

import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { registry } from '../../collector/registry.ts'
import { OPTIONS_END, OPTIONS_START } from '../../config/documents/documents.ts'
import type { AnyComponent, AnyProcessor } from '../../config/registry-type.ts'
import { type JsonSchema, jsonSchemaOf } from '../../config/tree/json-schema.ts'
import { parseNode } from '../../config/tree/parse-node.ts'
import { Problems, problemLine } from '../../config/tree/problems.ts'
import { parseTree } from '../../config/tree/tree.ts'
import { messageOf } from '../../core/errors.ts'
import { root, textOf } from './source-files.ts'

const PLACES = {
  receiver: 'collector/receivers',
  processor: 'processors',
  exporter: 'exporters',
  extension: 'collector/extensions',
} as const

const KINDS = ['receiver', 'processor', 'exporter', 'extension'] as const

/** Extensions outside the folders of components. */
const AREAS_THAT_EXTEND = ['api']

const components = [
  ...KINDS.flatMap((kind) =>
    readdirSync(join(root, PLACES[kind]), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => ({ kind, type: entry.name, folder: `${PLACES[kind]}/${entry.name}` })),
  ),
  ...AREAS_THAT_EXTEND.map((folder) => ({ kind: 'extension' as const, type: folder, folder })),
]

test('there are components of every kind', () => {
  assert.ok(components.length >= 14, `${components.length}`)
  for (const kind of Object.keys(PLACES))
    assert.ok(
      components.some((c) => c.kind === kind),
      kind,
    )
})

for (const { kind, type, folder } of components) {
  test(`${folder} exports one ${kind} named ${type}, listed among the components`, async () => {
    const factory = await factoryOf(folder)
    assert.equal(factory.kind, kind)
    assert.equal(factory.type, type)
    assert.match(factory.type, /^[a-z][a-z0-9_]*$/)
    assert.match(factory.summary, /^[A-Z].*\.$/, 'the summary is a sentence')
    const specifier = folder.startsWith('collector/') ? folder.slice('collector/'.length) : folder
    const lists = ['collector/components.ts', 'collector/edge-components.ts'].map(textOf)
    assert.ok(lists.some((text) => text.includes(`/${specifier}/index.ts'`)))
    assert.equal(registry[`${kind}s`].get(type), factory)
  })

  test(`${folder}: every option is described, and only truly required options are required`, async () => {
    const factory = await factoryOf(folder)
    const schema = jsonSchemaOf(factory.schema)
    assert.equal(schema.type, 'object')
    assert.equal(schema.additionalProperties, false, 'unknown keys must be refused')
    assert.deepEqual(undescribed(schema, ''), [])
    const empty = factory.schema.safeParse({})
    const required = schema.required ?? []
    if (required.length === 0 && !empty.success)
      for (const issue of empty.error.issues)
        assert.equal(issue.code, 'custom', `{} is refused: ${issue.message}`)
  })

  test(`${folder}/README.md has a sentence, a configuration and the option table`, () => {
    const readme = textOf(`${folder}/README.md`)
    assert.match(readme, /^# .+\n\n\S/)
    assert.ok(readme.includes(`${type}:`) || readme.includes(`${type}: {`), 'a configuration')
    const start = readme.indexOf(OPTIONS_START)
    assert.ok(start > 0 && readme.indexOf(OPTIONS_END) > start, 'the markers of the table')
    assert.match(readme, /[Ff]ail/)
    // An extension may have no metrics; every other component must count what it does.
    if (kind !== 'extension') assert.match(readme, /[Mm]etric|_total\b/)
  })

  test(`${folder}/testdata/good.yaml is valid, and bad.yaml has the error stated in its first line`, async () => {
    const factory = await factoryOf(folder)
    const good = `${folder}/testdata/good.yaml`
    assert.deepEqual(await mistakes(factory, good), [])
    const bad = `${folder}/testdata/bad.yaml`
    const expected = /^# error: (.+)$/m.exec(textOf(bad))?.[1]
    assert.ok(expected !== undefined, 'the first line says what the error holds')
    const found = (await mistakes(factory, bad)).join('\n')
    assert.ok(found.includes(expected), `expected "${expected}" in:\n${found}`)
  })
}

async function factoryOf(folder: string): Promise<AnyComponent> {
  const path = join(root, folder, 'index.ts')
  assert.ok(existsSync(path), `${folder}/index.ts`)
  const module = (await import(path)) as Record<string, unknown>
  const factories = [...new Set(Object.values(module))].filter(isFactory)
  assert.equal(factories.length, 1, `one factory in ${folder}/index.ts`)
  return factories[0] as AnyComponent
}

function isFactory(value: unknown): value is AnyComponent {
  return typeof value === 'object' && value !== null && 'schema' in value && 'stability' in value
}

/** Error lines for one configuration, from the schema or from the processor's own preparation. */
async function mistakes(factory: AnyComponent, path: string): Promise<string[]> {
  const problems = new Problems()
  const text = textOf(path)
  const tree = parseTree(/^[^#\s]/m.test(text) ? text : '{}', path, problems)
  if (tree === null) return problems.errors().map(problemLine)
  const parsed = parseNode(factory.schema, tree, [], problems)
  if (!parsed.ok || !('prepare' in factory)) return problems.errors().map(problemLine)
  const processor: AnyProcessor = factory
  const readOwn = (name: string): Promise<string> =>
    readFile(join(root, dirname(path), name), 'utf8')
  try {
    await processor.prepare?.(parsed.value, { readFile: readOwn })
    return []
  } catch (thrown) {
    return [messageOf(thrown)]
  }
}

/** Paths of options without a description, at any depth. */
function undescribed(schema: JsonSchema, path: string): string[] {
  const found: string[] = []
  for (const [name, option] of Object.entries(schema.properties ?? {})) {
    const below = path === '' ? name : `${path}.${name}`
    if (option.const === undefined && (option.description ?? '') === '') found.push(below)
    found.push(...undescribed(option, below))
  }
  for (const branch of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])])
    found.push(...undescribed(branch, path))
  if (schema.items !== undefined && !Array.isArray(schema.items))
    found.push(...undescribed(schema.items as JsonSchema, `${path}[]`))
  if (typeof schema.additionalProperties === 'object')
    found.push(...undescribed(schema.additionalProperties, `${path}.<name>`))
  return found
}
