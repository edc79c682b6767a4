// The configuration in a component's `testdata/good.yaml`, parsed by its own schema.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { foldersOf } from '../../config/documents/documents.ts'
import type { AnyComponent, AnyProcessor } from '../../config/registry-type.ts'
import { parseNode } from '../../config/tree/parse-node.ts'
import { Problems, problemLine } from '../../config/tree/problems.ts'
import { parseTree } from '../../config/tree/tree.ts'
import { projectFiles, root, textOf } from '../house/source-files.ts'

const files = new Set(projectFiles())

/** `overrides` replaces top-level keys. */
export function goodConfig(
  factory: AnyComponent,
  overrides: Record<string, unknown> = {},
): unknown {
  const path = goodPath(factory)
  const good = (parse(textOf(path)) ?? {}) as Record<string, unknown>
  const problems = new Problems()
  const tree = parseTree(JSON.stringify({ ...good, ...overrides }), path, problems)
  assert.ok(tree !== null, path)
  const parsed = parseNode(factory.schema, tree, [], problems)
  assert.ok(parsed.ok, problems.errors().map(problemLine).join('\n'))
  return parsed.value
}

/** The settings as a worker gets them: prepared on the main thread, and cloned. */
export async function goodSettings(factory: AnyProcessor): Promise<unknown> {
  const config = goodConfig(factory)
  const folder = join(root, dirname(goodPath(factory)))
  const ctx = { readFile: (name: string) => readFile(join(folder, name), 'utf8') }
  const settings = factory.prepare === undefined ? config : await factory.prepare(config, ctx)
  return structuredClone(settings)
}

export function goodPath(factory: AnyComponent): string {
  const path = foldersOf(factory)
    .map((folder) => `${folder}/testdata/good.yaml`)
    .find((p) => files.has(p))
  assert.ok(path !== undefined, `${factory.type} has no testdata/good.yaml`)
  return path
}
