// Static rules for the product's own sources: no code from text, no child processes in new places, no disabled certificate
// check, no trust in proxy headers, and no ClickHouse query without a tenant.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importsOf, projectFiles, textOf } from './source-files.ts'

const AREAS =
  /^(core|proto|usage|detection|processors|exporters|collector|config|storage|accounts|jobs|semantic|notifications|api)\/.*\.ts$/
const NOT_PRODUCT = /\.(test|bench)\.ts$|\/(testing|testdata|corpus|scripts)\/|-for-tests?\.ts$/
const product = projectFiles().filter((f) => AREAS.test(f) && !NOT_PRODUCT.test(f))

/** Code without its comments. */
const codeOf = (path: string): string =>
  textOf(path)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[\s;])\/\/.*$/gm, '$1')

const filesWith = (pattern: RegExp): string[] => product.filter((f) => pattern.test(codeOf(f)))

test('the sources of the product are found', () => {
  assert.ok(product.length > 300, `${product.length} files`)
})

/** The build of the console in a checkout, the embedded engines, the drill command, and a generator that developers start. */
const STARTS_PROGRAMS = [
  'api/console/console-files.ts',
  'collector/cli/drill.ts',
  'config/generate.ts',
  'storage/clickhouse/engine/engine.ts',
  'storage/postgres/engine/engine.ts',
]

test('only known files start other programs, and without a shell', () => {
  const starting = product.filter((f) =>
    importsOf(f, textOf(f)).some((i) => /^(node:)?(child_process|cluster)$/.test(i.to)),
  )
  assert.deepEqual(starting.toSorted(), STARTS_PROGRAMS)
  assert.deepEqual(filesWith(/\bshell: true|\bexecSync\(|[^.]\bexec\(/), [])
})

test('no code is made from text: no eval, no Function, no vm, no import of a computed name', () => {
  assert.deepEqual(filesWith(/\beval\(|new Function\(|['"](node:)?vm['"]/), [])
  assert.deepEqual(filesWith(/\bimport\(\s*[^'"\s)]/), [])
})

test('certificates are verified, HTTP is parsed strictly, and proxy headers are ignored', () => {
  assert.deepEqual(filesWith(/rejectUnauthorized: false|NODE_TLS_REJECT_UNAUTHORIZED/), [])
  assert.deepEqual(filesWith(/insecureHTTPParser|x-real-ip/i), [])
  // Only for the proxies that `trusted_proxies` lists, by default none.
  assert.deepEqual(filesWith(/trustProxy|x-forwarded-/i), ['api/app.ts', 'api/index.ts'])
})

/** Tables and views of ClickHouse with rows of tenants. */
const TENANT_TABLES =
  /\bFROM (canonical_events|event_hours|trace_hours|rolled_hours|usage_rollup|usage_by_dimension|usage_hourly|metric_points|\w+_totals)\b/

/** Maintenance that sums up hours of all tenants and returns them to nobody. */
const FOR_ALL_TENANTS = ['storage/queries/hours/rolled-hours.ts']

test('every read of ClickHouse names the tenant', () => {
  const reads = product
    .filter((f) => f.startsWith('storage/queries/') || f.startsWith('api/'))
    .flatMap((f) =>
      [...codeOf(f).matchAll(/`[^`]*`/g)]
        .filter(([text]) => TENANT_TABLES.test(text))
        .map(([text]) => ({ f, text })),
    )
  assert.ok(reads.length >= 10, `${reads.length} reads`)
  const without = reads.filter(({ text }) => !/tenant_id = \{tenant:String\}|WHERE \$\{/.test(text))
  assert.deepEqual([...new Set(without.map(({ f }) => f))], FOR_ALL_TENANTS)
})
