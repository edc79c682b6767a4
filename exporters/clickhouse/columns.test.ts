// The columns in the code agree with the tables of the migrations, and the layout of a stream never changes under the same
// name.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { FIELDS, type Field } from '../../core/fields.ts'
import { migrationsOf } from '../../storage/migrations/files.ts'
import { EVENT_COLUMNS, METRIC_COLUMNS, SIGNAL_COLUMNS, STREAMS } from './columns.ts'

const sql = migrationsOf('clickhouse')
  .map((m) => m.sql)
  .join('\n')

test('every column is in a migration, with the type that the encoder writes', () => {
  for (const { name, type } of [...EVENT_COLUMNS, ...SIGNAL_COLUMNS, ...METRIC_COLUMNS])
    assert.ok(
      sql.includes(`\n  ${name} ${type},\n`) ||
        sql.includes(`ADD COLUMN IF NOT EXISTS ${name} ${type}`),
      `no migration has: ${name} ${type}. Fields changed? Add a migration with ALTER TABLE canonical_events ADD COLUMN IF NOT EXISTS.`,
    )
})

test('every field of an event has a column', () => {
  const columns = new Set(EVENT_COLUMNS.map((c) => c.name))
  for (const field of FIELDS as readonly Field[]) assert.ok(columns.has(field.name), field.name)
  assert.equal(columns.size, EVENT_COLUMNS.length)
})

test('the layout of each stream is the one with which its rows were first written', () => {
  const fingerprint = (list: readonly { name: string; type: string }[]): string =>
    createHash('sha256')
      .update(list.map((c) => `${c.name} ${c.type.replace(/ CODEC\(.*$/, '')}`).join('\n'))
      .digest('hex')
      .slice(0, 16)
  // Rows can wait in the log across an upgrade. A changed list of columns therefore needs a new stream name; the old stream
  // keeps its layout.
  const found = Object.entries(STREAMS).map(([s, { columns }]) => [s, fingerprint(columns)])
  assert.deepEqual(Object.fromEntries(found), {
    events: 'e2aaa8e3a604961c',
    'events@2': '3591743270a9334e',
    'events@3': '911dfce8f7bf0f85',
    metric_points: 'fad1bb16a16c186f',
    signals: 'bc0173ae740282c5',
  })
})
