// Tests of the generated documents.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyComponent } from '../registry-type.ts'
import { testRegistry } from '../testing/registry-for-tests.ts'
import {
  configurationPage,
  foldersOf,
  OPTIONS_END,
  OPTIONS_START,
  optionsOf,
  readmeWithOptions,
  schemaDocument,
} from './documents.ts'

const clickhouse = testRegistry.exporters.get('clickhouse') as AnyComponent
const scrub = testRegistry.processors.get('scrub') as AnyComponent

test('an option table has the path, type, default and meaning of each option', () => {
  const table = optionsOf(clickhouse)
  assert.match(table, /^\| option \| type \| default \| meaning \|\n/)
  assert.match(table, /\| `timeout` \| duration \| `5s` \| How long\. \|/)
  assert.match(table, /\| `password` \| secret \| {2}\| Secret\. \|/)
  assert.match(table, /\| `url` \| URL \|/)
  assert.match(
    optionsOf(scrub),
    /\| `detectors` \| list of email \\\| iban \\\| jwt \| `\["email"\]` \|/,
  )
  assert.match(optionsOf(scrub), /\| `rules\[\]\.pattern` \| text \| required \|/)
  const otlp = testRegistry.receivers.get('otlp') as AnyComponent
  assert.match(
    optionsOf(otlp),
    /\| `protocols\.http\.endpoint` \| host:port \| `127\.0\.0\.1:4318` \|/,
  )
})

test('generating replaces only the text between the markers of a README, and a second run changes nothing', () => {
  const readme = `# x\n\n${OPTIONS_START}\nold\n${OPTIONS_END}\n\nrest\n`
  const once = readmeWithOptions(readme, clickhouse)
  assert.ok(once.startsWith('# x\n\n') && once.endsWith(`${OPTIONS_END}\n\nrest\n`))
  assert.equal(once.includes('old'), false)
  assert.equal(readmeWithOptions(once, clickhouse), once)
  const added = readmeWithOptions('# no markers\n', clickhouse)
  assert.ok(added.startsWith('# no markers\n\n## Options\n\n') && added.includes('`timeout`'))
  assert.equal(readmeWithOptions(added, clickhouse), added)
})

test('docs/configuration.md has every section, every component and the default configuration', () => {
  const page = configurationPage(testRegistry)
  for (const text of [
    '| `limits.max_body_bytes` | size | `10MiB` |',
    '| `durability` | durable \\| buffered \\| memory | `durable` |',
    '| `service.pipelines.<name>.receivers` | list of texts | required |',
    '### clickhouse',
    '### keys',
    '    receivers:',
  ])
    assert.ok(page.includes(text), text)
})

test('the schema document is generated the same each time', () => {
  assert.equal(schemaDocument(testRegistry), schemaDocument(testRegistry))
  assert.deepEqual(foldersOf(scrub), ['processors/scrub'])
})
