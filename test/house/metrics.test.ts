// Every metric named in the sources is declared with a help text, and the README of a component names the component's
// metrics.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registry } from '../../collector/registry.ts'
import { PARTS } from '../../collector/service/declared-metrics.ts'
import { foldersOf } from '../../config/documents/documents.ts'
import type { AnyComponent } from '../../config/registry-type.ts'
import { projectFiles, textOf } from './source-files.ts'
import { productSources } from './structure/sources.ts'

const components: AnyComponent[] = [
  registry.receivers,
  registry.processors,
  registry.exporters,
  registry.extensions,
].flatMap((kind): AnyComponent[] => [...kind.values()])
const declared = [...PARTS.flatMap((p) => p.metrics), ...components.flatMap((c) => c.metrics)]
const names = new Set(declared.map((m) => m.name))

test('every metric named in the sources is declared', () => {
  const isMetric = /'((?:observa|otelcol)_[a-z0-9_]+_(?:total|bytes|seconds|items|state|info))'/g
  const found = productSources().flatMap((s) =>
    [...s.text.matchAll(isMetric)].map((m) => ({ path: s.path, name: m[1] as string })),
  )
  assert.ok(found.length > 60, `${found.length} names`)
  assert.deepEqual(
    found.filter((f) => !names.has(f.name)),
    [],
  )
})

test('every declaration has a sentence as help text, and metric names are unique', () => {
  for (const m of declared) {
    assert.match(m.help, /^(\d|[A-Z]).*\.$|^Bound of /, m.name)
    assert.match(m.name, /^(observa|otelcol)_[a-z0-9_]+$/)
    assert.equal(m.kind === 'histogram', m.buckets.length > 0, m.name)
    if (m.name.startsWith('observa_'))
      assert.equal(m.name.endsWith('_total'), m.kind === 'counter', m.name)
  }
  // All receivers declare some of the same metrics, and the same declaration counts once.
  const listed = [...new Set(declared)].map((m) => m.name)
  assert.equal(listed.length, new Set(listed).size)
})

test('the README of a component names its metrics', () => {
  const files = new Set(projectFiles())
  for (const c of components) {
    const readme = foldersOf(c)
      .map((f) => `${f}/README.md`)
      .find((f) => files.has(f)) as string
    const text = textOf(readme)
    for (const m of c.metrics) assert.ok(text.includes(m.name), `${readme} does not name ${m.name}`)
  }
})
