// The lists of columns here match the bits that the migration sets.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrationsOf } from '../migrations/files.ts'
import { USED_1, USED_2 } from './used-columns.ts'

test('bits of the migration are in the order of the lists', () => {
  const sql = migrationsOf('clickhouse')[0]?.sql ?? ''
  const view = sql.slice(
    sql.indexOf('CREATE MATERIALIZED VIEW IF NOT EXISTS event_hours_of_inserts'),
  )
  const found = [
    ...view.matchAll(
      /bitShiftLeft\(toUInt64\(max\((?:isNotNull|notEmpty)\(e\.(\w+)\)\)\), (\d+)\)/g,
    ),
  ].map(([, name, bit]) => `${name} ${bit}`)
  const wanted = [...USED_1.entries(), ...USED_2.entries()].map(([bit, name]) => `${name} ${bit}`)
  assert.deepEqual(found, wanted)
  assert.ok(USED_1.length <= 64 && USED_2.length <= 64)
})
