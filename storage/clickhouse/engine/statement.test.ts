// Where SQL ends and data begins.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseStatement } from './statement.ts'

const parse = (sql: string): ReturnType<typeof parseStatement> => parseStatement(Buffer.from(sql))

test('data of an INSERT begin after the format name and one line end', () => {
  const sql = 'INSERT INTO t (a) SETTINGS x = 1 FORMAT CSV\n1\n\nDROP TABLE t'
  const s = parse(sql)
  assert.equal(s.kind, 'insert')
  if (s.kind !== 'insert') return
  assert.equal(s.head, 'INSERT INTO t (a) ')
  assert.equal(s.tail, 'SETTINGS x = 1 ')
  assert.equal(s.format, 'CSV')
  assert.equal(sql.slice(s.dataAt), '1\n\nDROP TABLE t')
})

test('what follows VALUES is data', () => {
  const s = parse("INSERT INTO t VALUES (1, 'a;b')")
  assert.ok(s.kind === 'insert' && s.format === 'Values')
})

test('a second statement is refused, a last semicolon is not', () => {
  assert.equal(parse('SELECT 1; DROP TABLE t').kind, 'refused')
  assert.equal(parse('SELECT 1 ;\n-- the end').kind, 'plain')
  assert.equal(parse('INSERT INTO t SELECT 1; DROP TABLE t').kind, 'refused')
})

test('semicolons in strings, names and comments are no ends', () => {
  for (const sql of [
    "SELECT ';', 'it''s; ', '\\';'",
    'SELECT 1 AS `a;b`, 2 AS "c;d"',
    'SELECT 1 -- ; SELECT 2\n',
    'SELECT /* ; */ 1',
    'SELECT $tag$ ; $tag$',
  ])
    assert.deepEqual(parse(sql), { kind: 'plain', sql, format: null }, sql)
})

test('the output format is found at the end, not in a function', () => {
  const format = (sql: string): string | null => {
    const s = parse(sql)
    return s.kind === 'plain' ? s.format : 'not plain'
  }
  assert.equal(format('SELECT 1 FORMAT JSON'), 'JSON')
  assert.equal(format('SELECT 1 format JSONEachRow;'), 'JSONEachRow')
  assert.equal(format("SELECT format('{}', 1)"), null)
})

test('local files and inline data behind a SELECT are refused', () => {
  assert.equal(parse("INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV").kind, 'refused')
  assert.equal(parse('INSERT INTO t SELECT * FROM s FORMAT CSV\n1').kind, 'refused')
  assert.equal(parse('').kind, 'refused')
  assert.equal(parse(' -- nothing\n').kind, 'refused')
})

test('any bytes are cut up without an error, and the cut is inside them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const insert = Buffer.concat([Buffer.from('INSERT INTO t FORMAT X '), bytes])
      const s = parseStatement(insert)
      assert.ok(s.kind === 'insert' && s.dataAt <= insert.length && s.dataAt >= 22)
      parseStatement(Buffer.from(bytes))
    }),
  )
})
